"""Queries that are documents, as MongoDB, Elasticsearch and DynamoDB take them, without their values.

Read by signs, not parsed: they come cut off, as JSON, as `repr` of Python, as a shell writes them.
"""

import re2

_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_TEXT = rb"\"(?:[^\"\\]|\\(?s:.))*(?:\"|\\?\z)|'(?:[^'\\]|\\(?s:.))*(?:'|\\?\z)"
_PARTS = re2.compile(
    rb"[{}]|(?:" + _TEXT + rb")(?:\s*:)?|:\s*/(?:[^/\\\n]|\\.)*(?:/[a-z]*|\z)|[=:]\s*\w+\(|[=:]\s*[^\s\"'{}\[\](),:=?]+"
    rb"|-?\b\d[\w.+-]*|\b(?:true|false|null|True|False|None|NaN|undefined)\b",
    _OPTIONS,
)
_LIST = re2.compile(rb"\[\s*(?:\"\?\"|'\?')(?:\s*,\s*(?:\"\?\"|'\?'))+\s*,?\s*(\]|\z)", _OPTIONS)
_NAME = re2.compile(rb"[\w.$-]{1,120}")
# What the value of these names in the outermost document is no value of: a collection, a table, an index.
_NAMING = frozenset(
    b"find aggregate insert update delete count distinct findAndModify findandmodify mapReduce create drop bulkWrite "
    b"createIndexes dropIndexes listIndexes collStats collection TableName IndexName index".split()
)


def opens(text: str) -> bool:
    """Whether a text is a document, or a list of them."""
    return text.lstrip()[:1] in ("{", "[") and text.lstrip()[:1] != ""


def masked(text: str) -> str:
    """The document with `"?"` for each value; names stay."""
    data = text.strip().encode("utf-8", "replace")
    pieces: list[bytes] = []
    depth = last = 0
    key = b""
    for part in _PARTS.finditer(data):
        found = part.group()
        sign = found[:1]
        if sign in b"{}":
            depth += 1 if sign == b"{" else -1
            continue
        named, key = key, b""
        if found.endswith(b"(") and sign in b":=":  # ObjectId(…)
            continue
        if sign in b"\"'":
            if found.endswith(b":"):
                key = found.rstrip(b": \t\r\n").strip(sign)
                continue
            if depth == 1 and named in _NAMING and _NAME.fullmatch(found[1:-1]):
                continue
        mark = b"%s?%s" % ((b"'", b"'") if sign == b"'" else (b'"', b'"'))
        pieces += (data[last : part.start()], sign + mark if sign in b":=" else mark)
        last = part.end()
    pieces.append(data[last:])
    return _LIST.sub(rb'["?"]', b"".join(pieces)).decode("utf-8", "replace")
