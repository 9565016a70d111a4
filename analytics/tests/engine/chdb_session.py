"""chDB, which is ClickHouse in a wheel: one session a process, one question at a time. Imports nothing of ours, so that
the stand-in starts without Django."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

_LOCK = threading.Lock()
_SESSIONS: list[Any] = []


class Refused(Exception):
    """What ClickHouse says of a question that it did not answer."""


def answered(sql: str, params: Mapping[str, str], *, fmt: str = "ArrowStream") -> bytes:
    """The bytes of an answer. Raises Refused."""
    from chdb.session import Session

    with _LOCK:
        if not _SESSIONS:
            _SESSIONS.append(Session())
        try:
            return bytes(_SESSIONS[0].query(sql, fmt, params=dict(params)).bytes())
        except Exception as error:
            # What a question that failed had already said would be the beginning of the next answer.
            _SESSIONS[0].query("SELECT 1", "Null")
            raise Refused(str(error)) from None


def with_table(sql: str, name: str, relation: str) -> str:
    """The SQL with one more relation, the first."""
    if sql.startswith("WITH "):
        return f"WITH {name} AS ({relation}), {sql.removeprefix('WITH ')}"
    return f"WITH {name} AS ({relation}) {sql}"
