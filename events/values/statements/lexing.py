"""Finds what is a value in a statement, by the dialect's own rules of quoting, in one pass from left to right.

Whichever token begins first wins, so that a quote inside a comment opens nothing. A text that is cut off reaches to the
end of the statement. The expressions have no groups: what a token is follows from its first bytes, and RE2 answers
fastest when it need not say where groups are.
"""

from collections.abc import Iterator
from enum import Enum, auto
from functools import cache

import re2

from events.values.statements.dialects import Dialect


class Kind(Enum):
    VALUE = auto()
    LONG_VALUE = auto()  # one whose end is not found by an expression: lists do not know it
    LIST = auto()  # nothing but values between brackets, and the IN, VALUES or ARRAY before them
    COMMENT = auto()
    DOUBLE = auto()  # "…", which holds a name or a text
    NAME = auto()  # a name in quotes, and whatever else stays as it is


Token = tuple[int, int, Kind]

_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1  # any byte is a character: no text is invalid
_OPTIONS.log_errors = False
_WORD = rb"[A-Za-z_\x80-\xff][\w$\x80-\xff]*"
# Words that hold a digit, a dollar or a letter beyond ASCII: `t1`, `v$session`, `größe`. Their parts are no values.
_MIXED = rb"[A-Za-z_]+[\d$\x80-\xff][\w$\x80-\xff]*|[\x80-\xff][\w$\x80-\xff]*"
_UUID = rb"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\b"
_NUMBER = rb"(?:\d[\d_]*(?:\.\d[\d_]*|\.)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?\w*"
_PLACEHOLDER = rb"%\([^()'\s]*\)[a-z]?|%[sbt]\b|\?\d*|\$\d+(?:\.\d+)?|@\w+|[$#]\{[^{}']*\}"
_DOLLAR_NAME = rb"\$[A-Za-z_]\w*"
_COLON = rb":\w+"
_KEPT = rb"::|:=|<@|@[>?-]|@@[\w.]*"
_CONSTANT = rb"\b(?i:null|true|false|default)\b"
_TYPE = (
    rb'(?:"[^"]+"|[A-Za-z_][\w.]*)(?:\s+(?i:precision|varying|unsigned|signed|integer|char|with(?:out)?(?:\s+local)?'
    rb"\s+time\s+zone))*(?:\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?(?:\s*\[\s*\d*\s*\])*"
)
# What is left of a value where a statement was cut off.
_CUT = rb"(?:%\([^()'\s]*|[%:@$]{0,2}\w*|:{2}\s*[\w. ]*)\s*\z"
_TYPED = rb"\b(?i:date|time|timestamp|timestamptz|datetime|interval|uuid|jsonb?|binary|bytes)\s*'[^'\\]*'"
# Before a bracket these words open a list of values, of any length; other words call a function.
LISTING = frozenset({b"in", b"values", b"value", b"array", b"any", b"some", b"all", b"row"})
_CLOSERS = {b"[": b"]", b"{": b"}", b"(": b")", b"<": b">"}


def _single(dialect: Dialect) -> bytes:
    """'…' and whatever letters may stand before it."""
    escaped = rb"(?:[^'\\]|''|\\(?s:.))*(?:'|\\?\z)"
    plain = escaped if dialect.escapes else rb"(?:[^']|'')*(?:'|\z)"
    prefix = rb"(?:\b(?:[BNXRbnxr]|[Uu]&|[Rr][Bb]|[Bb][Rr])|\b_[a-z]\w*\s*)?"
    pieces = [rb"\b[eE]'" + escaped, prefix + rb"'" + plain]
    if dialect.triples:
        for quote in (b"'", b'"'):
            body = rb"(?:[^Q\\]|\\(?s:.)|QQ?(?:[^Q\\]|\\(?s:.)))*(?:Q{3,5}|Q{0,2}\\?\z)".replace(b"Q", quote)
            pieces.insert(0, prefix + quote * 3 + body)
    return b"|".join(pieces)


