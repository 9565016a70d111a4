"""Characters that nobody sees, in text that others sent, shown as marks: what reorders a line or hides in it lies.

Two joiners and the tags of flags have work to do in emoji and in scripts that join letters; there they stay. So do the
visible signs that Unicode counts among the formatting ones, such as those before Arabic numbers.
"""

import json
import re
import unicodedata
from functools import lru_cache
from html import escape
from typing import Any

# Formatting characters (Cf) without a shape, fillers that are blank letters, and controls other than tab and line ends.
_INVISIBLE = (
    "\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ANY = re.compile(f"[{_INVISIBLE}]")
_EMOJI = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
# Letters of scripts whose writing needs joiners: Arabic and its like, Syriac to NKo, the Indic ones to Myanmar, Khmer,
# Mongolian, and the extensions of both.
_JOINING = (
    "\u0600-\u07ff\u0840-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1c4f\ua800-\ua8ff\ua980-\uaadf\uabc0-\uabff"
    "\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00010aff\U00011000-\U00011fff"
)
# What stays: ZWJ between emoji, either joiner after a letter that joins, the tags that make England of a black flag.
_KEPT = re.compile(
    f"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])|(?<=[{_JOINING}])[\u200c\u200d]"
    "|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f"
)
_EITHER = re.compile(f"({_KEPT.pattern})|[{_INVISIBLE}]")
_SHORT = {
    "\u00ad": "SHY", "\u061c": "ALM", "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM",
    "\u200f": "RLM", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2060": "WJ", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<figure><script\b[^>]*\btype=\"application/json\">)(?P<json>.*?)</script>|"
    r"<(?P<raw>textarea|script|style|option)\b.*?</(?P=raw)\s*>"
    r"|(?P<plain><title>.*?</title>|<text\b[^>]*>[^<]*)"
    r"|(?P<tag><[^>]*>)"
    r"|(?P<text>[^<]+)",
    re.DOTALL | re.IGNORECASE,
)
# How JSON within a page has some of them; enough to look more closely.
_ESCAPED = re.compile(
    r"\\u(?:00ad|061c|180e|200[b-f]|202[a-e]|206[0-9a-f]|3164|feff|fff[9ab]|db40)|\\u00(?:[0189][0-9a-f]|7f)"
)
# The attributes that people read; others are addresses, and values that a form sends back as they are.
_READ = re.compile(r"""(?<=\s)((?:title|aria-label|alt|placeholder|data-confirm)=")([^"]*)""")


def shown(text: str) -> str:
    """`text` with each invisible character as `⟨RLO⟩`, or `⟨U+2061⟩` for one without a short name; plain text."""
    if not _ANY.search(text):
        return text
    return _EITHER.sub(lambda found: found[1] or f"⟨{_label(found[0])}⟩", text)


def shown_within(value: Any) -> Any:
    """The same for all strings within lists and mappings; numbers, which charts have many of, are not looked at."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(key) if isinstance(key, str) else key: shown_within(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        is_numbers = value and isinstance(value[0], int | float) and isinstance(value[-1], int | float)
        return value if is_numbers else [shown_within(one) for one in value]
    return value


def shown_in_page(page: str) -> str:
    """An HTML page with its invisible characters as marks: in its text with their names on hover, in what is read of
    attributes, and in figures, plain. What forms send back, other scripts and addresses stay."""
    if not _ANY.search(page) and not _ESCAPED.search(page):
        return page
    return _TOKEN.sub(_token, page)


def _token(found: re.Match[str]) -> str:
    whole = found[0]
    if found["text"]:
        return _EITHER.sub(lambda one: one[1] or _mark(one[0]), whole)
    if found["plain"]:
        return shown(whole)
    if found["figure"]:
        return found["figure"] + _figure(found["json"]) + "</script>"
    if found["tag"]:
        return _READ.sub(lambda one: one[1] + shown(one[2]), whole)
    return whole


def _figure(text: str) -> str:
    """The JSON of `json_script` with marks, escaped as it does."""
    if not _ESCAPED.search(text):
        return text
    marked = json.dumps(shown_within(json.loads(text)))
    return marked.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _label(sign: str) -> str:
    return _SHORT.get(sign, f"U+{ord(sign):04X}")


@lru_cache(maxsize=1024)
def _mark(sign: str) -> str:
    name = unicodedata.name(sign, "control character").lower()
    return f'<span class="unseen" title="{escape(name)}, U+{ord(sign):04X}">⟨{_label(sign)}⟩</span>'
