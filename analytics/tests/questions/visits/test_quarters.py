"""Who was there when, of days that are kept and of events that are walked, is the same: whatever is asked, comes late,
or turns out to be one person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.periods import Period
from analytics.questions.product import calendar, presence
from analytics.questions.product.acts import Match, Scope
from analytics.questions.product.cohorts import cohorts
from analytics.questions.product.trends import trends
from analytics.questions.visits import plans, quarters
from analytics.rollups import filling
from analytics.tests import facts
from analytics.tests.questions.visits.test_days import DAY, FIRST, HOUR, LAST, LATER, MINUTE, WHOLE, crowd, event, keep
from analytics.tests.questions.visits.test_days import kept as kept_days
from events.models import Person, PersonId, Project, Segment
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)
ODD = "a\n\\b\nsignup"
UTC, KATHMANDU = ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu")


def asked(random: Random) -> Iterator[dict[str, Any]]:
    """Periods, days of zones and conditions that quarters tell of."""
    start, end = sorted(FIRST + (LATER - FIRST) * random.random() for _ in range(2))
    for period in (WHOLE, Period(FIRST + DAY, FIRST + 3 * DAY), Period(start, end)):
        zone, unit = random.choice([UTC, KATHMANDU, ZoneInfo("Europe/Berlin")]), random.choice(["day", "week"])
        for about in (
            {},
            {"environment": "staging"},
            {"where": {"country": ["DE", "(none)"], "host": ["shop.example"]}},
        ):
            yield {"scope": Scope(period, **about), "calendar": calendar.calendar(period, unit, zone)}
    yield {"scope": Scope(WHOLE), "calendar": calendar.calendar(WHOLE, "hour", KATHMANDU)}


def found(project: Project, random: Random) -> list[Any]:
    """The answers to the same questions for the same `random`."""
    answers: list[Any] = []
    for about in asked(random):
        for name in random.sample(["*", "$pageview", "signup", "b", ODD, ""], 2):
            answers.append(trends(project, event=name, measure="people", with_people=True, **about))
            answers += [trends(project, event=name, by=by, most=2, **about) for by in ("", "country")]
        if about["calendar"].unit != "hour":
            begin, again = random.sample(["*", "signup", "paid", ODD], 2)
            answers += [
                cohorts(project, begin=begin, again=again, times=times, **about) for times in ("first", "recurring")
            ]
    return answers


def agree(project: Project, monkeypatch: pytest.MonkeyPatch, *, seed: int) -> list[Any]:
    answers = found(project, Random(seed))
    with monkeypatch.context() as patch:
        patch.setattr(quarters, "plan", walked)
        assert found(project, Random(seed)) == answers
    return answers


def walked(_: int, texts: Any, scope: Scope, *, edges: Any, since: datetime) -> plans.Days:
    return plans.walked(Period(since, scope.period.end))


def plan(project: Project, *texts: str, zone: ZoneInfo = UTC, period: Period = WHOLE, **about: Any) -> plans.Days:
    days = calendar.calendar(period, "day", zone)
    return quarters.plan(project.pk, texts, Scope(period, **about), edges=days.edges, since=period.start)


def odd(random: Random) -> list[dict[str, Any]]:
    """A crowd, some of whom do what has an unusual name, or none."""
    rows = crowd(random)
    return [{**row, "event": random.choice([ODD, "a", None, ""])} if random.random() < 0.2 else row for row in rows]


@pytest.fixture(autouse=True)
def of_people(project: Project) -> None:
    """Who is known for longer than a day."""
    project.analytics = "identified"
    project.save()


@pytest.mark.parametrize("table", [presence._TABLE, 0])
def test_kept_quarters_say_what_events_say(monkeypatch: pytest.MonkeyPatch, table: int) -> None:
    monkeypatch.setattr(presence, "_TABLE", table)
    own = Project.objects.create(slug="p", name="P", analytics="identified")
    kept_days(own, *odd(Random(1)))
    assert plan(own, "*").kept == (Period(FIRST, LAST),)
    agree(own, monkeypatch, seed=1)
    days = calendar.calendar(WHOLE, "day", UTC)
    did = {
        name: trends(own, event=name, measure="people", scope=Scope(WHOLE), calendar=days).lines for name in (ODD, "b")
    }
    assert did[ODD][0].total
    assert not did["b"], "a line of a name is no name"


def test_only_whole_days_are_read_from_what_is_kept(project: Project) -> None:
    kept_days(project, *(event(n, FIRST + n * HOUR) for n in range(72)))
    period = Period(FIRST + HOUR, FIRST + 2 * DAY + HOUR)
    assert plan(project, "*", period=period).kept == (Period(FIRST + DAY, FIRST + 2 * DAY),)
    walked = (Period(FIRST + HOUR, FIRST + DAY), Period(FIRST + 2 * DAY, FIRST + 2 * DAY + HOUR))
    assert plan(project, "*", period=period).walked == walked
    assert plan(project, "*", period=Period(FIRST + HOUR, FIRST + 2 * HOUR)).kept == ()


def test_what_quarters_cannot_tell_is_asked_of_events(project: Project) -> None:
    kept_days(project, event(1, FIRST))
    assert plan(project, "paid", "*", zone=KATHMANDU, where={"country": ["DE"]}).kept
    # A zone of which a day began within a quarter: the local time of Paris of long ago was nine minutes late.
    ago = FIRST.replace(year=1905)
    assert plan(project, "*", zone=ZoneInfo("Europe/Paris"), period=Period(ago, ago + 9 * DAY)).kept == ()
    actions = {"buys": [Match(event="paid")]}
    for texts, about in (
        (("/a",), {}), (("action:buys",), {"actions": actions}), (("*",), {"with_bots": True}),
        (("*", "/a"), {}), (("*",), {"where": {"path": ["/a"]}}), (("*",), {"where": {"properties.plan": ["a"]}}),
    ):  # fmt: skip
        assert plan(project, *texts, **about).kept == (), texts


def test_late_events_count_before_their_day_is_made_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_days(project, *crowd(Random(2)))
    facts.store(project, "events", *(event(n, FIRST + DAY + HOUR, name=ODD) for n in range(5)), now=LATER)
    agree(project, monkeypatch, seed=2)
    days = calendar.calendar(WHOLE, "day", UTC)
    asked_of = {"event": ODD, "scope": Scope(WHOLE), "calendar": days, "measure": "people"}
    assert [line.numbers[:3] for line in trends(project, **asked_of).lines] == [(0, 5, 0)]
    filling.roll_up(now=LATER, seconds=600)
    assert not Segment.objects.filter(fact="presence", day=(FIRST + DAY).date()).exists()
    assert keep(LATER) >= 1
    assert plan(project, "*").kept == (Period(FIRST, LAST),)
    assert [line.numbers[:3] for line in trends(project, **asked_of).lines] == [(0, 5, 0)]


def test_who_turns_out_to_be_one_person_counts_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    far = 10**12
    kept_days(project, *(event(far + n, FIRST + n * HOUR) for n in range(4)))
    days = calendar.calendar(WHOLE, "day", UTC)
    about: dict[str, Any] = {"event": "*", "scope": Scope(WHOLE), "calendar": days, "measure": "people"}
    assert trends(project, **about).lines[0].total == 4
    person = Person.objects.create(project=project, created_at=NOW)
    for n in (0, 3):
        PersonId.objects.create(project=project, person=person, visitor=far + n)
    assert trends(project, **about).lines[0].total == 3
    assert plan(project, "*").kept
    agree(project, monkeypatch, seed=3)


def test_a_day_that_changes_while_it_is_read_is_walked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_days(project, event(1, FIRST), event(2, FIRST + DAY))
    read = presence._read

    def amid(asked: presence.Asked, days: plans.Days) -> Any:
        if days.kept:
            facts.filled(project, "events", event(3, FIRST + 5 * MINUTE), now=LATER)
        return read(asked, days)

    monkeypatch.setattr(presence, "_read", amid)
    days = calendar.calendar(WHOLE, "day", UTC)
    assert trends(project, event="*", scope=Scope(WHOLE), calendar=days, measure="people").lines[0].total == 3
