"""Workers share the days of a project, also where one day's change counts in another's buckets."""

from random import Random
from typing import Any

import psycopg
import pytest
from django.db import connection

from analytics.models import Series
from analytics.rollups import filling
from analytics.tests import facts
from analytics.tests.rollups.test_rollups import DAY, HOUR, MINUTE, recounted
from events.facts import claims
from events.facts.segments import Place
from events.models import FactChange, Project
from events.tests import rows
from events.tests.at_once import meanwhile
from events.tests.cast import NOW

MIDNIGHT = NOW.replace(hour=0, minute=0)


@pytest.mark.django_db(transaction=True)
def test_several_workers_count_as_one_does(project: Project) -> None:
    random = Random(5)
    with meanwhile(lambda: filling.roll_up(now=NOW), workers=3):
        for n in range(6):
            facts.store(project, "requests", *facts.requests(60, seed=n, span=72 * HOUR))
            # Reported before midnight and again after it, in either order.
            moments = [MIDNIGHT - DAY * random.randrange(3) + MINUTE * random.randrange(-20, 20) for _ in range(20)]
            facts.store(project, "vitals", *(facts.vital(k, 100.0 * n + k, at=at) for k, at in enumerate(moments)))
            facts.store(project, "sessions", *(
                rows.session(k, seq=n, status=random.choice(["ok", "crashed", "exited"]), at=at)
                for k, at in enumerate(moments)
            ))  # fmt: skip
    filling.roll_up(now=NOW, seconds=60)
    assert FactChange.objects.count() == 0
    assert len(Series.objects.values("rollup", "digest").distinct()) == Series.objects.count()
    assert facts.every_cell(project) == recounted(project)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("fact", "left"), [("requests", {0}), ("sessions", {0, 1})])
def test_a_day_that_another_holds_is_left_and_the_others_are_filled(
    project: Project, fact: str, left: set[int]
) -> None:
    make = facts.request if fact == "requests" else lambda at: rows.session(at, at=at)
    facts.store(project, fact, *(make(NOW - DAY * n) for n in range(4)))
    with psycopg.connect(**connection.get_connection_params()) as other:
        key = claims._key(f"rollups {project.pk} {fact} {NOW.date()}")
        other.execute("SELECT pg_advisory_lock(%s)", [key])
        filling.roll_up(now=NOW, seconds=60)
        assert set(FactChange.objects.values_list("max_at", flat=True)) == {NOW - DAY * n for n in left}
        other.execute("SELECT pg_advisory_unlock(%s)", [key])
    filling.roll_up(now=NOW, seconds=60)
    assert FactChange.objects.count() == 0
    assert facts.every_cell(project) == recounted(project)


@pytest.mark.django_db
def test_a_large_backlog_does_not_keep_a_small_project_waiting(project: Project, monkeypatch: Any) -> None:
    small = Project.objects.create(name="Small", slug="small")
    for n in range(5):
        facts.store(project, "requests", *(facts.request(NOW - DAY * n - MINUTE * k) for k in range(3)))
    facts.store(small, "requests", facts.request(NOW - 2 * HOUR))
    monkeypatch.setattr(filling, "CHANGES", 1)
    seen: list[Place] = []
    fill = filling.fill_next
    monkeypatch.setattr(filling, "fill_next", lambda place, *, now: seen.append(place) or fill(place, now=now))
    filling.roll_up(now=NOW, seconds=60)
    assert {seen[0].project_id, seen[1].project_id} == {project.pk, small.pk}
    days = [place.day for place in seen if place.project_id == project.pk]
    assert days == sorted(days, reverse=True), "the latest day first"
    assert FactChange.objects.count() == 0


@pytest.mark.django_db
def test_a_day_that_cannot_be_read_stops_no_other(project: Project, monkeypatch: Any, caplog: Any) -> None:
    facts.store(project, "requests", facts.request(NOW), facts.request(NOW - DAY), facts.request(NOW - 2 * DAY))
    count = filling.count

    def broken(project_id: int, rollup: Any, minutes: Any) -> Any:
        if filling.moment_of(minutes[0]).date() == (NOW - DAY).date():
            raise filling.engine.EngineError("damaged")
        return count(project_id, rollup, minutes)

    monkeypatch.setattr(filling, "count", broken)
    filling.roll_up(now=NOW, seconds=60)
    assert set(FactChange.objects.values_list("max_at", flat=True)) == {NOW - DAY}
    assert "could not roll up requests" in caplog.text
