"""Cells are a function of the facts: whatever was late, repeated, merged or killed, counting anew gives the same."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from analytics import rollups
from analytics.models import Bucket, FillState, Series
from analytics.periods import Period
from analytics.rollups import cells, filling
from analytics.rollups.declared import narrowest
from analytics.rollups.histograms import exact
from analytics.tests import facts
from events.facts import compaction
from events.models import FactChange, Segment
from events.tests import rows
from events.tests.cast import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LAST_DAY = Period(NOW - DAY, NOW + MINUTE)


def read(project: Any, name: str = "requests", period: Period = LAST_DAY, **options: Any) -> cells.Cells:
    return rollups.read(project.pk, name, period=period, now=NOW, **options)


def recounted(project: Any) -> dict[tuple[Any, ...], Any]:
    """Every cell after all were thrown away and filled again."""
    Bucket.objects.all().delete()
    FillState.objects.all().delete()
    filling.roll_up(now=NOW, seconds=60)
    return facts.every_cell(project)


@pytest.mark.django_db
def test_counts_are_exact_and_percentiles_within_one_per_cent(project: Any) -> None:
    made = facts.requests(3000)
    facts.filled(project, "requests", *made)
    by_route = read(project).by("route").groups()
    assert {labels[0]: m.count for labels, m in by_route.items()} == Counter(row["route"] for row in made)
    for (route,), measure in by_route.items():
        values = [row["duration_ms"] for row in made if row["route"] == route]
        assert measure.total == pytest.approx(sum(values), rel=1e-4)
        for q in (0.5, 0.75, 0.95, 0.99):
            assert measure.quantile(q) == pytest.approx(exact(values, q), rel=0.01)
    failed = read(project).by(where={"status": ("5xx",)}).at_once()
    assert failed.count == sum(row["status"] == 500 for row in made)


@pytest.mark.django_db
def test_minutes_hours_and_days_hold_the_same(project: Any) -> None:
    facts.filled(project, "requests", *facts.requests(500, span=30 * HOUR))
    totals: Counter[int] = Counter()
    for (name, step, _, _), (count, _, _) in facts.every_cell(project).items():
        totals[step] += count if name == "requests" else 0
    assert totals == {1: 500, 60: 500, 1440: 500}


@pytest.mark.django_db
def test_late_facts_change_only_what_they_must_and_end_up_as_if_on_time(project: Any) -> None:
    facts.filled(project, "requests", *facts.requests(300))
    facts.filled(project, "requests", *facts.requests(200, seed=2, end=NOW - 20 * HOUR))
    facts.filled(project, "requests", facts.request(NOW - 40 * DAY), facts.request(NOW - 40 * DAY + MINUTE))
    cells_now = facts.every_cell(project)
    assert {step for (_, step, at, _) in cells_now if at < rollups.minute_of(NOW - 30 * DAY)} == {60, 1440}
    assert cells_now == recounted(project)


@pytest.mark.django_db
def test_merging_segments_changes_nothing_even_before_they_were_counted(project: Any) -> None:
    for part in range(9):
        facts.store(project, "requests", *facts.requests(30, seed=part, span=HOUR))
    assert compaction.compact(now=NOW).merges
    filling.roll_up(now=NOW, seconds=60)
    assert read(project).at_once().count == 270
    assert FactChange.objects.count() == 0


@pytest.mark.django_db
def test_a_vital_reported_again_counts_once_with_its_last_value_at_its_first_moment(project: Any) -> None:
    facts.filled(
        project, "vitals", facts.vital("a", 0.0, metric="CLS", at=NOW - 3 * HOUR), facts.vital("b", 0.05, metric="CLS")
    )
    facts.filled(project, "vitals", facts.vital("a", 0.3, metric="CLS", at=NOW - HOUR))
    facts.filled(project, "vitals", facts.vital("a", 0.2, metric="CLS", at=NOW))
    found = {(at, labels[2]): m.count for (at, labels), m in read(project, "page_vitals", step=HOUR).measures().items()}
    at = rollups.minute_of(NOW)
    assert found == {(at - 180, "needs-improvement"): 1, (at, "good"): 1}
    facts.filled(project, "vitals", facts.vital("a", 0.1, metric="CLS", at=NOW - 5 * HOUR))
    assert [a for a, _ in read(project, "page_vitals", step=HOUR).measures()] == [at - 300, at]
    assert facts.every_cell(project) == recounted(project)


@pytest.mark.django_db
def test_a_session_has_the_outcome_of_its_last_update_and_aggregates_add_to_it(project: Any) -> None:
    facts.filled(project, "sessions", rows.session("a", at=NOW - 2 * HOUR), rows.session("b", at=NOW - HOUR))
    facts.filled(project, "sessions", rows.session("a", seq=1, status="crashed", at=NOW), {
        "at": NOW, "started": 10, "errored": 2, "crashed": 1, "environment": "production",
    })  # fmt: skip
    outcomes = {labels[0]: m.count for labels, m in read(project, "sessions").by("outcome").groups().items()}
    assert outcomes == {"crashed": 2, "healthy": 8, "errored": 2}
    assert facts.every_cell(project) == recounted(project)


@pytest.mark.django_db
def test_values_beyond_the_most_frequent_are_counted_as_other(project: Any) -> None:
    made = [facts.request(NOW - HOUR + n * MINUTE / 10, route=f"GET /{n}") for n in range(250)]
    facts.filled(project, "requests", *made, *(facts.request(NOW - HOUR, route="GET /often") for _ in range(9)))
    by_route = {labels[0]: m.count for labels, m in read(project).by("route").groups().items()}
    assert sum(by_route.values()) == 259
    assert (len(by_route), by_route["GET /often"], by_route[cells.OTHER]) == (201, 9, 51)


@pytest.mark.django_db
def test_a_new_definition_fills_itself_from_the_facts_there_are(project: Any) -> None:
    facts.filled(project, "requests", *facts.requests(50))
    before = facts.every_cell(project)
    FillState.objects.filter(rollup="requests").update(version="older")
    Bucket.objects.filter(rollup="requests").delete()
    filling.roll_up(now=NOW, seconds=60)
    assert facts.every_cell(project) == before


@pytest.mark.django_db
def test_history_stays_when_its_facts_are_gone(project: Any) -> None:
    project.retention_days = {"requests": 100}
    project.save()
    long_ago = NOW - 80 * DAY
    facts.filled(project, "requests", facts.request(long_ago), now=NOW)
    project.retention_days = {"requests": 30}
    project.save()
    compaction.retain(now=NOW)
    facts.filled(project, "requests", facts.request(long_ago + MINUTE))
    assert read(project, period=Period(long_ago - HOUR, long_ago + HOUR)).at_once().count == 1


@pytest.mark.django_db
def test_minutes_are_forgotten_and_hours_stay(project: Any) -> None:
    facts.filled(project, "requests", facts.request(NOW))
    later = NOW + 20 * DAY
    filling.forget(now=later)
    assert set(Bucket.objects.values_list("step", flat=True)) == {60, 1440}
    found = rollups.read(project.pk, "requests", period=Period(NOW + MINUTE, NOW + HOUR), now=later)
    assert found.at_once().count == 1


def _roll_up_for_ever() -> None:
    connections.close_all()
    while True:
        filling.roll_up(now=NOW)


def await_locks() -> None:
    deadline = time.monotonic() + 30
    held = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory'"
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(f"{held} AND datname = current_database() AND pid <> pg_backend_pid()")
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)
    raise AssertionError("somebody still holds an advisory lock")


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_point_it_counts_every_fact_once(project: Any) -> None:
    worker = multiprocessing.get_context("fork")
    for round_ in range(12):
        child = worker.Process(target=_roll_up_for_ever, daemon=True)
        connections.close_all()  # a child that closed what it inherited would close it here as well
        child.start()
        facts.store(project, "requests", *facts.requests(100, seed=round_, span=30 * HOUR))
        facts.store(project, "vitals", *(facts.vital((round_, n), 1000.0 + n, at=NOW - n * MINUTE) for n in range(50)))
        time.sleep(0.05 + 0.07 * (round_ % 6))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
    await_locks()  # PostgreSQL notices a killed worker a moment later; until then the work is still claimed
    filling.roll_up(now=NOW, seconds=60)
    assert FactChange.objects.count() == 0
    assert sum(Segment.objects.filter(fact="requests").values_list("rows", flat=True)) == 1200
    assert read(project, period=Period(NOW - 2 * DAY, NOW + MINUTE)).at_once().count == 1200
    assert read(project, "page_vitals").at_once().count == 600
    assert len(Series.objects.values("rollup", "digest").distinct()) == Series.objects.count()
    assert facts.every_cell(project) == recounted(project)


@pytest.mark.parametrize(
    ("name", "needed", "read"),
    [
        ("requests", [], "traffic"),
        ("requests", ["environment", "status"], "traffic"),
        ("requests", ["route"], "requests"),
        ("traffic", ["status"], "traffic"),
        ("vitals", ["metric", "device"], "page_vitals"),
        ("vitals", ["release"], "vitals"),
        ("queries", ["fingerprint"], "queries"),
        ("security", ["nothing it has"], "security"),
    ],
)
def test_the_narrowest_rollup_has_all_that_is_needed(name: str, needed: list[str], read: str) -> None:
    assert narrowest(name, needed) == read
