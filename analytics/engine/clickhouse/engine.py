"""The engine ClickHouse: questions carried over, asked of the listed segments, answered in DuckDB's types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from analytics.engine.clickhouse import relations
from analytics.engine.clickhouse.failures import named
from analytics.engine.clickhouse.transport import Transport, http
from analytics.engine.contract import Facts, Parameters, SegmentMissing, Wanted
from analytics.engine.types import Types
from events.facts import segments
from events.persons import reading
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from analytics.engine.clickhouse import dialect
else:
    dialect = lazy("analytics.engine.clickhouse.dialect")
    np = lazy("numpy")
    pa = lazy("pyarrow")

# What makes ClickHouse read SQL as DuckDB does, and answer in what Arrow reads.
MEANING: Mapping[str, Any] = {
    "join_use_nulls": 1,
    "group_by_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "prefer_column_name_to_alias": 1,
    "cast_keep_nullable": 1,
    "output_format_arrow_string_as_string": 1,
    "output_format_arrow_low_cardinality_as_dictionary": 0,
    "use_hive_partitioning": 0,
    "max_query_size": 16 * 1024 * 1024,
    "max_ast_elements": 1_000_000,
    "max_expanded_ast_elements": 5_000_000,
}
ENDLESS = 0


@dataclass
class ClickHouseFacts:
    """Facts read from the segments by a server of ClickHouse."""

    project_id: int
    wanted: Wanted
    transport: Transport
    types: Types
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    listed: dict[str, list[str]] = field(default_factory=dict)

    def ask(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        return self.table(sql, parameters).to_pylist()

    def table(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        schema, batches = self._answered(sql, parameters or {}, seconds=settings.OBS_QUERY_TIMEOUT_SECONDS)
        return pa.Table.from_batches(batches, schema)

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        _, batches = self._answered(sql, parameters or {}, seconds=settings.OBS_QUERY_TIMEOUT_SECONDS)
        yield from batches

    def batches(self, sql: str, parameters: Parameters | None = None) -> Iterator[pa.RecordBatch]:
        _, batches = self._answered(sql, parameters or {}, seconds=ENDLESS)
        yield from batches

    def _answered(
        self, sql: str, parameters: Parameters, *, seconds: float
    ) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The types of an answer, and its pieces. Compaction may have swapped a file since the list was read, and its
        grace may be over: then, before the first piece, the list is read again."""
        schema = self.types.of(sql, parameters, wanted=self.wanted)
        carried, bound = dialect.carried(sql, parameters)
        asked = self._begun(carried, bound, schema, seconds)
        try:
            first = next(asked, None)
        except SegmentMissing:
            self.listed.clear()
            segments.look_again(self.project_id, self.wanted)
            asked = self._begun(carried, bound, schema, seconds)
            first = next(asked, None)

        def pieces() -> Iterator[pa.RecordBatch]:
            if first is not None:
                yield first
                yield from asked

        return schema, pieces()

    def _begun(
        self, carried: str, bound: Mapping[str, Any], schema: pa.Schema, seconds: float
    ) -> Iterator[pa.RecordBatch]:
        limits = {
            "max_execution_time": seconds,
            "max_memory_usage": settings.OBS_QUERY_MEMORY_MB * 1024 * 1024,
            "max_threads": settings.OBS_QUERY_THREADS,
        }
        sql = self._with_facts(carried)
        with named([path for paths in self.listed.values() for path in paths]):
            for batch in self.transport.ask(sql, bound=bound, tables=self.tables, limits={**MEANING, **limits}):
                yield typed(batch, schema)

    def _with_facts(self, sql: str) -> str:
        return dialect.with_relations(sql, {name: self._relation(name) for name in self.wanted})

    def _relation(self, name: str) -> str:
        start, end = self.wanted[name]
        if name not in self.listed:
            self.listed[name] = segments.paths(self.project_id, name, start=start, end=end)
        return relations.relation(name, self.listed[name], start=start, end=end, with_persons=bool(self.tables))


def typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a piece of an answer in the types that DuckDB would have answered in.

    What ClickHouse has empty, since its lists and maps are never NULL, is NULL: a fact without tags, a list of none.
    """
    columns = []
    for column, wanted in zip(batch.columns, schema, strict=True):
        cast = column if column.type == wanted.type else column.cast(wanted.type, safe=False)
        if pa.types.is_list(wanted.type) or pa.types.is_map(wanted.type):
            is_some = np.diff(cast.offsets.to_numpy()) > 0
            cast = cast.take(pa.array(np.arange(len(cast)), mask=~is_some))
        columns.append(cast)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class ClickHouseEngine:
    """The server that OBS_CLICKHOUSE_URL names; connections are kept by the transport."""

    def __init__(self, transport: Transport | None = None) -> None:
        self._transport = transport
        self._types = Types()

    @contextmanager
    def read(self, project_id: int, wanted: Wanted, *, with_persons: bool = False) -> Iterator[Facts]:
        persons = reading.persons_of(project_id) if with_persons else None
        tables = {"persons": persons} if persons is not None and persons.num_rows else {}
        yield ClickHouseFacts(project_id, wanted, self._transport or http(), self._types, tables)
