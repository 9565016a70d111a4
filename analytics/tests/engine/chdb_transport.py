"""ClickHouse in this process, as chDB carries it: the same SQL, settings and answers as over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver.binding import format_bind_value
from pyarrow import parquet as pq

from analytics.engine.clickhouse.failures import Failure
from analytics.engine.clickhouse.relations import quoted
from analytics.tests.engine.chdb_session import Refused, answered, with_table


class ChdbTransport:
    """One session a process, one question at a time."""

    def ask(
        self, sql: str, *, bound: Mapping[str, Any], tables: Mapping[str, pa.Table], limits: Mapping[str, Any]
    ) -> Iterator[pa.RecordBatch]:
        with tempfile.TemporaryDirectory() as folder:
            for name, table in tables.items():
                path = Path(folder) / f"{name}.parquet"
                pq.write_table(table, path)
                sql = with_table(sql, name, f"SELECT * FROM file({quoted(str(path))}, 'Parquet')")
            params = {name: format_bind_value(value) for name, value in bound.items()}
            try:
                content = answered(f"{sql} SETTINGS {written(limits)}", params)
            except Refused as refused:
                raise Failure(str(refused)) from None
        yield from pa.ipc.open_stream(content)


def written(limits: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in limits.items())
