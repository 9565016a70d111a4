import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analytics import engine
from analytics.engine import EngineError, QueryTimeout, QueryTooLarge, SegmentMissing
from analytics.engine.clickhouse.engine import ClickHouseEngine
from analytics.engine.duck import TURN_SECONDS, DuckEngine
from analytics.engine.reading import ENGINES
from analytics.periods import Period
from analytics.tests.engine.chdb_transport import ChdbTransport
from events.facts import compaction, files, segments
from events.facts.compaction import FAN, GRACE
from events.facts.schema import FACTS
from events.runtime import remembered
from events.tests import rows
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
DAY = Period(NOW - timedelta(days=1), NOW + timedelta(seconds=1))


def ask(project: Any, sql: str, parameters: Any = None, *, fact: str = "errors", period: Any = DAY) -> Any:
    with engine.read(project.pk, {fact: period}) as facts:
        return facts.ask(sql, parameters)


def count(project: Any, **kwargs: Any) -> int:
    return ask(project, "SELECT count(*) AS n FROM errors", **kwargs)[0]["n"]


def test_a_question_sees_its_project_and_period_and_nothing_else(project: Any) -> None:
    other = type(project).objects.create(slug="other", name="Other")
    rows.store(project, rows.error(1), rows.error(2, at=DAY.start), rows.error(3, at=DAY.end, group="late"))
    rows.store(project, rows.error(4, at=DAY.start - timedelta(seconds=1)))
    rows.store(other, rows.error(5))
    assert count(project) == 2
    assert count(project, period=(None, None)) == 4
    assert count(other) == 1


def test_parameters_are_bound_and_lists_fill_an_in(project: Any) -> None:
    hostile = "x' OR '1'='1"
    rows.store(project, rows.error(1, level=hostile), rows.error(2, level="fatal"), rows.error(3, level="info"))
    one = "SELECT count(*) AS n FROM errors WHERE level = $level"
    many = "SELECT count(*) AS n FROM errors WHERE level IN $levels"
    assert ask(project, one, {"level": hostile}) == [{"n": 1}]
    assert ask(project, many, {"levels": [hostile, "info"]}) == [{"n": 2}]
    assert ask(project, many, {"levels": []}) == [{"n": 0}]


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_without_segments_is_an_empty_relation_with_its_columns(project: Any, name: str) -> None:
    with engine.read(project.pk, {name: DAY}) as facts:
        table = facts.table(f"SELECT * FROM {name}")
    assert (table.num_rows, table.column_names) == (0, [column.name for column in FACTS[name].columns])


def test_a_column_that_old_segments_lack_is_null_there(project: Any) -> None:
    old, _ = rows.store(project, rows.error(1, sdk="a"))[0], rows.store(project, rows.error(2, sdk="b"))
    path = files.root().url(old.path)
    segments.pq.write_table(segments.pq.read_table(path, partitioning=None).drop_columns(["sdk"]), path)
    assert ask(project, "SELECT sdk FROM errors ORDER BY sdk NULLS FIRST") == [{"sdk": None}, {"sdk": "b"}]


def test_a_question_may_begin_with_its_own_relations_and_moments_come_back_in_utc(project: Any) -> None:
    rows.store(project, rows.error(1, tags={"a": "b"}))
    found = ask(project, "WITH x AS (SELECT * FROM errors) SELECT \"at\", tags['a'] AS a FROM x")
    assert found == [{"at": NOW, "a": "b"}]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{root}/x.parquet'",
        "SELECT 1; SELECT 2",
        "SET threads = 8",
        "CREATE TABLE x (a int)",
        "ATTACH 'x.db'",
    ],
)
def test_a_question_can_only_select(project: Any, settings: Any, sql: str) -> None:
    rows.store(project, rows.error(1))
    with engine.read(project.pk, {}) as facts, pytest.raises(EngineError):
        facts.ask(sql.format(root=settings.OBS_SEGMENT_ROOT))


@pytest.mark.parametrize("sql", ["FROM read_text('/etc/hostname')", "FROM glob('/etc/*')", "FROM '/etc/x.parquet'"])
def test_a_question_reaches_no_file_outside_the_segments(project: Any, sql: str) -> None:
    with engine.read(project.pk, {}) as facts, pytest.raises(Exception, match="disabled by configuration"):
        facts.ask(sql)


