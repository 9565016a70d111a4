"""The contract of a query engine: SQL over the facts of one project and period, and the errors it ends in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from analytics.periods import Period

if TYPE_CHECKING:
    import pyarrow as pa

Wanted = Mapping[str, Period | tuple[datetime | None, datetime | None]]
Parameters = Mapping[str, Any]

PLACEHOLDER = re.compile(r"\$([a-z_][a-z0-9_]*)")


class EngineError(Exception):
    """A question that was not answered; the message may be shown."""


class SegmentMissing(EngineError):
    """A listed segment has no file, even after the list was read again."""

    def __init__(self, path: str) -> None:
        super().__init__(f"The segment {path} is listed, but its file is missing.")
        self.path = path


class QueryTimeout(EngineError):
    """The question took longer than OBS_QUERY_TIMEOUT_SECONDS."""


class QueryTooLarge(EngineError):
    """The question needed more than OBS_QUERY_MEMORY_MB."""


class EngineAway(EngineError):
    """The engine, or the bucket, is elsewhere, and cannot be reached or does not let this server in."""


class Facts(Protocol):
    """The facts of one project and period, one relation each, under the names of events/facts/schema.py.

    The relations hold the period asked for and nothing else. Read with persons, `visitor` and `user_key` number
    persons: whoever is one person now was one before, under whatever id.
    `at` is a reserved word in SQL: write "at" or e.at.
    """

    def ask(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """Return the rows of one SELECT. `$name` is bound; a list is bound as `(…)`, for IN. Raises EngineError."""

    def table(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """Return the same as an Arrow table."""

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the same in pieces, for what is reckoned in this process; the last one within the timeout."""

    def batches(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the same in pieces, for exports: the reader sets the pace, so there is no timeout."""


class Engine(Protocol):
    def read(self, project_id: int, wanted: Wanted, *, with_persons: bool = False) -> Any:
        """Return a context that yields Facts."""


def spread(sql: str, parameters: Parameters) -> tuple[str, dict[str, Any]]:
    """Return the SQL and parameters with every list as one placeholder an item, so that a filter can skip by them."""
    bound: dict[str, Any] = {}

    def place(found: re.Match[str]) -> str:
        name = found[1]
        value = parameters[name]
        if not isinstance(value, list | tuple):
            bound[name] = value
            return found[0]
        bound.update({f"{name}_{n}": item for n, item in enumerate(value)})
        return f"({', '.join(f'${name}_{n}' for n in range(len(value))) or 'NULL'})"

    return PLACEHOLDER.sub(place, sql), bound
