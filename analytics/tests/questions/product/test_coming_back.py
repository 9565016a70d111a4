"""Journeys, cohorts and the use of features: as by hand on random people, and what their words mean."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Period
from analytics.questions.product import calendar
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.cohorts import cohorts
from analytics.questions.product.features import features
from analytics.questions.product.journeys import journeys
from analytics.tests import facts
from analytics.tests.questions.product import by_hand
from analytics.tests.questions.product.test_web import at, event
from events.models import Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
UTC = ZoneInfo("UTC")
PERIOD = Period(NOW - timedelta(days=6), NOW)
SCOPE = Scope(PERIOD)


def crowd(random: Random, *, people: int = 30, days: float = 10) -> list[dict[str, Any]]:
    rows = []
    for person in range(people):
        moment = NOW - timedelta(days=random.uniform(0.1, days))
        for _ in range(random.randrange(1, 14)):
            moment += timedelta(seconds=random.choice([0, 30, 600, 1800, 7200, 86400, 200_000]))
            name = random.choice(["$pageview", "$pageview", "signup", "buy", "$identify"])
            rows.append(event(person, moment, name=name, path=random.choice(["/", "/a", "/b"])))
    return [row for row in rows if row["at"] < NOW]


@pytest.mark.parametrize(("begin", "end"), [("", ""), ("/a", ""), ("", "buy"), ("/", "buy")])
def test_random_ways_are_those_by_hand(project: Project, begin: str, end: str) -> None:
    rows = crowd(Random(len(begin) + 5 * len(end)))
    unique = list({(row["visitor"], row["at"], row["event_id"]): row for row in rows}.values())
    facts.store(project, "events", *unique)
    found = journeys(project, scope=SCOPE, begin=begin, end=end, stations=4, most=1000)
    inside = [row for row in unique if PERIOD.start <= row["at"]]
    sessions, edges = by_hand.ways(inside, begin=begin, end=end, stations=4)
    assert found.sessions == sessions
    assert {(one.place, one.source, one.target): one.sessions for one in found.edges} == edges
    few = journeys(project, scope=SCOPE, begin=begin, end=end, stations=4, most=2)
    assert few.edges == found.edges[:2]
    assert few.hidden_edges == len(edges) - len(few.edges)
    assert few.hidden_sessions == sum(edges.values()) - sum(one.sessions for one in few.edges)


def test_ways_lead_over_pages_or_events_alone(project: Project) -> None:
    facts.store(
        project, "events", event(1, at(0)), event(1, at(1), name="buy"), event(1, at(2), path="/b"),
        event(1, at(3), name="pay"), event(1, at(32.9), name="$leave"), event(1, at(33), path="/c"),
    )  # fmt: skip

    def pairs(**more: Any) -> set[tuple[str, str]]:
        return {(one.source, one.target) for one in journeys(project, scope=SCOPE, **more).edges}

    assert pairs(kind="pages") == {("/", "/b")}
    assert pairs(kind="events") == {("buy", "pay")}
    assert pairs(end="$leave") == {("/", "buy"), ("buy", "/b"), ("/b", "pay"), ("pay", "$leave")}
    with pytest.raises(BadQuestion):
        journeys(project, scope=SCOPE, stations=1)


@pytest.mark.parametrize("times", ["first", "recurring"])
def test_random_cohorts_are_those_by_hand(project: Project, times: str) -> None:
    rows = crowd(Random(11))
    facts.store(project, "events", *rows)
    days = calendar.calendar(PERIOD, "day", UTC)
    found = cohorts(project, begin="$pageview", again="buy", scope=SCOPE, calendar=days, times=times)
    expected: dict[tuple[date, int], set[int]] = defaultdict(set)
    for person, own in by_hand.by_person(rows).items():
        begins = [row["at"] for row in own if row["event"] == "$pageview"]
        begins = begins[:1] if times == "first" else begins
        for start in {moment.date() for moment in begins if moment >= PERIOD.start}:
            expected[start, 0].add(person)
            for row in own:
                if row["event"] == "buy" and row["at"].date() > start:
                    expected[start, (row["at"].date() - start).days].add(person)
    for cohort in found.cohorts:
        assert cohort.people == tuple(
            len(expected[cohort.start.date(), later]) for later in range(len(cohort.people))
        ), cohort.start
    assert found.cohorts[-1].is_whole == (False,)
    assert found.mean[0] == 1.0


def test_cohorts_have_rows_that_can_be_read(project: Project) -> None:
    hours = calendar.calendar(PERIOD, "hour", UTC)
    with pytest.raises(BadQuestion, match="60 rows"):
        cohorts(project, begin="a", again="a", scope=SCOPE, calendar=hours)


def test_random_use_of_a_feature_is_that_by_hand(project: Project) -> None:
    rows = crowd(Random(23), days=14)
    facts.store(project, "events", *rows)
    days = calendar.calendar(PERIOD, "day", UTC, before=1)
    found = features(project, events=["buy", "/b"], scope=SCOPE, calendar=days)
    first_day = days.edges[1].date()
    used: dict[int, list[date]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["at"]):
        if by_hand.is_meant(row, "buy") or by_hand.is_meant(row, "/b"):
            used[row["visitor"]].append(row["at"].date())
    for bucket in found.buckets:
        day, before = bucket.start.date(), bucket.start.date() - timedelta(days=1)
        there = {person for person, own in used.items() if day in own}
        assert bucket.active == len({row["visitor"] for row in rows if row["at"].date() == day})
        assert bucket.users == len(there)
        assert bucket.new == len({person for person in there if used[person][0] == day})
        assert bucket.returning == len({person for person in there if before in used[person]})
        assert bucket.new + bucket.returning + bucket.resurrecting == bucket.users
        assert bucket.dormant == len({person for person, own in used.items() if before in own and day not in own})
    often = {person: len({day for day in own if day >= first_day}) for person, own in used.items()}
    assert found.often == tuple(sum(count == n for count in often.values()) for n in range(1, len(found.buckets) + 1))
    assert found.users == sum(count > 0 for count in often.values())
    assert found.uses == sum(day >= first_day for own in used.values() for day in own)
    assert found.active == len({row["visitor"] for row in rows if row["at"].date() >= first_day})
    whole = [bucket.users for bucket in found.buckets if bucket.is_whole]
    assert found.stickiness == pytest.approx(sum(whole) / len(whole) / found.users)


def test_an_empty_period_divides_by_nothing(project: Project) -> None:
    days = calendar.calendar(PERIOD, "day", UTC, before=1)
    found = features(project, events=["buy"], scope=SCOPE, calendar=days)
    assert (found.share, found.stickiness, found.users, len(found.buckets)) == (None, None, 0, 7)
    assert journeys(project, scope=SCOPE).sessions == 0
    again = cohorts(project, begin="a", again="a", scope=SCOPE, calendar=calendar.calendar(PERIOD, "day", UTC))
    assert set(again.mean) == {None}
