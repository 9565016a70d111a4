"""Facts to ask questions of, from the engine that OBS_QUERY_ENGINE names."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from analytics.engine.clickhouse.engine import ClickHouseEngine
from analytics.engine.contract import Engine, Facts, Wanted
from analytics.engine.duck import DuckEngine

ENGINES: dict[str, Engine] = {"duckdb": DuckEngine(), "clickhouse": ClickHouseEngine()}


@contextmanager
def read(project_id: int, wanted: Wanted, *, with_persons: bool = False) -> Iterator[Facts]:
    """Yield the facts wanted, {fact: period}, to ask questions of; and who is who, as persons are merged now."""
    with ENGINES[settings.OBS_QUERY_ENGINE].read(project_id, wanted, with_persons=with_persons) as facts:
        yield facts
