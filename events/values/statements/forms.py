"""The normal form of a statement whose values are gone: equal up to values is equal, letter by letter."""

from collections.abc import Callable, Iterable
from itertools import islice

import re2

_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_NAME = rb"(?:\"[^\"]*\"?|`[^`]*`?|\[[^\]]*\]?|[\w$@.\x80-\xff]+|\?)"
_WORDS = (
    rb"and|or|not|between|select|distinct|where|then|else|when|limit|offset|by|like|set|on|return|returning|having|is"
    rb"|interval|top|fetch|next|first|from|to|for|case|if"
)
# A sign belongs to its value where no value stands before it: PostgreSQL's grammar makes it part of the constant.
_SIGNED = re2.compile(rb"(?i)([=<>(\[,+*/%|-] ?|\b(?:" + _WORDS + rb") )(?:[-+] ?)+\?", _OPTIONS)
# IS NULL, NOT NULL, SET NULL and DEFAULT NULL are no values.
_CONSTANT = re2.compile(
    rb"(?i)([=<>(\[,] ?|\b(?:and|or|between|select|where|then|else|when|like|limit|return|from|having|if) )"
    rb"(?:null|true|false)\b",
    _OPTIONS,
)
_DEFAULT = re2.compile(rb"(?i)([=(,] ?)default\b", _OPTIONS)
_VALUES = re2.compile(rb"(?i)\bvalues? ?\(", _OPTIONS)
_IN = re2.compile(rb"(?i)\bin ?\(", _OPTIONS)
_PARTS = re2.compile(rb"\"(?:[^\"]|\"\")*\"|`[^`]*`|[(),]", _OPTIONS)
_UNITED = re2.compile(
    rb"(?i)(\bselect \?(?:, ?\?)*(?: from dual)?)(?: union all select \?(?:, ?\?)*(?: from dual)?)+", _OPTIONS
)
# Savepoints, cursors and prepared statements have names made anew each time.
_MADE_UP = tuple(
    re2.compile(rb"(?i)^(" + before + rb") " + _NAME, _OPTIONS)
    for before in (
        rb"savepoint|release(?: savepoint)?|rollback(?: work| tran| transaction)? to(?: savepoint)?"
        rb"|save tran(?:saction)?|close|deallocate(?: prepare)?|prepare|declare|xa [a-z]+",
        rb"(?:fetch|move)\b(?: [a-z?]+)*? (?:from|in)",
    )
)
# So many brackets and commas of a list are looked at.
MOST = 10_000
# A setting's value may be a bare word: SET search_path TO tenant_7, SET ROLE anna.
_SET = re2.compile(
    rb"(?i)^(set (?:(?:session|local|global|persist) )?(?:role|session authorization|[\w.@]+ ?(?:=|to\b))) ?.+",
    _OPTIONS,
)
_MADE_UP_FIRST = frozenset(b"savepoint release rollback save close deallocate prepare declare xa fetch move".split())


def normal(masked: bytes, *, is_cut: bool = False) -> bytes:
    """The normal form of a masked statement."""
    text = b" ".join(masked.split()).rstrip(b"; ")
    if b"-" in text or b"+" in text:
        text = _SIGNED.sub(rb"\1?", text)
    lower = text.lower()
    if b"null" in lower or b"true" in lower or b"false" in lower:
        text = _CONSTANT.sub(rb"\1?", text)
    if b"default" in lower:
        text = _DEFAULT.sub(rb"\1?", text)
    text = _without_repeats(text, lower, is_cut=is_cut)
    first = lower.partition(b" ")[0]
    if first == b"set":
        text = _SET.sub(rb"\1 ?", text)
    elif first in _MADE_UP_FIRST:
        for pattern in _MADE_UP:
            text = pattern.sub(rb"\1 ?", text)
    return text


def _without_repeats(text: bytes, lower: bytes, *, is_cut: bool) -> bytes:
    """Rows of one shape once, after VALUES; what stands several times in a list of IN once."""
    if b"value" in lower:
        text = _shortened(text, _VALUES, lambda start: _rows(text, start, is_cut=is_cut))
    if b" in" in lower:
        text = _shortened(text, _IN, lambda start: _list(text, start))
    if b" union all " in lower:
        text = _UNITED.sub(rb"\1", text)
    return text


def _shortened(text: bytes, pattern: "re2._Regexp", shorten: Callable[[int], tuple[bytes, int]]) -> bytes:
    pieces: list[bytes] = []
    last = 0
    for match in pattern.finditer(text):
        start = match.end() - 1
        if start < last or (text[start : start + 3] == b"(?)" and text[start + 3 : start + 5] != b", "):
            continue
        shorter, end = shorten(start)
        pieces += (text[last:start], shorter)
        last = end
    return b"".join((*pieces, text[last:])) if pieces else text


def _list(text: bytes, start: int) -> tuple[bytes, int]:
    """The list that opens at `start` without repeats, and where it ends; one that is cut off without what was cut."""
    parts: list[bytes] = []
    depth, begun = 0, start + 1
    for part in islice(_PARTS.finditer(text, start), MOST):
        sign = part.group()
        if sign == b"(":
            depth += 1
        elif sign == b")":
            depth -= 1
        if (sign == b"," and depth == 1) or depth == 0:
            parts.append(text[begun : part.start()].strip())
            begun = part.end()
            if depth == 0:
                return _joined(parts), begun
    return (_joined(parts) if parts else text[start:]), len(text)


def _joined(parts: Iterable[bytes]) -> bytes:
    return b"(" + b", ".join(dict.fromkeys(parts)) + b")"


def _rows(text: bytes, start: int, *, is_cut: bool) -> tuple[bytes, int]:
    """The rows from `start` on, each shape once, and where they end; without the last one where it was cut off."""
    shapes: dict[bytes, None] = {}
    depth, begun, end = 0, start, start
    for part in islice(_PARTS.finditer(text, start), MOST):
        sign = part.group()
        if sign == b"(":
            if depth == 0 and text[end : part.start()].strip(b" ,"):
                break
            begun = part.start() if depth == 0 else begun
            depth += 1
        elif sign == b")" and depth:
            depth -= 1
            if depth == 0:
                end = part.end()
                shapes.setdefault(text[begun:end])
        elif depth == 0 and sign != b",":
            break
    if not shapes:
        return text[start:], len(text)
    if depth:
        end = len(text)
    elif is_cut and end == len(text) and len(shapes) > 1:
        shapes.popitem()
    return b", ".join(shapes), end
