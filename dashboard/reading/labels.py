"""The name of its column on each cell of a table, for screens that are too narrow for columns (obs.css shows it there).

Done once for all tables, on the way out, so that no template says a column's name twice.
"""

import re
from html import escape, unescape

_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
_HEADING = re.compile(r"<th\b([^>]*)>(.*?)</th>", re.DOTALL)
_PART = re.compile(r"<(tr|t[dh])\b([^>]*)>(\s*</td>)?")
_UNSEEN = re.compile(r'<span class="visually-hidden">.*?</span>|<[^>]*>', re.DOTALL)
_SPANNED = re.compile(r'\bcolspan="(\d+)"')
_ORDER = " ↓↑"  # signs of the order that a list is in


def labelled(page: str) -> str:
    """An HTML page with `data-label` on every cell below a named column."""
    return _TABLE.sub(lambda found: _table(found[0]), page) if "<thead" in page else page


def _table(text: str) -> str:
    head = _HEAD.search(text)
    # A table within a cell would be counted with the one around it.
    if head is None or text.count("<table") > 1:
        return text
    names: list[str] = []
    for attributes, words in _HEADING.findall(head[0].rpartition("<tr")[2]):
        name = " ".join(unescape(_UNSEEN.sub("", words)).split()).rstrip(_ORDER)
        names += [escape(name)] * _width(attributes)
    place = 0

    def part(found: re.Match[str]) -> str:
        nonlocal place
        kind, attributes, empty = found.groups()
        if kind == "tr":
            place = 0
            return found[0]
        width, at = _width(attributes), place
        place += width
        if kind == "th" or width > 1 or empty or at >= len(names) or not names[at]:
            return found[0]
        return f'<td data-label="{names[at]}"{attributes}>'

    return text[: head.end()] + _PART.sub(part, text[head.end() :])


def _width(attributes: str) -> int:
    spanned = _SPANNED.search(attributes)
    return min(int(spanned[1]), 1000) if spanned else 1
