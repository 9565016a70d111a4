"""The engine that the tests of this app ask: DuckDB, or what OBS_TEST_ENGINE names."""

import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def chosen_engine(settings: Any) -> Iterator[None]:
    """With OBS_TEST_ENGINE=clickhouse, every question of a test is asked of ClickHouse (chDB, in this process)."""
    if os.environ.get("OBS_TEST_ENGINE") != "clickhouse":
        yield
        return
    from analytics.engine import reading
    from analytics.engine.clickhouse.engine import ClickHouseEngine
    from analytics.tests.engine.chdb_transport import ChdbTransport

    before = dict(reading.ENGINES)
    reading.ENGINES["clickhouse"] = ClickHouseEngine(ChdbTransport())
    settings.OBS_QUERY_ENGINE = "clickhouse"
    yield
    reading.ENGINES.clear()
    reading.ENGINES.update(before)
