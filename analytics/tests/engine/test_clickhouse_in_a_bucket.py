"""ClickHouse reads the very segments of a bucket, through its own client of the protocol."""

from pathlib import Path
from typing import Any

import pytest

from analytics import engine
from analytics.engine import SegmentMissing, reading
from analytics.engine.clickhouse import relations
from analytics.engine.clickhouse.engine import ClickHouseEngine
from analytics.tests.engine.chdb_transport import ChdbTransport
from events.facts import files
from events.tests import rows
from events.tests.cast import NOW
from events.tests.facts.test_object_store import bucket, store

pytestmark = pytest.mark.django_db
__all__ = ["bucket", "store"]


@pytest.fixture
def clickhouse(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OBS_QUERY_ENGINE = "clickhouse"
    monkeypatch.setitem(reading.ENGINES, "clickhouse", ClickHouseEngine(ChdbTransport()))


def count(project: Any) -> int:
    with engine.read(project.pk, {"errors": (None, None)}) as facts:
        return int(facts.ask("SELECT count(*) AS n FROM errors")[0]["n"])


def test_it_reads_one_segment_and_many(project: Any, bucket: None, clickhouse: None) -> None:
    rows.store(project, rows.error(1))
    assert count(project) == 1
    rows.spread(project, 80, files=8)
    assert count(project) == 81


def test_a_missing_object_is_named(project: Any, bucket: None, clickhouse: None) -> None:
    rows.spread(project, 8, files=2)
    (segment,) = rows.store(project, rows.error(1))
    files.root().remove(segment.path)
    with pytest.raises(SegmentMissing) as raised:
        count(project)
    assert raised.value.path == segment.path


def test_a_damaged_object_is_named(project: Any, bucket: None, clickhouse: None) -> None:
    (segment,) = rows.store(project, rows.error(1))
    files.root().remove(segment.path)
    with files.root().create(segment.path) as stream:
        stream.write(b"PAR1 and then nothing PAR1")
    with pytest.raises(engine.EngineError, match=segment.path):
        count(project)


def test_a_cluster_reads_through_its_own_function_and_no_key_travels(settings: Any, monkeypatch: Any) -> None:
    settings.OBS_SEGMENT_ROOT, settings.OBS_S3_ENDPOINT = "s3://facts/prod", "https://store.example"
    settings.OBS_CLICKHOUSE_CLUSTER = "obs"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-key-that-stays")
    sql = relations.relation(
        "errors", ["errors/a.parquet", "errors/b.parquet"], start=NOW, end=None, with_persons=False
    )
    assert "s3Cluster('obs', 'https://store.example/facts/prod/{errors/a.parquet,errors/b.parquet}', 'Parquet'" in sql
    assert "a-key-that-stays" not in sql
    assert Path("errors/a.parquet").name in sql
