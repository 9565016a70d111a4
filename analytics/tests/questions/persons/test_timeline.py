"""What happened to somebody, whatever they were called; and who counts as one person."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from analytics import engine
from analytics.periods import Period
from analytics.questions.persons import timeline
from events.facts import segments
from events.models import Project
from events.persons import keeping
from events.persons.keeping import Heard
from events.persons.rules import Told
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
DAY = Period(NOW - timedelta(days=1), NOW)


def store(project: Project, **facts: list[dict[str, Any]]) -> None:
    segments.write({(project.pk, fact): rows for fact, rows in facts.items()}, now=NOW)


def ago(minutes: int) -> Any:
    return NOW - timedelta(minutes=minutes)


def merge(project: Project, visitor: int, other: int) -> None:
    with transaction.atomic():
        keeping.keep({project.pk: Heard([Told(visitor, NOW, "merge", other)])})


def test_a_timeline_has_what_all_ids_of_somebody_met(project: Project) -> None:
    store(
        project,
        events=[
            {"at": ago(50), "event": "$pageview", "visitor": 1, "path": "/a", "event_id": "e1"},
            {"at": ago(40), "event": "paid", "visitor": 2, "environment": "live", "event_id": "e2"},
            {"at": ago(40), "event": "paid", "visitor": 3, "event_id": "e3"},
        ],
        errors=[{"at": ago(30), "type": "ValueError", "user_key": 2, "route": "/pay", "group_hash": "ab" * 16}],
        vitals=[
            {
                "at": ago(20),
                "metric": "CLS",
                "user_key": 1,
                "metric_id": "m",
                "value": value,
                "received_at": ago(minute),
            }
            for value, minute in ((0.1, 19), (0.3, 18))
        ],
        sessions=[
            {"at": ago(60), "sid": "s", "seq": seq, "status": status, "user_key": 1, "release": "1"}
            for seq, status in ((1, "ok"), (2, "crashed"))
        ],
    )
    found = timeline.of_visitors(project, [1, 2], period=DAY)
    assert [(row.kind, row.name, row.place) for row in found.rows] == [
        ("vital", "CLS", None), ("error", "ValueError", "/pay"), ("event", "paid", None),
        ("event", "$pageview", "/a"), ("session", "crashed", None),
    ]  # fmt: skip
    assert found.rows[0].value == 0.3
    assert found.counts == {"event": 2, "error": 1, "vital": 1, "session": 1}
    assert (found.first_at, found.last_at) == (ago(60), ago(20))
    assert [row.ref for row in timeline.of_visitors(project, [2], period=DAY, environment="live").rows] == ["e2"]
    assert timeline.of_visitors(project, [], period=DAY).rows == ()


def test_a_group_s_events_say_so(project: Project) -> None:
    own, other = {"$group/company": "acme"}, {"$group/company": "acme 2", "$group/team": "acme"}
    store(project, events=[
        {"at": ago(minute), "event": "paid", "visitor": minute, "event_id": str(minute), "properties": properties}
        for minute, properties in ((1, own), (2, other), (3, {}))
    ])  # fmt: skip
    assert [row.ref for row in timeline.of_group(project, "company", "acme", period=DAY).rows] == ["1"]


def test_long_timelines_have_pages(project: Project) -> None:
    store(project, events=[
        {"at": ago(minute), "event": "e", "visitor": 1, "event_id": f"{minute:03}"} for minute in range(1, 121)
    ])  # fmt: skip
    last = timeline.of_visitors(project, [1], period=DAY, page=99)
    assert (last.page, last.pages, [row.ref for row in last.rows][-1], len(last.rows)) == (3, 3, "120", 20)


def test_a_merge_counts_back(project: Project) -> None:
    store(
        project,
        events=[{"at": ago(abs(n)), "event": "e", "visitor": n * 2**50, "event_id": str(n)} for n in (-5, 2, 3)],
    )

    def persons() -> int:
        sql = "SELECT count(DISTINCT e.visitor) AS persons FROM events e"
        with engine.read(project.pk, {"events": DAY}, with_persons=True) as facts:
            return int(facts.ask(sql)[0]["persons"])

    assert persons() == 3
    merge(project, 2 * 2**50, 3 * 2**50)
    assert persons() == 2
    merge(project, -5 * 2**50, 3 * 2**50)
    assert persons() == 1
