"""Visits kept by day and visits walked along the events are the same: whatever is asked, comes late or goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from analytics.models import FillState
from analytics.periods import Period
from analytics.privacy import consenting, erasing, readers
from analytics.questions.product import visits
from analytics.questions.product.web import Web, web
from analytics.questions.visits import days, keeping
from analytics.questions.visits.days import Asked
from analytics.questions.visits.plans import Days
from analytics.rollups import filling
from analytics.tests import facts
from events.facts import compaction, files, retention
from events.facts.schema import VISITS
from events.models import FactChange, Project, Segment
from events.persons import reading
from events.tests.intake import digested
from events.tests.rows import hexed

pytestmark = pytest.mark.django_db(transaction=True)
Row = dict[str, Any]
FIRST = datetime(2026, 11, 16, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LAST = FIRST + 5 * DAY
LATER = LAST + 2 * HOUR  # when days are kept: the last one is still today
WHOLE = Period(FIRST, LATER)


def event(visitor: int, at: datetime, *, name: str = "$pageview", path: str | None = "/", **columns: Any) -> Row:
    own = hexed(f"{visitor} {at} {name} {path} {sorted(columns.items())}")
    return {"at": at, "event_id": own, "visitor": visitor, "event": name, "path": path, "source": "(direct)",
            "is_interactive": True, "is_bot": False, "environment": "production", **columns}  # fmt: skip


def crowd(random: Random, *, start: datetime = FIRST, length: timedelta = LATER - FIRST) -> list[Row]:
    """Visitors of several days: over midnight, on for longer than a day, bots, in two environments, with gaps."""
    rows = []
    for _ in range(random.randrange(20, 60)):
        visitor = random.randrange(-(2**63), 2**63)
        moment = start + length * random.random()
        # Some never pause: programs, say.
        pauses = [1700.0] if random.random() < 0.1 else [1, 5, 11, 600, 1799.999999, 1800, 40_000]
        for _ in range(random.randrange(1, 90 if len(pauses) == 1 else 12)):
            moment += timedelta(seconds=random.choice(pauses))
            rows.append(
                event(
                    visitor, moment, name=random.choice(["$pageview", "$pageview", "signup", "$identify", "paid"]),
                    path=random.choice(["/", "/a", "/b", "(none)", None]), is_bot=random.random() < 0.1,
                    source=random.choice(["(direct)", "Google", "", None]), country=random.choice(["DE", "FR", None]),
                    host=random.choice(["shop.example", "de.example"]), release=random.choice(["web@1", None]),
                    session=random.choice([None, None, 7]), engaged_ms=random.choice([None, None, 15_000.7]),
                    utm_campaign=random.choice([None, "ö\n'%"]), is_interactive=random.random() < 0.8,
                    environment=random.choice(["production", "production", "staging"]),
                )
            )  # fmt: skip
    return [row for row in rows if row["at"] < LATER]


def kept(project: Project, *rows: Row, now: datetime = LATER) -> int:
    """The events stored, and the days that are over made; how many."""
    facts.filled(project, "events", *rows, now=now)
    return keep(now)


def keep(now: datetime, *, after: timedelta = HOUR) -> int:
    """The days made so long after the events were stored; how many."""
    Segment.objects.filter(fact="events").update(created_at=now)
    return keeping.keep(now=now + after, seconds=600)


def questions(random: Random) -> list[dict[str, Any]]:
    """Of whole days and parts of them, without and with filters, also those that days cannot tell."""
    start, end = sorted(FIRST + (LATER - FIRST) * random.random() for _ in range(2))
    values = {"source": ["Google", "(direct)", visits.NONE, "no"], "country": ["DE", visits.NONE], "entry": ["/a"],
              "exit": ["(none)"], "page": ["/", "/b", "(none)"], "event": ["signup", "$pageview", "(none)"],
              "utm_campaign": ["ö\n'%"]}  # fmt: skip
    chosen = random.sample(sorted(values), 2)
    some = {name: random.choice(values[name]) for name in chosen}
    every = visits.DIMENSIONS
    return [
        {"period": WHOLE, "lists": every},
        {"period": Period(FIRST + DAY, FIRST + 3 * DAY), "lists": every},
        {"period": Period(start, end), "lists": every},
        {"period": WHOLE, "lists": every, "where": some},
        {"period": Period(start, end), "lists": ("page", "source"), "where": dict([some.popitem()])},
        {"period": WHOLE, "lists": ("page",), "with_bots": True},
        {"period": WHOLE, "lists": ("page",), "environment": "staging"},
    ]


def walked(project: Project, monkeypatch: pytest.MonkeyPatch, **asked: Any) -> Web:
    with monkeypatch.context() as patch:
        patch.setattr(days, "plan", days.walk)
        return web(project, most=100, **asked)


def agree(project: Project, monkeypatch: pytest.MonkeyPatch, *, seed: int) -> None:
    for asked in questions(Random(seed)):
        assert web(project, most=100, **asked) == walked(project, monkeypatch, **asked), (seed, asked)


def plan(project: Project, period: Period = WHOLE, **asked: Any) -> Days:
    whole: dict[str, Any] = {"where": {}, "environment": "", "with_bots": False, **asked}
    return days.plan(Asked(project.pk, period, **whole)).days


@pytest.mark.parametrize("piece", [days.PIECE, 50])
def test_kept_days_say_what_the_walk_says(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(days, "PIECE", piece)
    for seed in range(3):
        own = Project.objects.create(slug=f"p{seed}", name="P")
        assert kept(own, *crowd(Random(seed))) == 5
        chosen = plan(own)
        assert chosen.kept == (Period(FIRST, LAST),)
        assert chosen.walked in ((Period(LAST, LATER),), ())
        agree(own, monkeypatch, seed=seed)


def test_late_events_take_days_away_until_they_are_made_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(project, *crowd(Random(1)))
    late = crowd(Random(2), start=FIRST + 2 * DAY + HOUR, length=timedelta(hours=2))
    late = [row for row in late if row["at"] < FIRST + 3 * DAY - HOUR]
    facts.store(project, "events", *late, now=LATER)
    agree(project, monkeypatch, seed=1)
    of_day = [one for one in plan(project).walked if one.start <= FIRST + 2 * DAY and one.end >= FIRST + 3 * DAY]
    assert len(of_day) == 1, "noted, and not counted yet"
    filling.roll_up(now=LATER, seconds=600)
    assert not Segment.objects.filter(fact="visits", day=(FIRST + 2 * DAY).date()).exists()
    assert Segment.objects.filter(fact="visits", day=FIRST.date()).exists()
    agree(project, monkeypatch, seed=2)
    assert keep(LATER, after=MINUTE) == 0, "the day is not quiet yet"
    assert keep(LATER) >= 1
    assert plan(project).kept == (Period(FIRST, LAST),)
    agree(project, monkeypatch, seed=3)


def test_a_day_holds_until_an_event_that_a_visit_of_it_may_have(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    midnight = FIRST + DAY
    kept(project, event(1, midnight - 5 * MINUTE), event(1, midnight + 10 * MINUTE))

    def come(minutes: int) -> bool:
        facts.filled(project, "events", event(1, midnight + minutes * MINUTE, path=f"/{minutes}"), now=LATER)
        agree(project, monkeypatch, seed=minutes)
        return Segment.objects.filter(fact="visits", day=FIRST.date()).exists()

    assert come(40), "half an hour after the last of its visits"
    assert not come(39)
    keep(LATER)
    found = web(project, period=Period(FIRST, midnight), lists=("page",))
    assert (found.total.visits, found.total.views) == (1, 4)
    assert (found.total.median_seconds, plan(project).walked) == (45 * 60, ())


def test_a_visit_that_does_not_end_is_a_day_long_whatever_is_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(project, *(event(1, FIRST + 20 * MINUTE * n) for n in range(300)))
    for end in (FIRST + DAY, FIRST + 3 * DAY, LATER):
        found = web(project, period=Period(FIRST, end), lists=("page",))
        assert found == walked(project, monkeypatch, period=Period(FIRST, end), lists=("page",))
        assert (found.total.visits, found.total.views, found.total.median_seconds) == (1, 73, 86400)
    assert web(project, period=Period(FIRST + DAY, LATER)).total.visits == 0


def test_days_tell_of_every_dimension() -> None:
    assert {*visits.OF_VISIT, "pages", "events"} <= set(VISITS.schema.names)


def test_what_days_cannot_tell_is_walked(project: Project) -> None:
    kept(project, event(1, FIRST))
    for asked in ({"with_bots": True}, {"environment": "production"}, {"where": {"page": "(none)"}}):
        assert plan(project, **asked).kept == ()
    assert plan(project, where={"source": "(none)", "page": "/"}).kept == (Period(FIRST, FIRST + DAY),)


def test_another_meaning_of_a_visit_has_all_days_made_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(project, event(1, FIRST))
    FillState.objects.filter(rollup="visits").update(version="old")
    assert plan(project).kept == ()
    assert keep(LATER) == 1
    assert plan(project).kept == (Period(FIRST, FIRST + DAY),)


def test_a_day_that_changes_while_it_is_read_is_walked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(project, event(1, FIRST), event(2, FIRST + DAY))
    read = days.pieces

    def pieces(chosen: days.Plan) -> Any:
        if chosen.days.kept:
            facts.filled(project, "events", event(3, FIRST + HOUR), now=LATER)
        return read(chosen)

    monkeypatch.setattr(days, "pieces", pieces)
    assert web(project, period=WHOLE).total.visitors == 3


def test_days_that_are_over_are_kept_as_long_as_their_events(project: Project) -> None:
    assert kept(project, *crowd(Random(4))) == 5
    assert keep(LATER) == 0
    had = set(Segment.objects.values_list("day", flat=True))
    project.retention_days = {"events": 3}
    project.save()
    compaction.retain(now=LATER)
    first = LATER.date() - timedelta(days=3)
    assert set(Segment.objects.values_list("day", flat=True)) == {day for day in had if day >= first}
    assert min(had) < first in had
    assert retention.days_kept(project, "visits") == 3
    assert web(project, period=Period(FIRST, FIRST + DAY)).total.visits == 0


def test_a_day_is_made_by_one_and_its_events_are_not_forgotten_meanwhile(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts.filled(project, "events", event(1, FIRST), now=LATER)
    batches = keeping.Cut.batches

    def amid(cut: keeping.Cut) -> Any:
        yield from batches(cut)
        facts.store(project, "events", event(2, FIRST + HOUR), now=LATER)

    monkeypatch.setattr(keeping.Cut, "batches", amid)
    keep(LATER)
    assert FactChange.objects.filter(fact="events").count() == 1
    assert plan(project).kept == ()
    assert web(project, period=WHOLE).total.visitors == 2
    filling.roll_up(now=LATER, seconds=600)
    assert not Segment.objects.exclude(fact="events").exists()


def test_small_groups_are_folded_alike(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.small_groups = 10
    project.save()
    rows = [event(n, FIRST + n * MINUTE, country="DE" if n > 4 else "MT") for n in range(25)]
    kept(project, *rows)
    asked: dict[str, Any] = {"period": WHOLE, "lists": ("country",), "sees_persons": False}
    found = readers.ask(web, project, **asked)
    assert [line.value for line in found.lists["country"]] == ["DE", "(small groups)"]
    monkeypatch.setattr(days, "plan", days.walk)
    assert found == readers.ask(web, project, **asked)


def send(key: Any, *events: Row) -> None:
    body = json.dumps({"api_key": key.public_key, "batch": events})
    assert Client().post("/batch/", body, content_type="application/json").status_code == 200


def of_days(visitor: int) -> list[str]:
    """What is kept of days, that has this visitor."""
    found = {fact: Path(files.root().url(fact)).rglob("*.parquet") for fact in ("presence", "visits")}
    return [
        fact
        for fact, paths in found.items()
        for path in paths
        if visitor in pq.read_table(path, partitioning=None)["visitor"].to_pylist()
    ]


@pytest.mark.parametrize("way", ["erased", "consent taken back"])
def test_whoever_goes_is_gone_from_kept_days_and_a_merge_changes_no_visit(
    project: Project, key: Any, alice: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    project.analytics = "identified"
    project.save()
    now = timezone.now()
    yesterday = (now - DAY).replace(hour=12)
    for person in ("ada", "eve"):
        send(key, {"event": "$pageview", "distinct_id": f"anon-{person}", "timestamp": yesterday.isoformat(),
                   "properties": {"$current_url": "https://shop.example/"}})  # fmt: skip
    digested(project)
    filling.roll_up(now=now, seconds=600)
    keeping.keep(now=now + HOUR, seconds=600)
    week = Period(now - 7 * DAY, now + DAY)
    before = web(project, period=week, lists=("page",))
    assert before.total.visitors == 2
    assert plan(project, week).kept
    send(key, {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon-ada"}})
    digested(project)
    visitor = reading.visitor_of(project, "anon-ada")
    assert of_days(visitor) == ["presence", "visits"]
    assert web(project, period=week) == walked(project, monkeypatch, period=week)
    if way == "erased":
        made = erasing.request(project, ["ada"], actor=alice, now=now)
    else:
        consenting.give(project, "ada", source="api", now=now)
        erasure = consenting.withdraw(project, "ada", source="api", now=now, erases=True, actor=alice).erasure
        assert erasure is not None
        made = erasure
    assert made.erased["facts visits"] == made.erased["facts presence"] == 1
    compaction.sweep(now=now + compaction.GRACE + MINUTE)
    assert of_days(visitor) == []
    found = web(project, period=week, lists=("page",))
    assert found.total.visitors == 1
    filling.roll_up(now=now, seconds=600)
    keeping.keep(now=now + HOUR, seconds=600)
    assert web(project, period=week, lists=("page",)) == found
    assert of_days(reading.visitor_of(project, "anon-eve")) == ["presence", "visits"]
    assert of_days(visitor) == []
