"""What was seen of traces lies in slices of two days: looked in for as long as promised, then given back as files."""

import uuid
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from events.digest import seen_spans
from events.digest.batch import Item
from events.models import Project, SeenTrace

slices = import_module("events.migrations.0031_seen_traces_in_slices")
EDITOR = SimpleNamespace(connection=connection)
TRACE = f"{7:032x}"
# A slice begins.
START = datetime(2026, 1, 5, tzinfo=UTC)


def sent(project: Project, *spans: int, now: datetime) -> set[int]:
    """Which of these spans of TRACE came before."""
    items = [{"trace_id": TRACE, "span_id": f"{span:016x}"} for span in spans]
    item: Any = Item(SimpleNamespace(project_id=project.pk), {"spans": items})  # type: ignore[arg-type]
    return {int(span, 16) for _, _, span in seen_spans.remember([item], now=now)}


def leaves() -> set[str]:
    """Names of the slices that hold something."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM ingest_seen_span")
        return {name for (name,) in cursor.fetchall()}


def test_a_slice_begins_every_other_day() -> None:
    found = [seen_spans.slice_of(START + timedelta(hours=hours)) for hours in (-1, 0, 47, 48, 95, 96, 143, 144)]
    assert [(one - found[1]) % 3 for one in found] == [2, 0, 0, 1, 1, 2, 2, 0]


@pytest.mark.parametrize(("hours", "is_known"), [(0, True), (1, True), (47, True), (49, True), (95, True), (97, False)])
def test_a_span_is_known_in_its_slice_and_the_next(project: Project, hours: int, is_known: bool) -> None:
    assert sent(project, 1, 2, now=START) == set()
    assert sent(project, 2, 3, now=START + timedelta(hours=hours)) == ({2} if is_known else set())


def test_spans_of_both_slices_are_told(project: Project) -> None:
    sent(project, 1, 2, now=START + timedelta(hours=40))
    later = START + timedelta(hours=50)
    assert sent(project, 2, 3, now=later) == {2}
    assert sent(project, 1, 2, 3, 4, now=later) == {1, 2, 3}
    assert (SeenTrace.objects.count(), len(leaves())) == (2, 2)


def kept(*, at: datetime) -> int:
    """Rows that are left when what is old was forgotten."""
    seen_spans.forget(now=at)
    return SeenTrace.objects.count()


def test_a_slice_is_given_back_when_all_in_it_is_old(project: Project) -> None:
    for days in (0, 2, 4):
        sent(project, days + 1, now=START + timedelta(days=days, hours=30))
    assert kept(at=START + timedelta(days=3)) == 3
    assert kept(at=START + timedelta(days=4, hours=2)) == 2
    sizes = "SELECT pg_relation_size(inhrelid) FROM pg_inherits WHERE inhparent = 'ingest_seen_span'::regclass"
    with connection.cursor() as cursor:
        cursor.execute(sizes)
        assert [size > 0 for (size,) in cursor.fetchall()].count(False) == 1
    assert sent(project, 1, 3, 5, now=START + timedelta(days=5, hours=6)) == {3, 5}


def test_a_slice_with_one_young_row_is_kept(project: Project) -> None:
    for number in range(200):
        SeenTrace.objects.create(project=project, trace_id=uuid.UUID(int=number), slice=0, seen_at=START, spans=b"")
    now = START + timedelta(days=4)
    SeenTrace.objects.create(project=project, trace_id=uuid.UUID(int=999), slice=0, seen_at=now, spans=b"")
    assert kept(at=now) == 201


def test_a_host_that_is_ahead_forgets_nothing_too_soon(project: Project) -> None:
    today = datetime.now(UTC)
    sent(project, 1, now=today)
    assert kept(at=today + timedelta(days=30)) == 1
    assert sent(project, 1, now=today) == {1}


def test_whoever_reads_a_slice_is_not_waited_for(project: Project, other: psycopg.Connection[Any]) -> None:
    sent(project, 1, now=START)
    (leaf,) = leaves()
    other.execute(f"LOCK TABLE {leaf} IN ACCESS SHARE MODE")  # as a dump does, for as long as it takes
    late = START + timedelta(days=5)
    assert kept(at=late) == 1
    other.rollback()
    assert kept(at=late) == 0


@pytest.mark.parametrize(("minutes", "waits"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_digests_of_a_project_take_turns_while_slices_change(
    project: Project, other: psycopg.Connection[Any], minutes: int, waits: bool
) -> None:
    sent(project, 1, now=START + timedelta(minutes=minutes))
    lock = "SELECT pg_try_advisory_lock(hashtextextended('seen spans', %s))"
    (has_it,) = other.execute(lock, [project.pk]).fetchone()  # type: ignore[misc]
    assert has_it is not waits


def test_what_was_seen_stays_through_the_migration_and_back(project: Project) -> None:
    now = datetime.now(UTC)
    sent(project, 1, 2, now=now - timedelta(days=2))
    sent(project, 2, 3, now=now)
    slices.join(None, EDITOR)
    assert not slices.is_sliced(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seen_at, length(spans) FROM ingest_seen_trace")
        assert cursor.fetchall() == [(now, 4 * 8)]
    slices.cut(None, EDITOR)
    assert slices.is_sliced(connection)
    assert leaves() == {"ingest_seen_trace"}
    assert sent(project, 1, 2, 3, 4, now=now) == {1, 2, 3}
    slices.cut(None, EDITOR)  # once more, where it was broken off after the cut
    assert sent(project, 4, 5, now=now + timedelta(days=2)) == {4}
    assert len(leaves()) == 2


def test_the_version_before_goes_on_beside(project: Project) -> None:
    """It names its columns, and the table that it knows is the slice of these days."""
    now = datetime.now(UTC)
    sent(project, 1, now=now)
    slices.join(None, EDITOR)
    slices.cut(None, EDITOR)
    with connection.cursor() as cursor:
        insert = "INSERT INTO ingest_seen_trace (project_id, trace_id, seen_at, spans) VALUES (%s, %s, %s, %s)"
        cursor.execute(f"{insert} ON CONFLICT DO NOTHING", [project.pk, uuid.UUID(hex=TRACE), now, b""])
        assert cursor.rowcount == 0
        cursor.execute("UPDATE ingest_seen_trace SET spans = spans || %s", [bytes.fromhex(f"{2:016x}")])
    assert sent(project, 1, 2, 3, now=now) == {1, 2}


def test_the_migration_gives_way(
    project: Project, other: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = import_module("events.migrations.0030_inbox_slices")
    waits: list[float] = []
    monkeypatch.setattr(shared, "_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(shared, "_TRIES", 2)
    monkeypatch.setattr(shared.time, "sleep", waits.append)
    other.execute("LOCK TABLE ingest_seen_span IN ACCESS SHARE MODE")
    with pytest.raises(OperationalError):
        slices.join(None, EDITOR)
    assert (waits, slices.is_sliced(connection)) == ([1], True)
