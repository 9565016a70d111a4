"""Visits in SQL and visits counted by hand say the same, on random visitors; and what each number means."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.product import visits
from analytics.questions.product.web import Counted, Line, web
from analytics.tests import facts
from events.models import Project
from events.tests.cast import NOW
from events.tests.rows import hexed

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = Period(NOW - timedelta(days=1), NOW)
Row = dict[str, Any]


def event(visitor: int, at: datetime, *, name: str = "$pageview", path: str = "/", **columns: Any) -> Row:
    own = hexed(f"{visitor} {at} {name} {path}")
    return {"at": at, "event_id": own, "visitor": visitor, "event": name, "path": path, "source": "(direct)",
            "channel": "Direct", "is_interactive": True, "is_bot": False, **columns}  # fmt: skip


def at(minutes: float) -> datetime:
    return NOW - 6 * HOUR + minutes * MINUTE


def by_hand(rows: list[Row], period: Period) -> tuple[Counted, dict[str, dict[str, set[int]]]]:
    """The definition, event by event."""
    seen: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["at"], row["event_id"])):
        seen[row["visitor"]].append(row)
    whole: list[list[Row]] = []
    for own in seen.values():
        before: Row | None = None
        for row in own:
            is_new = before is None or row["at"] - before["at"] >= 30 * MINUTE
            if is_new or row.get("session") != (before or {}).get("session"):
                whole.append([])
            whole[-1].append(row)
            before = row
    counted = [visit for visit in whole if period.start <= visit[0]["at"] < period.end]
    seconds, bounces, viewing, views = [], 0, 0, 0
    people: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for visit in counted:
        looks = [row for row in visit if row["event"] == "$pageview"]
        engaged = sum(row.get("engaged_ms") or 0 for row in visit) / 1000
        lasted = max(min((visit[-1]["at"] - visit[0]["at"]).total_seconds(), 86400), engaged)
        acted = any(row["is_interactive"] and not row["event"].startswith("$") for row in visit)
        seconds.append(lasted)
        views += len(looks)
        viewing += bool(looks)
        bounces += len(looks) == 1 and not acted and lasted < 10
        who = visit[0]["visitor"]
        people["source"][(looks or visit)[0]["source"]].add(who)
        people["entry"][looks[0]["path"] if looks else visits.NONE].add(who)
        people["exit"][looks[-1]["path"] if looks else visits.NONE].add(who)
        for look in looks:
            people["page"][look["path"]].add(who)
    visitors = len({visit[0]["visitor"] for visit in counted})
    median = statistics.median(seconds) if seconds else None
    mean = statistics.fmean(seconds) if seconds else None
    return Counted(visitors, len(counted), views, viewing, bounces, median, mean), people


def crowd(random: Random) -> list[Row]:
    rows = []
    for visitor in range(random.randrange(1, 40)):
        moment = NOW - timedelta(hours=random.uniform(-3, 30))
        for _ in range(random.randrange(1, 9)):
            moment += timedelta(seconds=random.choice([1, 5, 9, 11, 600, 1799, 1800, 7200]))
            rows.append(
                event(
                    visitor, moment, name=random.choice(["$pageview", "$pageview", "signup", "$identify"]),
                    path=random.choice(["/", "/a", "/b"]), source=random.choice(["(direct)", "Google"]),
                    session=random.choice([None, None, 7]), engaged_ms=random.choice([None, None, 15_000.0]),
                    is_interactive=random.random() < 0.8,
                )
            )  # fmt: skip
    return rows


def test_random_visitors_are_counted_as_by_hand(project: Project) -> None:
    for seed in range(12):
        rows = crowd(Random(seed))
        other = Project.objects.create(slug=f"p{seed}", name="P")
        facts.filled(other, "events", *rows)
        expected, people = by_hand(rows, DAY)
        found = web(other, period=DAY, lists=("source", "entry", "exit", "page"), most=100)
        assert found.total.visitors == expected.visitors, seed
        for name in ("visits", "views", "viewing", "bounces"):
            assert getattr(found.total, name) == getattr(expected, name), (seed, name)
        for name in ("median_seconds", "mean_seconds"):
            assert getattr(found.total, name) == pytest.approx(getattr(expected, name)), (seed, name)
        for name, lines in found.lists.items():
            assert {line.value: line.visitors for line in lines} == {
                value: len(who) for value, who in people[name].items()
            }, (seed, name)
        assert sum(count for _, count, _ in found.trend) == expected.visits


def test_what_a_bounce_is(project: Project) -> None:
    facts.filled(
        project, "events",
        event(1, at(0)),  # came, saw, went
        event(2, at(0)), event(2, at(0.1), name="signup"),  # did something
        event(3, at(0)), event(3, at(0.1), name="scrolled", is_interactive=False),  # was only measured
        event(4, at(0)), event(4, at(1), name="$pageleave"),  # stayed a minute
        event(5, at(0), engaged_ms=12_000.0),  # looked for twelve seconds
        event(6, at(0)), event(6, at(0.1), path="/b"),
        event(7, at(0), name="signup"),  # saw no page: neither a bounce nor none
    )  # fmt: skip
    total = web(project, period=DAY).total
    assert (total.visits, total.viewing, total.bounces) == (7, 6, 2)
    assert total.bounce_rate == pytest.approx(2 / 6)


def test_a_visit_belongs_to_its_beginning_and_counts_whole(project: Project) -> None:
    hour = Period(at(0), at(60))
    facts.filled(
        project, "events",
        event(1, at(-10)), event(1, at(5)), event(1, at(10)),  # began before
        event(2, at(50)), event(2, at(70), path="/b"), event(2, at(95), path="/c"),  # goes on after
    )  # fmt: skip
    found = web(project, period=hour, lists=("exit",))
    assert (found.total.visitors, found.total.views) == (1, 3)
    assert found.lists["exit"] == (Line("/c", 1, 1, 3),)


def test_the_source_of_a_visit_is_that_of_its_first_view_and_filters_keep_whole_visits(project: Project) -> None:
    facts.filled(
        project, "events",
        event(1, at(0), name="$identify", source="(direct)"), event(1, at(1), source="Google"),
        event(1, at(2), source="(direct)", path="/buy"),
        event(2, at(0), source="Bing"),
    )  # fmt: skip
    lines = {line.value: line.views for line in web(project, period=DAY, lists=("source",)).lists["source"]}
    assert lines == {"Google": 2, "Bing": 1}
    assert web(project, period=DAY, where={"source": "Google"}).total.views == 2
    assert web(project, period=DAY, where={"page": "/buy"}).total.views == 2
    assert web(project, period=DAY, where={"page": "/buy", "source": "Bing"}).total == Counted()
    assert web(project, period=DAY, where={"utm_source": visits.NONE}).total.visitors == 2


def test_bots_are_left_out_unless_they_are_asked_for(project: Project) -> None:
    facts.filled(project, "events", event(1, at(0)), event(2, at(0), is_bot=True))
    assert web(project, period=DAY).total.visitors == 1
    assert web(project, period=DAY, with_bots=True).total.visitors == 2


def test_an_empty_period_divides_by_nothing(project: Project) -> None:
    total = web(project, period=DAY, lists=visits.DIMENSIONS).total
    assert (total, total.bounce_rate, total.views_per_visit) == (Counted(), None, None)
