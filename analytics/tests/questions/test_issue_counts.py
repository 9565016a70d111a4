"""The numbers of the issue list are those of its period."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from analytics.engine import QueryTimeout
from analytics.periods import Period
from analytics.questions.errors import issue_counts, issue_list
from analytics.questions.errors.issue_counts import Counts
from events.facts import segments
from events.issues import search
from events.models import Issue, IssueGroup, Project
from events.tests import make

HOUR = timedelta(hours=1)


def seen(group: IssueGroup, *moments: datetime, user: int | None = None, environment: str = "production") -> None:
    """One error of the group at each moment."""
    rows = [
        {"at": at, "event_id": uuid.uuid4().hex, "group_hash": group.hash.hex, "environment": environment,
         "level": "error", "user_key": user, "tags": {}}
        for at in moments
    ]  # fmt: skip
    with transaction.atomic():
        segments.write({(group.project_id, "errors"): rows}, now=max(moments))


def listed(project: Project, *, now: datetime, **options: Any) -> list[issue_list.Row]:
    found = issue_list.issue_list(project, search=search.parse("", now=now), now=now, **options)
    return list(found.rows)


def test_only_the_period_counts_and_the_points_span_it(project: Project, now: datetime) -> None:
    issue = make.issue(project, events=900, users=(1, 2, 3), last_seen_at=now)
    group = issue.groups.get()
    seen(group, now - 20 * HOUR, now - HOUR, user=1)
    seen(group, now - 2 * HOUR, user=2)
    seen(group, now - 40 * HOUR, now - 41 * HOUR, user=3)
    (row,) = listed(project, now=now, start=now - 24 * HOUR, end=now)
    assert row.counts is not None
    assert (row.counts.events, row.counts.users, sum(row.counts.points)) == (3, 2, 3)
    assert len(row.counts.points) <= issue_counts.POINTS
    (row,) = listed(project, now=now, start=now - timedelta(days=7), end=now)
    assert row.counts
    assert (row.counts.events, row.counts.users) == (5, 3)
    first = next(place for place, count in enumerate(row.counts.points) if count)
    assert first > len(row.counts.points) / 2  # the older half of the week is drawn, and empty
    (row,) = listed(project, now=now, start=now - timedelta(minutes=15), end=now)
    assert row.counts
    assert (row.counts.events, row.counts.users, any(row.counts.points)) == (0, 0, False)
    assert row.issue.event_count == 900


def test_a_person_of_two_merged_groups_counts_once(project: Project, now: datetime) -> None:
    issue = make.issue(project, groups=2, last_seen_at=now)
    for group in issue.groups.all():
        seen(group, now - HOUR, user=7)
    (row,) = listed(project, now=now, start=now - 24 * HOUR, end=now)
    assert row.counts
    assert (row.counts.events, row.counts.users) == (2, 1)


def test_the_environment_is_that_of_the_page(project: Project, now: datetime) -> None:
    issue = make.issue(project, last_seen_at=now)
    group = issue.groups.get()
    make.hours(group, {1: 1}, environment="staging", now=now)
    seen(group, now - HOUR, environment="staging")
    seen(group, now - HOUR, now - 2 * HOUR)
    (row,) = listed(project, now=now, start=now - 24 * HOUR, end=now, environment="staging")
    assert row.counts
    assert row.counts.events == 1


def test_orders_follow_the_counts_of_the_period(project: Project, now: datetime) -> None:
    loud = make.issue(project, title="loud once", events=10_000, users=(1, 2, 3), last_seen_at=now)
    today = make.issue(project, title="loud today", events=3, users=(1,), last_seen_at=now)
    seen(loud.groups.get(), now - HOUR, user=1)
    seen(today.groups.get(), now - HOUR, now - 2 * HOUR, user=1)
    seen(today.groups.get(), now - HOUR, user=2)
    for sort in ("events", "users"):
        rows = listed(project, now=now, start=now - 24 * HOUR, end=now, sort=sort)
        assert [row.issue.title for row in rows] == ["loud today", "loud once"]
        rows = listed(project, now=now, sort=sort)  # of no period: all their life
        assert [row.issue.title for row in rows] == ["loud once", "loud today"]


def test_facts_that_cannot_be_read_leave_the_list(project: Project, now: datetime, monkeypatch: Any) -> None:
    make.issue(project, last_seen_at=now)

    def late(*args: Any, **options: Any) -> None:
        raise QueryTimeout("too slow")

    monkeypatch.setattr(issue_counts.engine, "read", late)
    for sort in issue_list.SORTS:
        (row,) = listed(project, now=now, start=now - HOUR, end=now, sort=sort)
        assert row.counts is None


def test_nothing_is_asked_of_no_group(project: Project, now: datetime) -> None:
    assert issue_counts.issue_counts(project, groups={}, period=Period(now - HOUR, now)) == {}
    assert issue_counts.issue_totals(project, groups={}, period=Period(now - HOUR, now)) == {}
    empty: Issue = make.issue(project, groups=0, last_seen_at=now)
    (row,) = listed(project, now=now, start=now - HOUR, end=now)
    assert (row.issue, row.counts) == (empty, Counts())
