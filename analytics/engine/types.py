"""The types of an answer, as DuckDB has them: a question asked of relations without a row.

Every engine answers in these, so that whoever reads an answer needs not know which engine it came from.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from analytics.engine.contract import EngineError, Parameters, Wanted, spread
from events.facts.schema import FACTS, SQL
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
else:
    duckdb = lazy("duckdb")


class Types:
    """One empty database a process, one cursor a question."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None

    def of(self, sql: str, parameters: Parameters, *, wanted: Wanted) -> pa.Schema:
        """Return the schema of the answer. Raises EngineError for what is not one SELECT."""
        sql, bound = spread(sql, parameters)
        relations = {name: empty(name) for name in wanted}
        (parsed, *others) = duckdb.extract_statements(sql)
        if others or parsed.type != duckdb.StatementType.SELECT:
            raise EngineError("A question is one SELECT.")
        cursor = self._cursor()
        try:
            return (
                cursor.execute(with_relations(f"SELECT * FROM ({sql}\n) LIMIT 0", relations), bound)
                .to_arrow_table()
                .schema
            )
        except duckdb.Error as error:
            raise EngineError(f"The question makes no sense: {error}") from None
        finally:
            cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._database is None:
                self._database = duckdb.connect(":memory:", config={"memory_limit": "64MB", "threads": 1})
                self._database.execute("SET TimeZone = 'UTC'; SET enable_external_access = false")
                self._database.execute("SET lock_configuration = true")
            return self._database.cursor()


def empty(name: str) -> str:
    """Return the SQL of a fact without a row: every column, typed."""
    columns = ", ".join(f'NULL::{SQL[column.kind]} AS "{column.name}"' for column in FACTS[name].columns)
    return f"SELECT {columns} WHERE false"


def with_relations(sql: str, relations: dict[str, str]) -> str:
    named = ", ".join(f"{name} AS ({relation})" for name, relation in relations.items())
    return f"WITH {named} {sql}" if named else sql
