"""The engine DuckDB, in this process: a project's segments as relations of one closed-off database."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.conf import settings

from analytics.engine.contract import (
    EngineAway,
    EngineError,
    Facts,
    Parameters,
    QueryTimeout,
    QueryTooLarge,
    SegmentMissing,
    Wanted,
    spread,
)
from events.facts import duck, erasing, files, segments
from events.facts.schema import FACTS, SQL
from events.persons import reading
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
else:
    duckdb = lazy("duckdb")
    pa = lazy("pyarrow")

log = logging.getLogger(__name__)

BATCH = 10_000
# Rows of a piece that arrays are made of: large enough that starting on one costs nothing, small beside the memory.
STREAM = 200_000
# It remembers some 15 kB of each file it met, up to all of OBS_QUERY_MEMORY_MB, and most files are merged into others
# within minutes. So it is made anew; who reads meanwhile goes on with the one before.
TURN_SECONDS = 600
# What a bucket answers about a file.
NOT_FOUND = 404
REFUSED = {401, 403}
STARTS_WITH = re.compile(r"\s*WITH\s", re.IGNORECASE)


@dataclass
class DuckFacts:
    """Facts read from the segments by a cursor of this process's database."""

    project_id: int
    wanted: Wanted
    cursor: duckdb.DuckDBPyConnection
    with_persons: bool = False
    listed: dict[str, list[str]] = field(default_factory=dict)

    def ask(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        return self.table(sql, parameters).to_pylist()

    def table(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        sql, bound = spread(sql, parameters or {})
        try:
            return self._run(sql, bound)
        except SegmentMissing:
            # Compaction may have swapped the file since the list was read, and its grace may be over.
            self._look_again()
            return self._run(sql, bound)

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        sql, bound = spread(sql, parameters or {})
        timer = threading.Timer(settings.OBS_QUERY_TIMEOUT_SECONDS, self.cursor.interrupt)
        timer.start()
        try:
            with self._errors():
                yield from self._begun(sql, bound)
        finally:
            timer.cancel()

    def batches(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        sql, bound = spread(sql, parameters or {})
        with self._errors():
            yield from self.cursor.execute(self._parsed(sql), bound).to_arrow_reader(BATCH)

    def _run(self, sql: str, bound: dict[str, Any]) -> pa.Table:
        statement = self._parsed(sql)
        timer = threading.Timer(settings.OBS_QUERY_TIMEOUT_SECONDS, self.cursor.interrupt)
        timer.start()
        try:
            with self._errors():
                return self.cursor.execute(statement, bound).to_arrow_table()
        finally:
            timer.cancel()

    def _look_again(self) -> None:
        self.listed.clear()
        segments.look_again(self.project_id, self.wanted)

    def _begun(self, sql: str, bound: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        """Batches from the first row on; a file that compaction has swapped meanwhile is noticed before it."""
        try:
            with self._errors():
                found = self.cursor.execute(self._parsed(sql), bound).to_arrow_reader(STREAM)
                first = next(found, None)
        except SegmentMissing:
            self._look_again()
            found = self.cursor.execute(self._parsed(sql), bound).to_arrow_reader(STREAM)
            first = next(found, None)
        if first is not None:
            yield first
            yield from found

    def _parsed(self, sql: str) -> duckdb.Statement:
        (parsed, *others) = duckdb.extract_statements(self._with_facts(sql))
        if others or parsed.type != duckdb.StatementType.SELECT:
            raise EngineError("A question is one SELECT.")
        return parsed

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.InterruptException:
            raise QueryTimeout(f"No answer within {settings.OBS_QUERY_TIMEOUT_SECONDS:g} seconds.") from None
        except duckdb.OutOfMemoryException:
            raise QueryTooLarge(f"The question needs more than {settings.OBS_QUERY_MEMORY_MB} MB.") from None
        except (duckdb.IOException, duckdb.HTTPException, duckdb.InvalidInputException) as error:
            said = unquote(str(error))  # an address in a bucket has its signs encoded
            named = next((path for paths in self.listed.values() for path in paths if path in said), None)
            if named is None:
                raise
            raise _of_file(error, named) from None

    def _with_facts(self, sql: str) -> str:
        relations = ", ".join(f"{name} AS NOT MATERIALIZED ({self._relation(name)})" for name in self.wanted)
        if not relations:
            return sql
        if found := STARTS_WITH.match(sql):
            return f"WITH {relations}, {sql[found.end() :]}"
        return f"WITH {relations} {sql}"

    def _relation(self, name: str) -> str:
        """SQL of a fact in its period: every column, typed, also when no file has it or there is no file."""
        start, end = self.wanted[name]
        if name not in self.listed:
            self.listed[name] = segments.paths(self.project_id, name, start=start, end=end)
        columns = ", ".join(f'NULL::{SQL[column.kind]} AS "{column.name}"' for column in FACTS[name].columns)
        typed = f"SELECT {columns} WHERE false"
        if not self.listed[name]:
            return typed
        root = files.root()
        scan = duck.scan([root.url(path) for path in self.listed[name]])
        bounds = [f"\"at\" >= TIMESTAMPTZ '{start.isoformat()}'"] if start is not None else []
        bounds += [f"\"at\" < TIMESTAMPTZ '{end.isoformat()}'"] if end is not None else []
        rows = f"{typed} UNION ALL BY NAME FROM {scan} WHERE {' AND '.join(bounds) or 'true'}"
        whose = erasing.person_column(name) if self.with_persons else None
        if whose is None:
            return rows
        return (
            f"SELECT f.* REPLACE (coalesce(p.person, f.{whose}) AS {whose}) "
            f"FROM ({rows}) f LEFT JOIN persons p ON p.visitor = f.{whose}"
        )


def _of_file(error: duckdb.Error, path: str) -> EngineError:
    """What a failure to read one file means. Nothing of what the store said is shown, only logged by its kind."""
    if isinstance(error, duckdb.InvalidInputException):
        return EngineError(f"The segment {path} is damaged.")
    status = getattr(error, "status_code", None)
    is_in_bucket = settings.OBS_SEGMENT_ROOT.startswith("s3://")
    if status == NOT_FOUND or not is_in_bucket:
        return SegmentMissing(path)
    log.warning("The bucket did not give %s: %s", path, status or type(error).__name__)
    if status in REFUSED:
        return EngineAway("The bucket of the segments does not let this server in.")
    return EngineAway("The bucket of the segments cannot be reached.")


class DuckEngine:
    """One closed-off database a process, one cursor a reader; a fork, another root or another turn gets its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[object, ...] | None = None
        self._database: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def read(self, project_id: int, wanted: Wanted, *, with_persons: bool = False) -> Iterator[Facts]:
        cursor = self._cursor()
        try:
            persons = reading.persons_of(project_id) if with_persons else None
            has_some = persons is not None and persons.num_rows > 0
            if has_some:
                cursor.register("persons", persons)
            yield DuckFacts(project_id, wanted, cursor, has_some)
        finally:
            cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        memory, threads = settings.OBS_QUERY_MEMORY_MB, settings.OBS_QUERY_THREADS
        turn = time.monotonic() // TURN_SECONDS
        key = (os.getpid(), files.root().url(""), settings.OBS_S3_ENDPOINT, memory, threads, turn)
        with self._lock:
            if self._database is None or self._key != key:
                self._database = duck.connect(
                    memory_mb=settings.OBS_QUERY_MEMORY_MB, threads=settings.OBS_QUERY_THREADS
                )
                self._key = key
            return self._database.cursor()
