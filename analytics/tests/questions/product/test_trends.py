"""Trends: what each measure counts, in buckets of a time zone, cut by a value; and the same by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Period
from analytics.questions.product import calendar
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.trends import Trend, trends
from analytics.tests import facts
from analytics.tests.questions.product.test_web import at, event
from events.models import Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
PERIOD = Period(NOW - timedelta(days=2), NOW)
BERLIN = ZoneInfo("Europe/Berlin")


def asked(project: Project, name: str = "buy", *, zone: str = "UTC", unit: str = "day", **more: Any) -> Trend:
    about = {"scope": Scope(PERIOD), "calendar": calendar.calendar(PERIOD, unit, ZoneInfo(zone)), **more}
    return trends(project, event=name, **about)


def test_what_each_measure_counts(project: Project) -> None:
    facts.store(
        project, "events",
        event(1, at(0), name="buy", properties={"price": 1, "vat": True}),
        event(1, at(1), name="buy", properties={"price": " 2.5 ", "vat": "12,50"}),
        event(1, at(90), name="buy", properties={"price": "1e1", "vat": "nan"}),
        event(2, at(0), name="buy", properties={"price": "1e999"}),
        event(3, at(0), name="buy", is_bot=True), event(3, at(0), name="other"), event(3, at(0), path="/buy"),
    )  # fmt: skip
    totals = {name: asked(project, measure=name).lines[0].total for name in ("total", "people", "visits")}
    assert totals == {"total": 4, "people": 2, "visits": 3}
    numbers = {"sum": 13.5, "avg": 4.5, "min": 1, "max": 10, "median": 2.5, "p90": pytest.approx(8.5)}
    for name, expected in numbers.items():
        assert asked(project, measure=name, of="price").lines[0].total == expected, name
    assert asked(project, measure="avg", of="vat").lines[0].total is None
    assert asked(project, measure="sum", of="vat").lines[0].total == 0
    assert asked(project, "/buy").lines[0].total == 1
    assert asked(project, "*", scope=Scope(PERIOD, with_bots=True)).lines[0].total == 7
    only = Scope(PERIOD, where={"properties.price": ["1", "1e1"], "source": ["(direct)"]})
    assert asked(project, scope=only).lines[0].total == 2


def test_values_are_cut_into_the_largest_and_the_others(project: Project) -> None:
    rows = [
        event(n, at(n), name="buy", properties={"plan": plan}) for n, plan in enumerate([2.0, 2, "2", "b", "a", ""])
    ]
    facts.store(project, "events", *rows, event(3, at(9), name="buy"), event(4, at(9), name="buy"))
    found = asked(project, by="properties.plan", measure="people", most=2)
    assert [(line.value, line.is_other, line.total) for line in found.lines] == [
        ("(none)", False, 3), ("2", False, 3), ("(other)", True, 2),
    ]  # fmt: skip
    assert found.values == 4


def test_random_events_are_counted_as_by_hand_in_local_days(project: Project) -> None:
    random = Random(3)
    rows = [
        event(random.randrange(9), PERIOD.start + timedelta(minutes=random.uniform(-99, 3000)), name="buy",
              country=random.choice(["DE", "FR", None]), properties={"price": random.randrange(50)})
        for _ in range(400)
    ]  # fmt: skip
    facts.store(project, "events", *rows)
    found = asked(project, by="country", measure="people", zone="Asia/Kolkata")
    inside = [row for row in rows if PERIOD.start <= row["at"] < PERIOD.end]
    for line in found.lines:
        own = [row for row in inside if (row["country"] or "(none)") == line.value]
        assert line.total == len({row["visitor"] for row in own})
        for start, people in zip(found.starts, line.numbers, strict=True):
            day = start.astimezone(ZoneInfo("Asia/Kolkata")).date()
            there = {row["visitor"] for row in own if row["at"].astimezone(ZoneInfo("Asia/Kolkata")).date() == day}
            assert people == len(there), day
    assert found.is_whole == (False, True, False)


def test_nothing_is_no_line(project: Project) -> None:
    assert asked(project).lines == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"measure": "mode"}, "Trends measure"),
        ({"measure": "avg"}, "Name the property"),
        ({"by": "visitor"}, "cannot be cut"),
        ({"scope": Scope(PERIOD, where={"session": ["1"]})}, "cannot be cut"),
    ],
)
def test_what_makes_no_sense_is_said(project: Project, more: Any, said: str) -> None:
    with pytest.raises(BadQuestion, match=said):
        asked(project, **more)


def test_a_day_of_a_clock_change_is_longer_and_its_hour_comes_twice() -> None:
    change = Period(datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))
    days = calendar.calendar(change, "day", BERLIN)
    assert [(b - a) // timedelta(hours=1) for a, b in zip(days.edges, days.edges[1:], strict=False)] == [24, 25, 24, 24]
    hours = calendar.calendar(Period(*days.edges[1:3]), "hour", BERLIN)
    assert [start.astimezone(BERLIN).hour for start in hours.starts][:5] == [0, 1, 2, 2, 3]
    weeks = calendar.calendar(change, "week", BERLIN, before=1)
    assert {start.astimezone(BERLIN).weekday() for start in weeks.starts} == {0}
    assert len(weeks.starts) == 3
    winter = Period(datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    months = calendar.calendar(winter, "month", BERLIN)
    assert [start.astimezone(BERLIN).date().isoformat() for start in months.starts] == [
        "2026-01-01", "2026-02-01", "2026-03-01",
    ]  # fmt: skip
    assert months.whole(winter) == (False, True, False)


def test_too_many_buckets_and_unknown_zones_are_refused() -> None:
    with pytest.raises(BadQuestion, match="more than 1000 hours"):
        calendar.calendar(Period(NOW - timedelta(days=90), NOW), "hour", BERLIN)
    with pytest.raises(BadQuestion, match="no time zone"):
        calendar.zone_of("../etc/passwd")
