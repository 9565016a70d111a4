"""From accepted items to issues, occurrences and facts."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import ProgrammingError, connection

from events.digest import loop, pipeline
from events.ingest import accounting, inbox, payloads
from events.ingest.payloads import Packed
from events.models import (
    DeadLetter,
    GroupHour,
    InboxItem,
    IngestKey,
    Issue,
    IssueGroup,
    Occurrence,
    Project,
    Release,
    Segment,
    Transition,
)
from events.runtime import bell
from events.tests.cast import rung


def error(number: int, now: datetime, **fields: Any) -> Packed:
    event = {
        "event_id": uuid.UUID(int=number).hex,
        "timestamp": now.isoformat(),
        "platform": "python",
        "level": "error",
        "environment": "production",
        "release": "shop@1.0",
        "user": {"key": f"u_{number % 3:016x}"},
        "exception": {"values": [{"type": "ValueError", "value": f"bad {number}", "stacktrace": {"frames": [
            {"module": "shop.views", "function": "pay", "filename": "shop/views.py", "lineno": number, "in_app": True}
        ]}}]},
    } | fields  # fmt: skip
    return Packed("error", uuid.UUID(int=number), 1, payloads.pack(event))


@pytest.fixture
def accept(project: Project, key: IngestKey, now: datetime) -> Any:
    def accept(*items: Packed) -> None:
        inbox.accept(items, project_id=project.pk, key_id=key.pk, now=now)

    return accept


def test_a_run_that_is_out_of_time_rings_for_what_is_left(accept: Any, now: datetime, clean_redis: redis.Redis) -> None:
    accept(error(1, now))
    assert loop.run(now=now, seconds=0.001).items == 1
    assert rung(clean_redis, bell.INBOX)


def test_errors_of_one_cause_become_one_issue(accept: Any, now: datetime) -> None:
    accept(*(error(n, now) for n in range(1, 8)))
    assert loop.run(now=now).items == 7
    issue = Issue.objects.get()
    assert (issue.event_count, issue.user_count, issue.title) == (7, 3, "ValueError: bad 1")
    assert (issue.first_release, issue.last_release, issue.status) == ("shop@1.0", "shop@1.0", "unresolved")
    assert IssueGroup.objects.get().event_count == 7
    assert GroupHour.objects.get().count == 7
    assert Release.objects.get().new_issue_count == 1
    assert Segment.objects.get().rows == 7
    assert not InboxItem.objects.exists()
    report = accounting.report()
    assert (report.received, report.stored, report.difference) == (7, 7, 0)


def test_counts_add_up_over_batches(accept: Any, now: datetime) -> None:
    for n in range(1, 6):
        accept(error(n, now))
        loop.run(now=now)
    issue = Issue.objects.get()
    assert (issue.event_count, issue.user_count) == (5, 3)
    assert [o.ordinal for o in Occurrence.objects.order_by("ordinal")] == [1, 2, 3, 4, 5]


def test_full_payloads_are_a_bounded_spread(accept: Any, now: datetime, settings: Any) -> None:
    settings.OBS_KEPT_OCCURRENCES = 10
    for start in range(1, 101, 10):
        accept(*(error(n, now) for n in range(start, start + 10)))
        loop.run(now=now)
    kept = list(Occurrence.objects.order_by("ordinal").values_list("ordinal", flat=True))
    assert kept[0] == 1
    assert kept[-1] == 100
    assert 5 <= len(kept) <= 10
    assert Issue.objects.get().event_count == 100


def test_a_new_issue_is_announced_once(accept: Any, now: datetime) -> None:
    accept(error(1, now), error(2, now))
    loop.run(now=now)
    accept(error(3, now))
    loop.run(now=now)
    transition = Transition.objects.get()
    assert (transition.kind, transition.event_id, transition.claimed_at) == ("new_issue", uuid.UUID(int=1), None)


def test_a_resolved_issue_comes_back_as_a_regression(accept: Any, now: datetime) -> None:
    accept(error(1, now))
    loop.run(now=now)
    Issue.objects.update(status="resolved", resolved_at=now)
    accept(error(2, now + timedelta(minutes=5)))
    loop.run(now=now)
    issue = Issue.objects.get()
    assert (issue.status, issue.is_regressed, issue.resolved_at) == ("unresolved", True, None)
    assert Transition.objects.filter(kind="regression").count() == 1


def test_an_old_release_does_not_reopen_what_a_newer_one_fixed(accept: Any, now: datetime) -> None:
    accept(error(1, now, release="shop@1.0"))
    loop.run(now=now)
    Issue.objects.update(status="resolved", resolved_at=now, resolved_in_release="shop@2.0")
    accept(error(2, now + timedelta(hours=1), release="shop@1.5"))
    loop.run(now=now)
    assert Issue.objects.get().status == "resolved"
    accept(error(3, now + timedelta(hours=1), release="shop@2.0.1"))
    loop.run(now=now)
    assert Issue.objects.get().status == "unresolved"


def test_ignoring_ends_after_so_many_events(accept: Any, now: datetime) -> None:
    accept(error(1, now))
    loop.run(now=now)
    Issue.objects.update(status="ignored", ignored_at=now, ignored_until_events=3)
    accept(error(2, now))
    loop.run(now=now)
    assert Issue.objects.get().status == "ignored"
    accept(error(3, now))
    loop.run(now=now)
    assert Issue.objects.get().status == "unresolved"
    assert Transition.objects.filter(kind="unignored").get().detail["reason"] == "events"


def test_a_poisonous_item_is_buried_after_five_attempts_and_the_rest_is_stored(
    accept: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = pipeline.STEPS["error"]

    def explode(batch: Any, item: Any) -> str | None:
        if item.payload["event_id"] == uuid.UUID(int=2).hex:
            raise RuntimeError("poison")
        return None

    monkeypatch.setitem(pipeline.STEPS, "error", (explode, *steps))
    accept(error(1, now), error(2, now), error(3, now))
    for _ in range(6):
        loop.run(now=now)
        now += timedelta(minutes=5)
        assert accounting.report().difference == 0
    assert Issue.objects.get().event_count == 2
    letter = DeadLetter.objects.get()
    assert (letter.item_id, letter.attempts) == (uuid.UUID(int=2), 5)
    assert "poison" in letter.error
    report = accounting.report()
    assert (report.received, report.stored, report.dead_letter) == (3, 2, 1)


def test_a_dead_letter_can_be_replayed(accept: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    from events.ingest import dead_letters

    def explode(batch: Any, item: Any) -> str | None:
        raise RuntimeError("poison")

    with monkeypatch.context() as patched:
        patched.setitem(pipeline.STEPS, "error", (explode,))
        accept(error(1, now))
        for _ in range(5):
            loop.run(now=now)
            now += timedelta(minutes=5)
    assert dead_letters.replay(DeadLetter.objects.all(), actor=None, now=now) == 1
    loop.run(now=now)
    assert Issue.objects.get().event_count == 1
    report = accounting.report()
    assert (report.stored, report.dead_letter, report.difference) == (1, 0, 0)


@pytest.mark.parametrize("trouble", [OSError("no space left"), MemoryError(), ProgrammingError("no such table")])
def test_the_house_in_trouble_costs_no_item_an_attempt(
    accept: Any, now: datetime, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise trouble

    accept(error(1, now))
    with monkeypatch.context() as patched:
        patched.setattr(pipeline.segments, "write", fail)
        with pytest.raises(type(trouble)):
            loop.run(now=now)
    assert InboxItem.objects.get().attempts == 0
    assert loop.run(now=now).items == 1


def test_after_a_long_look_the_next_ones_begin_where_it_found_something(
    accept: Any, project: Project, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, cost = 0.0, 1.0

    def asked(execute: Any, sql: str, *others: Any) -> Any:
        nonlocal at
        at += cost if "FOR UPDATE" in sql else 0.0
        return execute(sql, *others)

    def looked() -> list[int]:
        return [item.item_id.int for item in loop._claim(10, now=now)]

    monkeypatch.setattr(loop, "floor", loop.Floor(clock=lambda: at))
    accept(error(1, now))
    accept(error(2, now))
    lowest = InboxItem.objects.earliest("pk").pk
    with connection.execute_wrapper(asked):
        assert looked() == [1, 2]
        cost = 0.01
        late = InboxItem.objects.create(
            pk=lowest - 1, project=project, kind="error", item_id=uuid.UUID(int=3), received_at=now, payload=b""
        )
        assert looked() == [1, 2]
        InboxItem.objects.exclude(pk=late.pk).delete()
        assert looked() == []
        at += loop.LOOKS_WITHOUT
        assert looked() == [3]
        at, cost = at - 1, 1.0
        late.delete()
        accept(error(4, now))
        assert looked() == [4]
        # One that took long and found nothing begins after what was found last.
        InboxItem.objects.all().delete()
        at += loop.LOOKS_WITHOUT
        assert looked() == []
        accept(error(5, now))
        cost = 0.01
        assert looked() == [5]