def _double(dialect: Dialect) -> bytes:
    if dialect.escapes and dialect.doubles == "text":
        return rb'"(?:[^"\\]|""|\\(?s:.))*(?:"|\\?\z)'
    return rb'"(?:[^"]|"")*(?:"|\z)'


def _values(dialect: Dialect) -> bytes:
    """What stands for one value; where $tag$ opens a text, $name counts only after that was tried."""
    named = [_COLON] * dialect.colons + [_DOLLAR_NAME] * (not dialect.dollars)
    return b"|".join((_single(dialect), _UUID, _PLACEHOLDER, *named, _NUMBER))


def _lists(dialect: Dialect) -> bytes:
    """Lists of values, and rows of them: with casts, signs, operators and lists inside; also cut off in the middle."""
    value = b"(?:" + _values(dialect) + (b"|" + _double(dialect) if dialect.doubles == "text" else b"") + b")"
    cast = rb"\b(?i:(?:try_)?cast)\s*\(\s*-?\s*" + value + rb"\s+(?i:as)\s+" + _TYPE + rb"\s*\)"
    # No part of it may be read as the beginning of a comment or of a name: a list is one token, closed or not at all.
    inner = rb"(?:" + b"|".join((
        rb"[\s,:+*%|^&~<>=!]", rb"::\s*" + _TYPE, rb"[-/]\s", rb"[-/]?" + value, _CONSTANT, cast, _TYPED,
    ))  # fmt: skip
    opener, closer = (rb"\(", rb"\)") if dialect.brackets else (rb"[(\[]", rb"[)\]]")
    group = rb"(?:\b(?i:array|row)\s*)?" + opener + inner + rb")+(?:" + closer + rb"|" + _CUT + rb")"
    outer = opener + inner + rb"|" + group + rb")+(?:" + closer + rb"|" + _CUT + rb")"
    rows = outer + rb"(?:\s*,\s*(?:" + outer + rb"|\z))*"
    return rb"(?:" + _WORD + rb"\s*)?" + rows + rb"|\b(?i:in)\s*\(\s*\)|\b(?i:array)\s*\[\s*\]"


@cache
def _lexer(dialect: Dialect, lists: bool) -> "re2._Regexp":
    opened = [rb"/\*[^*/]*\*+/|/\*"]
    if dialect.dollars:
        opened.append(rb"\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$")
    if dialect.q_quotes:
        opened.append(rb"\b[nN]?[qQ]'")
    comments = [rb"--(?:\s[^\n]*|\z)" if dialect.spaced_dashes else rb"--[^\n]*"]
    comments += [rb"#[^\n]*"] * dialect.hashes + [rb"//[^\n]*"] * dialect.slashes
    double = _double(dialect)
    names = [double + rb"(?:[\s.,]*" + double + rb")*" if dialect.doubles == "name" else double]
    names += [rb"`(?:[^`]|``)*(?:`|\z)"] * dialect.backticks + [rb"\[(?:[^\]]|\]\])*(?:\]|\z)"] * dialect.brackets
    braces = rb"\{\s*(?:(?i:ts|d|t)\s*)?(?:[\s,:]|" + _values(dialect) + rb")+\}|\{\w+(?::[^{}'\x22]*)?\}"
    many = [_lists(dialect)] * lists + [braces] * (lists and dialect.colons)
    order = [*opened, *comments, *many, _KEPT, _values(dialect), _DOLLAR_NAME, *names, _MIXED]
    return re2.compile(b"|".join(order), _OPTIONS)


def tokens(data: bytes, dialect: Dialect, *, lists: bool = True) -> Iterator[Token]:
    """Yields the start, end and kind of what is no plain word, space or sign; values one by one without `lists`."""
    lexer, at, more = _lexer(dialect, lists), 0, True
    while more:
        more = False
        for match in lexer.finditer(data, at):
            start, end = match.span()
            kind = _kind(data, start, end, dialect)
            if kind is None:  # Something that only a second look finds the end of, or a call of a function.
                start, end, kind = _opened(data, start, end, dialect)
                at, more = end, True
                yield start, end, kind
                break
            yield start, end, kind


