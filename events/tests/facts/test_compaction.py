import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow.parquet as pq
import pytest
from django.conf import settings as django_settings
from django.db import connection

from events.facts import claims, compaction, files, retention, segments
from events.facts.compaction import FAN, GRACE, MAX_ROWS, ORPHAN_AGE, QUIET
from events.models import Project, RetiredSegment, Segment
from events.tests import rows
from events.tests.cast import NOW

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
LATER = NOW + GRACE + timedelta(minutes=1)


def seg(n: int, level: int = 0, *, day: Any = TODAY, age: timedelta = 2 * QUIET) -> Segment:
    return Segment(pk=n * 10 + level, rows=n, level=level, day=day, created_at=NOW - age)


@pytest.mark.parametrize(
    ("listed", "merged"),
    [
        ([], 0),
        ([seg(n) for n in range(1, FAN)], 0),
        ([seg(n) for n in range(1, FAN + 1)], FAN),
        ([seg(n) for n in range(1, 61)], 60),
        ([seg(n) for n in range(1, FAN)] + [seg(n, 1) for n in range(1, FAN)], 0),
        ([seg(1), seg(9, 1)] + [seg(n, 2) for n in range(FAN)], FAN),
        ([seg(MAX_ROWS // 2) for _ in range(FAN)], 0),
        ([seg(MAX_ROWS // 4) for _ in range(FAN)], 4),
        ([seg(5, day=YESTERDAY), seg(9, 1, day=YESTERDAY)], 2),
        ([seg(5, day=YESTERDAY, age=QUIET / 2), seg(9, 1, day=YESTERDAY)], 0),
        ([seg(5, day=YESTERDAY), seg(9000, 1, day=YESTERDAY)], 0),
        ([seg(5, day=YESTERDAY)], 0),
    ],
)
def test_the_plan_merges_a_full_level_or_a_day_that_is_over(listed: list[Segment], merged: int) -> None:
    chosen = compaction.plan(listed, now=NOW)
    assert len(chosen) == merged
    assert sum(s.rows for s in chosen) <= MAX_ROWS


def facts_of(project: Project) -> list[Any]:
    """All event ids that the listed segments hold."""
    urls = [files.root().url(s.path) for s in segments.select(project.pk, "errors")]
    found = duckdb.sql(f"SELECT event_id FROM read_parquet({urls}, hive_partitioning = false)").fetchall()
    return sorted(event_id for (event_id,) in found)


def on_disk() -> set[str]:
    return {found.path for found in files.root().listing()}


@pytest.mark.django_db
def test_small_segments_become_one_sorted_segment_with_the_same_rows(project: Project) -> None:
    rows.spread(project, 500, files=10)
    before = facts_of(project)
    report = compaction.compact(now=NOW)
    (one,) = segments.select(project.pk, "errors")
    read = pq.ParquetFile(files.root().url(one.path))
    order = [(r["group_hash"], r["at"]) for r in read.read().to_pylist()]
    assert (report.merges, report.inputs, report.rows, report.failures) == (1, 10, 500, 0)
    assert facts_of(project) == before
    assert order == sorted(order)
    assert (one.level, one.rows, one.day) == (1, 500, TODAY)
    assert (one.min_at, one.max_at) == (min(at for _, at in order), max(at for _, at in order))
    filtered = "SELECT path_in_schema FROM parquet_metadata(?) WHERE bloom_filter_offset IS NOT NULL"
    assert duckdb.execute(filtered, [files.root().url(one.path)]).fetchall() == [("event_id",), ("trace_id",)]
    assert compaction.compact(now=NOW).merges == 0


@pytest.mark.django_db
def test_merged_segments_keep_every_kind_of_value(project: Project) -> None:
    values = {"name": "h", "count": 3, "bounds": [0.5, 1.0], "buckets": [1, 2], "is_monotonic": True}
    for n in range(FAN):
        rows.store(project, {"at": NOW, **values, "attributes": {"n": str(n), "a": "b"}}, fact="metrics")
    compaction.compact(now=NOW)
    (one,) = segments.select(project.pk, "metrics")
    read = pq.read_table(files.root().url(one.path), partitioning=None).to_pylist()
    assert {tuple(sorted(row["attributes"])) for row in read} == {(("a", "b"), ("n", str(n))) for n in range(FAN)}
    assert all(row[name] == value for row in read for name, value in values.items())


@pytest.mark.django_db
def test_a_segment_written_before_a_column_existed_is_merged_with_nulls(project: Project) -> None:
    made = rows.spread(project, 40, files=FAN)
    old = files.root().url(made[0].path)
    pq.write_table(pq.read_table(old, partitioning=None).drop_columns(["sdk", "tags"]), old)
    assert compaction.compact(now=NOW).failures == 0
    assert len(facts_of(project)) == 40


@pytest.mark.django_db
def test_old_files_stay_for_readers_until_the_grace_is_over(project: Project) -> None:
    rows.spread(project, 40, files=FAN)
    compaction.compact(now=NOW)
    assert compaction.sweep(now=NOW).retired == 0
    assert len(on_disk()) == FAN + 1
    assert compaction.sweep(now=LATER).retired == FAN
    assert on_disk() == {segments.select(project.pk, "errors")[0].path}
    assert RetiredSegment.objects.count() == 0


@pytest.mark.django_db
def test_the_sweep_removes_files_whose_writer_died_and_never_a_young_one(project: Project) -> None:
    listed, died, young = (rows.store(project, rows.error(n))[0] for n in range(3))
    Segment.objects.filter(pk__in=[died.pk, young.pk]).delete()
    for segment, age in ((listed, 2), (died, 2), (young, 0.5)):
        written = (NOW - ORPHAN_AGE * age).timestamp()
        os.utime(files.root().url(segment.path), (written, written))
    assert compaction.sweep(now=NOW).orphans == 1
    assert on_disk() == {listed.path, died.path, young.path}, "it is looked at twice"
    assert compaction.sweep(now=LATER).retired == 1
    assert on_disk() == {listed.path, young.path}


@pytest.mark.django_db
def test_a_file_that_seemed_lost_and_got_its_row_stays(project: Project) -> None:
    """As where a store's clock is hours behind: its youngest file is old by its list."""
    (late,) = rows.store(project, rows.error(1))
    Segment.objects.all().delete()
    written = (NOW - 3 * ORPHAN_AGE).timestamp()
    os.utime(files.root().url(late.path), (written, written))
    assert compaction.sweep(now=NOW).orphans == 1
    late.save(force_insert=True)
    assert compaction.sweep(now=LATER).retired == 1
    assert on_disk() == {late.path}
    assert len(facts_of(project)) == 1
    assert RetiredSegment.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wish", "kept"), [({}, 395), ({"errors": 10}, 10), ({"errors": "ten"}, 395), ({"logs": 1}, 395), (None, 395)]
)
def test_a_project_keeps_a_fact_as_long_as_it_wishes(wish: Any, kept: int) -> None:
    assert retention.days_kept(Project(retention_days=wish), "errors") == kept


@pytest.mark.django_db
def test_the_server_bounds_what_a_project_does_not_decide(project: Project, settings: Any) -> None:
    settings.OBS_RETENTION_DAYS = 7
    assert retention.days_kept(project, "errors") == 7


@pytest.mark.django_db
def test_segments_past_their_day_are_retired(project: Project) -> None:
    project.retention_days = {"errors": 2}
    project.save()
    rows.store(project, *(rows.error(n, at=NOW - timedelta(days=n)) for n in range(5)))
    assert compaction.retain(now=NOW) == 2
    assert [s.day for s in segments.select(project.pk, "errors")] == [TODAY - timedelta(days=n) for n in (2, 1, 0)]


class Died(BaseException):
    """Stands for the process ending at this point."""


def dies(*args: Any, **kwargs: Any) -> Any:
    raise Died


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (compaction.duck, "connect"),
        (compaction.duck, "scan"),
        (segments, "_in_row_groups"),
        (segments, "_span"),
        (files, "_sync"),
        (files.Folder, "size"),
        (segments, "swap"),
        (RetiredSegment.objects, "bulk_create"),
        (Segment.objects, "bulk_create"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_dying_at_any_step_leaves_the_facts_as_they_were(
    owner: Any, name: str, project: Project, monkeypatch: Any
) -> None:
    rows.spread(project, 60, files=FAN)
    before = facts_of(project)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(Died):
            compaction.compact(now=NOW)
    assert facts_of(project) == before
    assert Segment.objects.count() == FAN
    assert compaction.compact(now=NOW).merges == 1
    assert facts_of(project) == before


@pytest.mark.django_db(transaction=True)
def test_another_worker_leaves_a_day_alone_that_is_being_compacted(project: Project, monkeypatch: Any) -> None:
    rows.spread(project, 60, files=FAN)
    seen: list[int] = []

    def look(place: Any, old: Any, *, now: Any) -> None:
        if seen:
            raise AssertionError("it was merged by both")
        other = connection.copy()
        try:
            monkeypatch.setattr(claims, "connection", other)
            seen.append(compaction.compact(now=now).merges)
        finally:
            monkeypatch.setattr(claims, "connection", connection)
            other.close()

    monkeypatch.setattr(compaction, "merge", look)
    compaction.compact(now=NOW)
    assert seen == [0]


@pytest.mark.django_db
def test_a_damaged_file_stops_its_day_and_no_other(project: Project, caplog: Any) -> None:
    damaged = rows.spread(project, 40, files=FAN)[3]
    Path(files.root().url(damaged.path)).write_bytes(b"not parquet")
    rows.spread(project, 40, files=FAN, day=YESTERDAY)
    report = compaction.compact(now=NOW)
    assert (report.merges, report.failures) == (1, 1)
    assert "could not compact errors" in caplog.text


def _url() -> str:
    at = connection.settings_dict
    return f"postgres://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={at['HOST']}"


@pytest.mark.django_db(transaction=True)
def test_kill_minus_nine_in_the_middle_loses_and_doubles_nothing(project: Project, tmp_path: Path) -> None:
    made = rows.spread(project, 20_000, files=40)
    before = facts_of(project)
    environment = {**os.environ, "DATABASE_URL": _url(), "OBS_SEGMENT_ROOT": django_settings.OBS_SEGMENT_ROOT}
    killed = 0
    for delay in (0.0, 0.03, random.uniform(0.05, 0.15)):
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "manage.py", "compact"], env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            deadline = time.monotonic() + 30
            while not (on_disk() - {s.path for s in made}) and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(delay)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        killed += process.returncode == -signal.SIGKILL
        assert facts_of(project) == before
        listed = set(Segment.objects.values_list("path", flat=True))
        assert listed <= on_disk()
        if listed != {s.path for s in made}:
            break
    assert killed
    with psycopg.connect(_url().replace("postgres://", "postgresql://")) as check:
        held = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory'"
        assert check.execute(f"{held} AND datname = current_database()").fetchone() == (0,)
    compaction.compact(now=NOW)
    assert facts_of(project) == before
    compaction.sweep(now=LATER + timedelta(days=400))
    compaction.sweep(now=LATER + timedelta(days=401))
    assert on_disk() == set(Segment.objects.values_list("path", flat=True))