def test_a_question_that_takes_too_long_is_ended(project: Any, settings: Any) -> None:
    settings.OBS_QUERY_TIMEOUT_SECONDS = 0.1
    with engine.read(project.pk, {}) as facts:
        with pytest.raises(QueryTimeout, match=r"0\.1 seconds"):
            facts.ask("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
        settings.OBS_QUERY_TIMEOUT_SECONDS = 10
        assert facts.ask("SELECT 1 AS one") == [{"one": 1}]


def test_a_question_that_needs_too_much_memory_is_refused(project: Any, settings: Any) -> None:
    settings.OBS_QUERY_MEMORY_MB = 20
    with engine.read(project.pk, {}) as facts, pytest.raises(QueryTooLarge, match="20 MB"):
        facts.ask("SELECT list(range::VARCHAR) FROM range(5000000)")


def test_a_missing_file_is_named(project: Any) -> None:
    (segment,) = rows.store(project, rows.error(1))
    Path(files.root().url(segment.path)).unlink()
    with pytest.raises(SegmentMissing) as raised:
        count(project)
    assert raised.value.path == segment.path


@pytest.mark.parametrize("content", [b"", b"not parquet", b"PAR1 and then nothing PAR1"])
def test_a_damaged_file_is_named(project: Any, content: bytes) -> None:
    (segment,) = rows.store(project, rows.error(1))
    Path(files.root().url(segment.path)).write_bytes(content)
    with pytest.raises(EngineError, match=segment.path):
        count(project)


def test_a_reader_that_held_the_list_over_a_compaction_reads_the_new_one(project: Any) -> None:
    rows.spread(project, 80, files=FAN)
    with engine.read(project.pk, {"errors": (None, None)}) as facts:
        assert facts.ask("SELECT count(*) AS n FROM errors") == [{"n": 80}]
        compaction.compact(now=NOW)
        assert facts.ask("SELECT count(*) AS n FROM errors") == [{"n": 80}]
        assert compaction.sweep(now=NOW + 2 * GRACE).retired == FAN
        assert facts.ask("SELECT count(*) AS n FROM errors") == [{"n": 80}]


@pytest.mark.parametrize("name", ["duckdb", "clickhouse"])
def test_a_look_that_held_the_list_over_a_compaction_reads_the_new_one(
    project: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings.OBS_QUERY_ENGINE = name
    monkeypatch.setitem(ENGINES, "clickhouse", ClickHouseEngine(ChdbTransport()))
    rows.spread(project, 80, files=FAN)
    period = Period(NOW - timedelta(days=2), NOW + timedelta(days=1))
    with remembered.within():
        segments.paths(project.pk, "errors", start=period.start, end=period.end)
        compaction.compact(now=NOW)
        assert compaction.sweep(now=NOW + 2 * GRACE).retired == FAN
        with engine.read(project.pk, {"errors": period}) as facts:
            assert facts.ask("SELECT count(*) AS n FROM errors") == [{"n": 80}]


def test_threads_ask_at_once(project: Any) -> None:
    rows.store(project, *(rows.error(n) for n in range(100)))
    found: list[Any] = []

    def work() -> None:
        with DuckEngine.read(ENGINES["duckdb"], project.pk, {}) as facts:
            found.append(facts.ask("SELECT count(*) AS n FROM range(100000)"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[{"n": 100000}]] * 8


def test_tags_whose_keys_collide_once_spelled_in_utf8_are_readable(project: Any) -> None:
    rows.store(project, rows.error(1, tags={chr(0xD800): "a", chr(0xD801): "b", "k": "c"}))
    assert ask(project, "SELECT tags['k'] AS k, cardinality(tags) AS n FROM errors") == [{"k": "c", "n": 2}]


def test_what_duckdb_remembers_of_files_goes_with_its_turn(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.store(project, rows.error(1))
    own, clock = DuckEngine(), [0.0]
    monkeypatch.setattr("analytics.engine.duck.time", SimpleNamespace(monotonic=lambda: clock[0]))
    held = "SELECT sum(memory_usage_bytes) > 1000 AS is_some FROM duckdb_memory() WHERE tag = 'EXTERNAL_FILE_CACHE'"
    with own.read(project.pk, {"errors": DAY}) as before:
        assert before.ask("SELECT count(*) AS n FROM errors") == [{"n": 1}]
        assert before.ask(held) == [{"is_some": True}]
        clock[0] = TURN_SECONDS
        with own.read(project.pk, {"errors": DAY}) as after:
            assert after.ask(held) == [{"is_some": False}]
            assert after.ask("SELECT count(*) AS n FROM errors") == [{"n": 1}]
        assert before.ask("SELECT count(*) AS n FROM errors") == [{"n": 1}]
