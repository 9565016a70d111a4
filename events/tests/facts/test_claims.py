"""Work on facts is shared: nothing twice, nothing forgotten, and a project with much costs the others a turn."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, get_ident
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from events.facts import claims, compaction, files, segments
from events.facts.compaction import FAN, QUIET
from events.facts.segments import Place
from events.models import Project, Segment
from events.tests import rows
from events.tests.at_once import at_once
from events.tests.cast import NOW
from events.tests.facts.test_compaction import _url, facts_of

TODAY = NOW.date()
DAY = timedelta(days=1)
Pieces = list[tuple[int, str]]


def turns(due: Pieces, *, seconds: float = 60.0) -> Any:
    return claims.Turns("compact", due, seconds=seconds)


def took(found: Any, count: int) -> list[int]:
    taking = iter(found)
    return [next(taking)[0] for _ in range(count)]


@pytest.mark.django_db
def test_a_large_project_costs_the_others_a_turn() -> None:
    due: Pieces = [(1, f"{n}") for n in range(100)] + [(2, "a"), (2, "b"), (3, "a")]
    found = list(turns(due))
    assert [project for project, _ in found[:6]] == [1, 2, 3, 1, 2, 1]
    assert Counter(found) == Counter(due)
    assert [piece for project, piece in found if project == 1] == [str(n) for n in range(100)]


@pytest.mark.django_db
def test_who_was_served_longest_ago_is_next_whichever_worker_served_it() -> None:
    due: Pieces = [(n, "x") for n in range(1, 6)]
    one, other = iter(turns(due)), iter(turns(due))
    assert [next(one)[0], next(other)[0], next(one)[0], next(other)[0]] == [1, 2, 3, 4]
    assert took(turns(due), 3) == [5, 1, 2]
    assert took(turns([(9, "new"), *due]), 2) == [9, 3], "who was never served waits longest"
    assert took(claims.Turns("retain", due, seconds=60), 1) == [1], "each kind of work has turns of its own"


@pytest.mark.django_db
def test_what_is_put_back_is_first_at_the_next_turn_of_its_project() -> None:
    found, seen = turns([(1, "a"), (1, "b"), (2, "c")]), []
    for project, piece in found:
        seen.append(piece)
        if seen.count("a") == 1 and piece == "a":
            found.again(project, piece)
    assert seen == ["a", "c", "a", "b"]
    assert len(found) == 0


@pytest.mark.django_db
def test_no_turn_is_taken_when_the_time_is_up(monkeypatch: Any) -> None:
    clock = [100.0]
    monkeypatch.setattr(claims.time, "monotonic", lambda: clock[0])
    seen = []
    for project, _ in turns([(1, "x"), (2, "x")], seconds=5.0):
        seen.append(project)
        clock[0] += 6
    monkeypatch.undo()
    assert seen == [1]
    assert took(turns([(1, "x"), (2, "x")]), 1) == [2]


@pytest.mark.django_db(transaction=True)
def test_who_is_taken_at_this_moment_is_not_waited_for(project: Project) -> None:
    due: Pieces = [(1, "x"), (2, "x")]
    list(turns(due))
    with psycopg.connect(_url().replace("postgres://", "postgresql://")) as other:
        other.execute("SELECT FROM events_turn WHERE project_id = 1 FOR UPDATE")
        assert took(turns(due), 1) == [2]
        other.execute("SELECT FROM events_turn FOR UPDATE")
        assert took(turns(due), 2) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_one_workers_and_free_when_it_dies(project: Project) -> None:
    with psycopg.connect(_url().replace("postgres://", "postgresql://")) as other:
        place = Place(project.pk, "errors", TODAY)
        other.execute("SELECT pg_advisory_lock(%s)", [claims._key(f"compact {place}")])
        with compaction.alone(place) as is_mine, compaction.alone(Place(project.pk, "errors", TODAY - DAY)) as is_next:
            assert (is_mine, is_next) == (False, True)
    with compaction.alone(place, waits=True) as is_mine:
        assert is_mine


@pytest.mark.django_db
def test_only_what_is_new_is_looked_at(project: Project) -> None:
    days = [TODAY - DAY * n for n in range(1, 4)]
    for day in days:
        rows.spread(project, 20, files=2, day=day)
    rows.spread(project, 20, files=FAN - 1)
    rows.spread(project, 2, files=1, day=TODAY - 9 * DAY)
    assert [place.day for place in compaction.due(now=NOW)] == [*days, TODAY - 9 * DAY]
    assert compaction.compact(now=NOW).merges == 3
    later = NOW + 2 * QUIET
    assert compaction.compact(now=later).merges == 0
    assert set(Segment.objects.filter(is_settled=True).values_list("day", flat=True)) == {*days, TODAY - 9 * DAY}
    assert compaction.due(now=later) == []
    [late] = rows.store(project, rows.error(1000, at=NOW - DAY))
    Segment.objects.filter(pk=late.pk).update(created_at=later)
    assert compaction.due(now=later) == [], "a file of this moment may have others after it"
    assert compaction.due(now=later + QUIET) == [Place(project.pk, "errors", TODAY - DAY)]


@pytest.mark.django_db
def test_a_day_with_little_to_gain_is_settled_until_more_comes(project: Project) -> None:
    yesterday = TODAY - DAY
    rows.spread(project, 200, files=1, day=yesterday)
    rows.spread(project, 1, files=1, day=yesterday)
    assert compaction.compact(now=NOW).merges == 0
    assert compaction.due(now=NOW) == []
    rows.spread(project, 60, files=1, day=yesterday)
    assert len(compaction.due(now=NOW)) == 1
    assert compaction.compact(now=NOW).merges == 1
    assert [one.rows for one in Segment.objects.all()] == [261]


@pytest.mark.django_db
def test_the_files_of_a_question_are_read_from_one_index(project: Project) -> None:
    for day in range(5):
        rows.spread(project, 6, files=3, day=TODAY - DAY * day)
    rows.store(project, rows.session(1), fact="sessions")
    start, end = NOW - 3 * DAY, NOW - DAY
    chosen = segments.select(project.pk, "errors", start=start, end=end)
    assert sorted(segments.paths(project.pk, "errors", start=start, end=end)) == sorted(one.path for one in chosen)
    assert len(segments.paths(project.pk, "errors")) == 15
    assert segments.paths(project.pk, "logs") == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        found = segments._within_span(project.pk, "errors", start=start, end=end)
        assert "Index Only Scan using segment_files" in found.values("path").explain()


@pytest.mark.django_db
def test_retention_lists_the_days_past_and_no_others(project: Project, other_project: Project) -> None:
    project.retention_days = {"errors": 2, "sessions": 4}
    project.save()
    for one in (project, other_project):
        rows.store(one, *(rows.error(n, at=NOW - DAY * n) for n in range(6)))
        rows.store(one, *(rows.session(n, at=NOW - DAY * n) for n in range(6)), fact="sessions")
    assert compaction.past(now=NOW) == [
        Place(project.pk, "errors", TODAY - 5 * DAY), Place(project.pk, "sessions", TODAY - 5 * DAY),
        Place(project.pk, "errors", TODAY - 4 * DAY), Place(project.pk, "errors", TODAY - 3 * DAY),
    ]  # fmt: skip
    assert compaction.retain(now=NOW) == 4
    assert compaction.past(now=NOW) == []
    assert Segment.objects.filter(project=other_project).count() == 12


# --- several workers ---


@pytest.fixture
def other_project(project: Project) -> Project:
    return Project.objects.create(name="Other", slug="other")


@pytest.fixture
def busy(project: Project, other_project: Project) -> list[Project]:
    """One project with days to merge, one with a single day."""
    for n in range(4):
        rows.spread(project, 80, files=FAN, day=TODAY - DAY * n)
    rows.spread(other_project, 40, files=FAN)
    return [project, other_project]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_merge_each_day_once(busy: list[Project]) -> None:
    before = [facts_of(one) for one in busy]
    found = at_once(*[lambda: compaction.compact(now=NOW)] * 3)
    assert sum(one.merges for one in found) == 5
    assert (sum(one.failures for one in found), sum(one.inputs for one in found)) == (0, 5 * FAN)
    assert [facts_of(one) for one in busy] == before
    assert Segment.objects.count() == 5
    compaction.sweep(now=NOW + 400 * DAY)
    on_disk = set(files.root().listing())
    assert {one.path for one in on_disk} == set(Segment.objects.values_list("path", flat=True))


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_retire_each_segment_once(busy: list[Project]) -> None:
    later = NOW + 400 * DAY
    found = at_once(*[lambda: compaction.retain(now=later)] * 3)
    # A day that another one held at that moment is left to the next run.
    assert sum(found) + compaction.retain(now=later) == 5 * FAN
    assert not Segment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_a_worker_held_that_died_is_done_by_another(busy: list[Project], monkeypatch: Any) -> None:
    """Its connection goes with it, which is all that PostgreSQL knows of a worker."""
    before, merge, died = [facts_of(one) for one in busy], compaction.merge, Event()
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(get_ident).result()

        def hangs(*given: Any, **named: Any) -> Segment | None:
            if get_ident() != worker:
                return merge(*given, **named)
            died.wait(60)
            raise SystemExit

        monkeypatch.setattr(compaction, "merge", hangs)
        running = pool.submit(compaction.compact, now=NOW)
        wait_for_locks(1)
        assert compaction.compact(now=NOW).merges == 4
        assert Segment.objects.count() == 4 + FAN
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity a WHERE {HOLDS}")
        died.set()
        with pytest.raises(OperationalError):
            running.result()
        pool.submit(connections.close_all).result()
    wait_for_locks(0)
    assert compaction.compact(now=NOW).merges == 1
    assert [facts_of(one) for one in busy] == before


HOLDS = (
    "datname = current_database() AND pid <> pg_backend_pid()"
    " AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND locktype = 'advisory')"
)


def wait_for_locks(count: int) -> None:
    deadline = time.monotonic() + 30
    held = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory'"
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(f"{held} AND datname = current_database() AND pid <> pg_backend_pid()")
            if cursor.fetchone() == (count,):
                return
            time.sleep(0.02)
    raise AssertionError(f"not {count} advisory locks of others")
