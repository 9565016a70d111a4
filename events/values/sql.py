"""Statements without their values: equal up to values, equal text, equal fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import re2

from events.values.statements import forms, masking
from events.values.statements.dialects import Dialect, of_system

LONGEST = 262_144
KEPT = 4000
# So long are raw texts that are remembered.
_USUAL = 8192
_OPERATION = re2.compile(rb"^\W*([A-Za-z]{1,20})")
_OVERHEAD = re2.compile(
    rb"^(?:commit|rollback|savepoint|release|abort|end|save tran|start transaction|set|reset|show|use|fetch|move|close"
    rb"|open|declare|prepare|deallocate|discard|listen|unlisten|notify|pragma|xa|lock|unlock|checkpoint|alter session"
    rb"|do \?)(?: |$)"
    # Settings and locks by a call: what SET and LOCK do, for one session.
    rb"|^select (?:pg_catalog\.)?(?:set_config|pg_(?:try_)?advisory_\w+|get_lock|release_lock) ?\([^()]*\)"
    rb"(?: (?:as )?\w+)?(?: ?, ?(?:pg_catalog\.)?set_config ?\([^()]*\)(?: (?:as )?\w+)?)*$"
    rb"|^(?:exec(?:ute)?|call) (?:sys\.)?(?:sp_set_session_context|sp_(?:get|release)applock|dbms_session\.)"
    # Not the block of a procedure.
    rb"|^begin(?: (?:tran|transaction|work|isolation|deferred|immediate|exclusive|concurrent|read|not)\b.*)?$"
    # The names that instrumentations give to what has no statement: pg.connect, prisma:engine:connection.
    rb"|^[\w.:-]*(?:connect|disconnect|connection|ping|begin|close|acquire|checkout)$"
)
# A question without a table, asked of the server itself: SELECT 1, SELECT version(), VALUES 1 of DB2.
_ASKS_NO_TABLE = re2.compile(rb"^(?:select|values) .*")
_TABLE = re2.compile(rb"\bfrom (\S+)")
_CALL_WITH_VALUES = re2.compile(rb"\w ?\([^)]")
_NO_TABLES = frozenset({b"dual", b"sys.dual", b"sysibm.sysdummy1", b"rdb$database", b"dummy"})
_CUT = "…".encode()
# What a second look may read otherwise than the first. In practice it changes nothing.
_ODD = re2.compile(
    rb"(?i)[^\w ,.()=<>*?\"`]|\.\.|[(,] ?,|, ?\)|,$|\?[^ ,)]|\? \?|[^ ,(=<>]\?"
    rb"|\( | \)|\) ?, ?\(|\([^?)][^()]*[?*]|\([?*][^)]|(?:in|values|any)(?:\(| ?\([^?\w])"
)
_BRACKETS = re2.compile(rb"[()]")
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` has `?` for every value and every list of them; `fingerprint` is 16 hex digits of it, in any case.

    `is_overhead`: transaction control, settings, cursors and pings, which run once each by design.
    """

    text: str
    fingerprint: str
    operation: str
    is_overhead: bool


class _Remembered(dict[tuple[str, str], Statement]):
    """Normal forms by raw text and system, of a bounded number of characters: most programs ask the same again."""

    MOST = 4_000_000
    size = 0

    def put(self, key: tuple[str, str], statement: Statement) -> Statement:
        self.size += len(key[0]) + len(statement.text) + 200
        if self.size > self.MOST:
            self.clear()
            self.size = 0
        self[key] = statement
        return statement


_REMEMBERED = _Remembered()


def normalised(sql: str, *, system: str = "") -> Statement:
    """The statement without values, in linear time; `system` is OpenTelemetry's name of the database."""
    key = (sql, system)
    known = _REMEMBERED.get(key)
    if known is None:
        known = _normalised(sql, system)
        if len(sql) <= _USUAL:
            _REMEMBERED.put(key, known)
    return known


def _normalised(sql: str, system: str) -> Statement:
    dialect = of_system(system)
    text = _form(sql, dialect)
    for _ in range(_ROUNDS):
        if not _ODD.search(text) and _is_closed(text):
            break
        text, before = _form(text.decode("utf-8", "replace"), dialect), text
        if text == before:
            break
    else:
        text = b"?"
    lower = text.lower()
    found = _OPERATION.search(text)
    return Statement(
        text.decode("utf-8", "replace"),
        blake2b(lower, digest_size=8).hexdigest(),
        found.group(1).decode().upper() if found else "",
        _is_overhead(lower),
    )


def _is_closed(text: bytes) -> bool:
    """Whether each bracket that opens closes, and none closes that was not open."""
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket == b"(" else -1
        if depth < 0:
            return False
    return depth == 0


def _form(sql: str, dialect: Dialect) -> bytes:
    whole = sql[:LONGEST].rstrip()
    data = whole.rstrip(".…; \t\r\n")
    is_cut = len(sql) > LONGEST or "…" in whole[len(data) :] or "..." in whole[len(data) :]
    masked = masking.masked((data if is_cut else whole).encode("utf-8", "replace"), dialect)
    is_cut = is_cut or masked.is_cut
    text = forms.normal(masked.text, is_cut=is_cut)
    if is_cut and not text.endswith((b"?", b")", b"]")):
        # Cut in the middle of a value or list it reads like the whole; elsewhere it says so.
        text += _CUT
    return text if len(text) <= KEPT else _shortened(text)


def _shortened(text: bytes) -> bytes:
    """The beginning, and a hash for the rest: statements that differ at their ends stay apart."""
    head = text[: KEPT - 20].decode("utf-8", "ignore").encode()
    for quote in (b'"', b"`"):
        if head.count(quote) % 2:
            head = head[: head.rindex(quote)]
    return head.rstrip() + _CUT + blake2b(text.lower(), digest_size=8).hexdigest().encode()


def _is_overhead(lower: bytes) -> bool:
    if _OVERHEAD.search(lower):
        return True
    if not _ASKS_NO_TABLE.search(lower) or _CALL_WITH_VALUES.search(lower):
        return False
    table = _TABLE.search(lower)
    return table is None or table.group(1) in _NO_TABLES
