"""Statements without their literals: equal up to values, equal text, equal fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import re2

LONGEST = 8000
KEPT = 2000
# One left-to-right pass: whichever begins first wins, so that a quote inside a comment opens nothing. A literal that is
# cut off reaches to the end of the text.
_COMMENT = r"--[^\n]*|/\*(?:[^*]|\*+[^*/])*(?:\*+/|$)"
_TEXT = r"(?:\b[eEbBxXnN])?'(?:[^'\\]|''|\\.)*(?:'|\\?$)|\$[A-Za-z_]*\$(?:[^$]|\$[^$A-Za-z_])*(?:\$[A-Za-z_]*\$|$)"
_QUOTED = r'"(?:[^"\\]|""|\\.)*(?:"|\\?$)'
_PLACEHOLDER = r"%\([A-Za-z_][A-Za-z0-9_]*\)s|%s|\$[0-9]+|\?[0-9]*|@p[0-9]+|:[A-Za-z_][A-Za-z0-9_]*\b"
_NUMBER = r"\b0[xX][0-9a-fA-F]+\b|\b[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?\b|\.[0-9]+\b"
_CAST = r"::"
_OPTIONS = re2.Options()
_OPTIONS.dot_nl = True
_PARTS = re2.compile(f"({_CAST})|({_COMMENT})|({_QUOTED})|({_TEXT}|{_PLACEHOLDER}|{_NUMBER})", _OPTIONS)
_IDENTIFIER = re2.compile(r'^"[A-Za-z_][A-Za-z0-9_$.]*"$')
_SPACE = re2.compile(r"\s+")
_SIGNED = re2.compile(r"([=<>(,+*/-] ?)[-+] ?\?")
_LIST = re2.compile(r"\( ?\?(?: ?, ?\?)+ ?\)")
_ROWS = re2.compile(r"\(\?\)(?: ?, ?\(\?\))+")
_SAVEPOINT = re2.compile(r"(?i)^(savepoint|release savepoint|rollback to savepoint)\s+\S+")
_OPERATION = re2.compile(r"^\W*([A-Za-z]+)")
# Here double quotes hold texts, not names.
_TEXT_IN_QUOTES = frozenset({"mysql", "mariadb", "clickhouse", "bigquery", "spanner"})


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` has `?` for every literal and every list of them; `fingerprint` is 16 hex digits of it, in any case."""

    text: str
    fingerprint: str
    operation: str


@lru_cache(maxsize=8192)
def normalised(sql: str, *, system: str = "") -> Statement:
    """The statement without values, in linear time; `system` is OpenTelemetry's name of the database."""
    text = _without_literals(sql[:LONGEST], quotes_hold_text=system in _TEXT_IN_QUOTES)
    text = _SPACE.sub(" ", text).strip()
    text = _SIGNED.sub(r"\1?", text)
    text = _ROWS.sub("(?)", _LIST.sub("(?)", text))
    text = _SAVEPOINT.sub(r"\1 ?", text)[:KEPT]
    found = _OPERATION.search(text)
    digest = blake2b(text.lower().encode("utf-8", "replace"), digest_size=8).hexdigest()
    return Statement(text, digest, found.group(1).upper()[:20] if found else "")


def _without_literals(sql: str, *, quotes_hold_text: bool) -> str:
    pieces: list[str] = []
    last = 0
    for match in _PARTS.finditer(sql):
        pieces.append(sql[last : match.start()])
        last = match.end()
        cast, comment, quoted, _ = match.groups()
        if cast:
            pieces.append(cast)
        elif comment:
            pieces.append(" ")
        elif quoted and not quotes_hold_text and _IDENTIFIER.search(quoted):
            pieces.append(quoted)
        else:
            pieces.append("?")
    pieces.append(sql[last:])
    return "".join(pieces)
