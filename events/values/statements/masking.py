"""Takes the values out of a statement: `?` stands for each, `(?)` for a list of them, a blank for a comment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import re2

from events.values.statements.dialects import READINGS, UNKNOWN, Dialect
from events.values.statements.lexing import Kind, Token, tokens

# Without one of these all dialects read a statement alike, but for what "…" holds.
_AMBIGUOUS = re2.compile(rb"[\\\[`#]|\$[A-Za-z_$\x80-\xff]|\b[nN]?[qQ]'|'''|//|/\*|--\S|\"\"\"")
# In front of a name, and never in front of a text. EXTRACT(DAY FROM "…") takes a text: see `_is_name`.
_BEFORE_NAME = re2.compile(rb"(?i)(?:\.|\b(?:from|join|into|update|table))\s*$")
# SQLite: what stands before a text, what stands before a name, what stands after a name.
_BEFORE_TEXT = re2.compile(
    rb"(?i)(?:[=<>!~|+*/-]|\b(?:like|glob|match|regexp|between|then|else|escape|limit|is|not))\s*$"
)
_BEFORE_EITHER = re2.compile(
    rb"(?i)\b(?:select|distinct|all|as|by|where|on|set|having|index|column|constraint|references|key|exists|view"
    rb"|trigger|returning|using|collate|when|case|or|and)\s*$"
)
_AFTER_NAME = re2.compile(rb"(?i)\s*(?:[.=<>!]|(?:is|in|like|between|not|glob|asc|desc)\b)")
_COLUMNS = re2.compile(rb"(?i)\binto\s+[\w\".]+\s*\(\s*$")
_IN_LIST = re2.compile(rb"(?i)\b(?:in|values)\s*\(\s*$")
_PLAIN = re2.compile(rb'"[A-Za-z_][\w$]*"')
_NEAR = 40
# So many tokens of a statement are looked at; a list of values is one.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Masked:
    """A statement without values; `is_cut` when it was too long, or ends in the middle of a list."""

    text: bytes
    is_cut: bool


def masked(data: bytes, dialect: Dialect) -> Masked:
    """The statement with everything that is a value in its dialect replaced, in linear time."""
    is_cut = False
    if dialect is UNKNOWN and _AMBIGUOUS.search(data):
        data, is_cut = _masked_in_any(data, _readings(data))
    elif dialect.triples:  # A list of values cannot tell ''' from '' and '.
        data, is_cut = _masked_in_any(data, (dialect,))
    found, end = _bounded(data, dialect)
    is_cut = is_cut or end < len(data) or _ends_in_list(data, found)
    text = _rendered(data[:end], found, dialect)
    if any(kind is Kind.LONG_VALUE or (kind is Kind.DOUBLE and dialect.doubles != "name") for _, _, kind in found):
        # Only now it shows which lists hold nothing but values.
        text = _rendered(text, _bounded(text, dialect)[0], dialect)
    return Masked(text, is_cut)


def _ends_in_list(data: bytes, found: Sequence[Token]) -> bool:
    return bool(found) and found[-1][2] is Kind.LIST and found[-1][1] == len(data) and data[-1:] not in b")]"


def _bounded(data: bytes, dialect: Dialect, *, lists: bool = True) -> tuple[list[Token], int]:
    """The first tokens, and how far they reach: to the end, unless there are more."""
    found = list(islice(tokens(data, dialect, lists=lists), MOST))
    return found, found[-1][1] if len(found) == MOST else len(data)


def _rendered(data: bytes, found: Sequence[Token], dialect: Dialect) -> bytes:
    holds = dialect.doubles
    if holds == "text" and _proves_names(data, found):
        holds = "either" if dialect is UNKNOWN else "name"  # SQLite is among those that are not known.
    pieces: list[bytes] = []
    last, ended = 0, -1
    was: bool | None = None  # Whether the one before is a text, where that is sure.
    for start, end, kind in found:
        if kind is Kind.NAME:
            continue
        if kind is not Kind.DOUBLE:
            was = True if kind is not Kind.COMMENT else None
        elif holds == "name":
            continue
        elif holds == "either":
            beside = was if data[ended:start].strip() == b"," else None
            is_text, is_sure = _is_text(data, start, end, beside)
            was = is_text if is_sure else None
            ended = end
            if not is_text:
                continue
        pieces.append(data[last:start])
        pieces.append(_replacement(data, start, end, kind))
        last = ended = end
    pieces.append(data[last:])
    return b"".join(pieces)


def _replacement(data: bytes, start: int, end: int, kind: Kind) -> bytes:
    if kind is Kind.COMMENT:
        return b" "
    if kind is not Kind.LIST:
        return b"?"
    round_, square = data.find(b"(", start, end), data.find(b"[", start, end)
    if square >= 0 and (round_ < 0 or square < round_):
        return data[start:square].rstrip() + b"[?]"
    word = data[start:round_].rstrip()
    return word + b" (?)" if word else b"(?)"


def _proves_names(data: bytes, found: Iterable[Token]) -> bool:
    """Whether "…" stands somewhere where a text cannot stand, so that it holds names in the whole statement."""
    return any(kind is Kind.DOUBLE and _is_name(data, start, end) for start, end, kind in found)


def _is_name(data: bytes, start: int, end: int) -> bool:
    after = data[end : end + _NEAR].lstrip()[:1]
    if after == b"." or not _BEFORE_NAME.search(data[max(0, start - _NEAR) : start]):
        return after == b"."
    return after != b")"


def _is_text(data: bytes, start: int, end: int, beside: bool | None) -> tuple[bool, bool]:
    """Whether "…" is a text, and whether that is sure; `beside` is what its neighbour in a list is.

    SQLite takes "…" for a text where there is no such name: the position decides, else what it looks like.
    """
    before = data[max(0, start - _NEAR) : start]
    if _is_name(data, start, end):
        return False, True
    if beside is not None:
        return beside, True
    if _BEFORE_TEXT.search(before) or _IN_LIST.search(before):
        return True, True
    if _AFTER_NAME.match(data, end) or _BEFORE_EITHER.search(before) or _COLUMNS.search(before):
        return False, True
    return not _PLAIN.fullmatch(data, start, end), False


def _readings(data: bytes) -> tuple[Dialect, ...]:
    """Dialects of which each reads the statement in another way; all others read it like one of them."""
    has = {
        "escapes": b"\\" in data,
        "backticks": b"`" in data,
        "brackets": b"[" in data,
        "dollars": b"$" in data,
        "q_quotes": b"q'" in data or b"Q'" in data,
        "triples": b"'''" in data or b'"""' in data,
        "hashes": b"#" in data,
        "spaced_dashes": b"--" in data,
        "nested": data.count(b"/*") > 1,
    }
    features = [name for name, is_there in has.items() if is_there]
    unlike: dict[tuple[bool, ...], Dialect] = {}
    for dialect in READINGS:
        reading = tuple(getattr(dialect, name) for name in features)
        unlike.setdefault((dialect.doubles == "text" and b'"' in data, *reading), dialect)
    return tuple(unlike.values())


