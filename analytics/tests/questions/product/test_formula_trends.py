"""Formulas of trends and people of rolling days: against what is counted by hand, event by event."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Period
from analytics.questions.product import calendar
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.formula_trends import Series, formula_trends
from analytics.questions.product.trends import Trend, trends
from analytics.tests import facts
from analytics.tests.questions.product.test_web import at, event
from events.models import Project
from events.tests.cast import NOW
from events.values.modes import IDENTIFIED

pytestmark = pytest.mark.django_db
PERIOD = Period(NOW - timedelta(days=2), NOW)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def named(project: Project) -> Project:
    project.analytics = IDENTIFIED
    project.save()
    return project


def asked(project: Project, formula: str, *series: Series, period: Period = PERIOD, **more: Any) -> Trend:
    about = {"scope": Scope(period), "calendar": calendar.calendar(period, "day", TOKYO), **more}
    return formula_trends(project, series=series, formula=formula, **about)


def test_a_formula_is_worked_out_in_each_day_and_value_as_by_hand(project: Project) -> None:
    random = Random(8)
    rows = [
        event(random.randrange(9), PERIOD.start + timedelta(minutes=random.uniform(0, 2879)),
              name=random.choice(["seen", "seen", "paid"]), country=random.choice(["DE", "FR", "IT", "NO", None]),
              properties={"price": random.randrange(50)})
        for _ in range(300)
    ]  # fmt: skip
    facts.store(project, "events", *rows)
    found = asked(project, "A / b * 100 - C", Series("paid"), Series("seen"), Series("paid", "sum", "price"),
                  by="country")  # fmt: skip
    assert len(found.lines) == 5
    for line in found.lines:
        own = [row for row in rows if (row["country"] or "(none)") == line.value]

        def by_hand(some: list[Any]) -> float | None:
            names = Counter(row["event"] for row in some)
            price = sum(row["properties"]["price"] for row in some if row["event"] == "paid")
            return names["paid"] / names["seen"] * 100 - price if names["seen"] else None

        assert line.total == pytest.approx(by_hand(own))
        for start, number in zip(found.starts, line.numbers, strict=True):
            there = [row for row in own if row["at"].astimezone(TOKYO).date() == start.astimezone(TOKYO).date()]
            assert number == pytest.approx(by_hand(there))


def test_a_division_by_zero_is_a_gap(project: Project) -> None:
    facts.store(project, "events", event(1, at(0), name="paid"), event(1, at(-1440), name="seen"))
    line = asked(project, "A / B", Series("paid"), Series("seen")).lines[0]
    assert line.total == 1
    assert None in line.numbers
    assert 0 in line.numbers
    assert asked(project, "A / B", Series("paid"), Series("nowhere")).lines[0].total is None
    assert asked(project, "B - A", Series("nowhere"), Series("paid")).lines[0].total == 1
    assert asked(project, "A + B", Series("paid"), Series("paid", "avg", "price")).lines[0].total is None


def test_values_beyond_those_of_the_first_series_are_one(project: Project) -> None:
    rows = [event(1, at(0), name="seen", country=f"C{n}") for n in range(9) for _ in range(9 - n)]
    rows += [event(1, at(0), name="paid", country=country) for country in ("C0", "C8", "XX")]
    facts.store(project, "events", *rows)
    found = asked(project, "B / A", Series("seen"), Series("paid"), by="country")
    assert [(line.value, line.total) for line in found.lines][::8] == [("C0", 1 / 9), ("(other)", 2)]


def test_without_a_formula_each_series_is_a_line(project: Project) -> None:
    facts.store(project, "events", event(1, at(0), name="paid"), event(1, at(1), name="paid"))
    found = asked(project, "", Series("paid"), Series("paid", "people"), Series("seen"))
    assert [(line.value, line.total) for line in found.lines] == [
        ("A total of paid", 2), ("B people of paid", 1), ("C total of seen", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "count", "more", "said"),
    [
        ("A / C", 2, {}, "'C' is no letter of the formula: a, b"),
        ("A /", 2, {}, "The formula ends too early"),
        ("1 + 1", 2, {}, "names a letter"),
        ("", 2, {"by": "country"}, "only where a formula"),
        ("A", 6, {}, "one to 5 series"),
    ],
)
def test_what_makes_no_sense_is_said(project: Project, formula: str, count: int, more: Any, said: str) -> None:
    with pytest.raises(BadQuestion, match=said):
        asked(project, formula, *[Series("paid")] * count, **more)


@pytest.mark.parametrize(("measure", "days"), [("weekly_actives", 7), ("monthly_actives", 30)])
@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_people_of_rolling_days_are_those_counted_by_hand(named: Project, measure: str, days: int, unit: str) -> None:
    random = Random(days)
    period = Period(NOW - timedelta(days=20, hours=5), NOW - timedelta(hours=2))
    rows = [
        event(random.randrange(60), NOW - timedelta(hours=random.uniform(0, 70 * 24)), name=random.choice("ab"),
              country=random.choice(["DE", "FR"]))
        for _ in range(150)
    ]  # fmt: skip
    facts.store(named, "events", *rows)
    over = calendar.calendar(period, unit, TOKYO)
    found = trends(named, event="a", measure=measure, scope=Scope(period), calendar=over, by="country")
    last_day = (period.end - timedelta(microseconds=1)).astimezone(TOKYO).date()

    def people(country: str, until: date) -> int:
        there = range(1 - days, 1)
        wanted = {until + timedelta(days=day) for day in there}
        return len({
            row["visitor"] for row in rows
            if row["event"] == "a" and row["country"] == country and row["at"] < period.end
            and row["at"].astimezone(TOKYO).date() in wanted
        })  # fmt: skip

    assert {line.value for line in found.lines} == {"DE", "FR"}
    for line in found.lines:
        for end, number in zip(over.edges[1:], line.numbers, strict=True):
            until = min((end - timedelta(microseconds=1)).astimezone(TOKYO).date(), last_day)
            assert number == people(line.value, until), (line.value, end)
        assert line.total == people(line.value, last_day)


def test_people_of_weeks_and_months_are_counted_once(named: Project) -> None:
    facts.store(named, "events", *[event(1, at(-1440 * day), name="a") for day in range(3)], event(2, at(0), name="a"))
    period = Period(NOW - timedelta(days=60), NOW + timedelta(days=30))
    for unit in ("week", "month"):
        over = calendar.calendar(period, unit, TOKYO)
        found = trends(named, event="a", measure="people", scope=Scope(period), calendar=over)
        assert found.lines[0].total == 2
        assert 2 in found.lines[0].numbers


def test_who_is_known_for_a_day_is_not_counted_over_days(project: Project) -> None:
    for measure, unit in (
        ("weekly_actives", "day"),
        ("monthly_actives", "day"),
        ("people", "week"),
        ("people", "month"),
    ):
        over = calendar.calendar(PERIOD, unit, TOKYO)
        with pytest.raises(BadQuestion, match="known for one day only"):
            trends(project, event="a", measure=measure, scope=Scope(PERIOD), calendar=over)


def test_rolling_days_do_not_go_by_hours(named: Project) -> None:
    with pytest.raises(BadQuestion, match="by day, week or month"):
        trends(named, event="a", measure="weekly_actives", scope=Scope(PERIOD),
               calendar=calendar.calendar(PERIOD, "hour", TOKYO))  # fmt: skip