_OF_FIRST = {
    **dict.fromkeys(b"'%?.{0123456789", Kind.VALUE),
    **dict.fromkeys(b"`<", Kind.NAME),
    **dict.fromkeys(b"-#", Kind.COMMENT),
    ord('"'): Kind.DOUBLE,
}


def _kind(data: bytes, start: int, end: int, dialect: Dialect) -> Kind | None:
    """What the token is, or None for one whose end only `_opened` finds."""
    first, second = data[start], data[start + 1 : start + 2]
    if first in b"@:":
        return Kind.NAME if second in (b"@", b">", b"?", b"-", b":", b"=") else Kind.VALUE
    if first == 0x24:  # $
        return None if dialect.dollars and data[end - 1 : end] == b"$" and end - start > 1 else Kind.VALUE
    if first in b"/#":
        if first == 0x2F:
            return None if second == b"*" and end - start == 2 else Kind.COMMENT
        return Kind.VALUE if second == b"{" and not dialect.hashes else Kind.COMMENT
    if first in b"([":
        if first == 0x5B and dialect.brackets:
            return Kind.NAME
        return _of_list(data, start, start, end, dialect)
    if dialect.triples and data[start : start + 3] == b'"""':
        return Kind.VALUE
    return _OF_FIRST.get(first) or _of_word(data, start, end, dialect)


def _of_word(data: bytes, start: int, end: int, dialect: Dialect) -> Kind | None:
    """A word with digits, a text or list that a word introduces, a call, an identifier of 36 hexadecimal digits."""
    bracket = _first(data, b"([" if not dialect.brackets else b"(", start, end)
    quote = _first(data, b"'\"", start, end)
    if bracket < quote:
        return _of_list(data, start, bracket, end, dialect)
    if quote < end:
        return None if dialect.q_quotes and quote == end - 1 and data[quote - 1] in b"qQ" else Kind.VALUE
    return Kind.VALUE if data.find(b"-", start, end) > 0 else Kind.NAME


def _first(data: bytes, some: bytes, start: int, end: int) -> int:
    found = [at for sign in some if (at := data.find(sign, start, end)) >= 0]
    return min(found, default=end)


def _of_list(data: bytes, start: int, bracket: int, end: int, dialect: Dialect) -> Kind | None:
    if data[bracket] == 0x5B:  # A list or a subscript.
        return Kind.LIST
    word = data[start:bracket].rstrip().lower()
    if word:
        return Kind.LIST if word in LISTING else None
    if end - bracket < 8 and not data[bracket:end].strip(b"()[]+* ,"):  # Oracle's (+)
        return Kind.NAME
    return None if dialect.doubles == "text" and data.find(b'"', bracket, end) >= 0 else Kind.LIST


def _opened(data: bytes, start: int, end: int, dialect: Dialect) -> Token:
    """The token that begins at `start`; `end` is as far as the lexer saw."""
    first = data[start]
    if first == 0x2F:
        return start, _comment_end(data, start, nested=dialect.nested), Kind.COMMENT
    if first == 0x24:
        closer = data[start:end]
        found = data.find(closer, end)
        return start, len(data) if found < 0 else found + len(closer), Kind.LONG_VALUE
    bracket = _first(data, b"([" if not dialect.brackets else b"(", start, end)
    if bracket < end:
        return start, bracket + 1, Kind.NAME
    size = 1 if data[end : end + 1] < b"\xc0" else 2 if data[end] < 0xE0 else 3 if data[end] < 0xF0 else 4
    opener = data[end : end + size]
    found = data.find(_CLOSERS.get(opener, opener) + b"'", end + size)
    return start, len(data) if found < 0 else found + size + 1, Kind.LONG_VALUE


def _comment_end(data: bytes, start: int, *, nested: bool) -> int:
    depth, at = 1, start + 2
    while depth:
        closed = data.find(b"*/", at)
        if closed < 0:
            return len(data)
        opened = data.find(b"/*", at, closed) if nested else -1
        if opened >= 0:
            depth, at = depth + 1, opened + 2
        else:
            depth, at = depth - 1, closed + 2
    return at