def _masked_in_any(data: bytes, dialects: tuple[Dialect, ...]) -> tuple[bytes, bool]:
    """The statement without what is a value in any of the dialects, and whether it was too long for that."""
    spans: list[tuple[int, int, bytes]] = []
    reached = len(data)
    for dialect in dialects:
        found, end = _bounded(data, dialect, lists=False)
        reached = min(reached, end)
        are_texts = dialect.doubles == "text" and not _proves_names(data, found)
        for start, end, kind in found:
            if kind in (Kind.VALUE, Kind.LONG_VALUE) or (kind is Kind.DOUBLE and are_texts):
                spans.append((start, end, b"?"))
            elif kind is Kind.COMMENT:
                spans.append((start, end, b" "))
    pieces: list[bytes] = []
    last = 0
    for start, end, mark in _merged(spans):
        if start >= reached:
            break
        pieces += (data[last:start], mark)
        last = end
    pieces.append(data[last:reached])
    return b"".join(pieces), reached < len(data)


def _merged(spans: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """Spans that overlap as one, from left to right; a value where one of them is a value."""
    merged: list[tuple[int, int, bytes]] = []
    for start, end, mark in sorted(spans):
        if merged and start < merged[-1][1]:
            first, reached, before = merged[-1]
            merged[-1] = first, max(reached, end), max(before, mark)
        else:
            merged.append((start, end, mark))
    return merged
