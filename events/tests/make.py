"""Builders of rows for tests: plain functions with defaults that make sense together."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from events.ingest import payloads
from events.issues import counters
from events.models import GroupUser, Issue, IssueGroup, Occurrence, Project, Release

NOW = datetime.fromisoformat("2026-11-23T12:00:00+00:00")


def issue(project: Project, *, groups: int = 1, users: tuple[int, ...] = (), events: int = 1, **fields: Any) -> Issue:
    """An issue of `groups` groups; each has `events` events and was met by `users`."""
    values = {
        "title": "ValueError: bad",
        "type": "ValueError",
        "value": "bad",
        "culprit": "app.views in show",
        "platform": "python",
        "first_seen_at": NOW - timedelta(days=2),
        "last_seen_at": NOW - timedelta(hours=1),
        "event_count": events * groups,
        "user_count": len(set(users)),
        **fields,
    }
    made = Issue.objects.create(project=project, **values)
    for _ in range(groups):
        group(made, events=events, users=users)
    return made


def group(of: Issue, *, events: int = 1, users: tuple[int, ...] = (), **fields: Any) -> IssueGroup:
    """A group of the issue, without changing the issue's own counters."""
    values = {
        "hash": uuid.uuid4(),
        "version": 1,
        "title": of.title,
        "culprit": of.culprit,
        "first_seen_at": of.first_seen_at,
        "last_seen_at": of.last_seen_at,
        "event_count": events,
        "user_count": len(set(users)),
        "first_issue_id": of.pk,
        **fields,
    }
    made = IssueGroup.objects.create(project=of.project, issue=of, **values)
    GroupUser.objects.bulk_create(GroupUser(group=made, user_key=user) for user in users)
    return made


def hours(of: IssueGroup, counts: dict[int, int], *, environment: str = "production", now: datetime = NOW) -> None:
    """Events of the group by hours ago."""
    start = now.replace(minute=0, second=0, microsecond=0)
    counters.put_hours(
        {(of.pk, start - timedelta(hours=ago), environment): count for ago, count in counts.items()}, now=now
    )


def occurrence(of: IssueGroup, *, ordinal: int = 1, payload: dict[str, Any] | None = None, **fields: Any) -> Occurrence:
    """A kept event of the group."""
    event_id = fields.pop("event_id", None) or uuid.uuid4()
    at = fields.pop("at", of.first_seen_at + timedelta(minutes=ordinal))
    values = {"received_at": at, "digested_at": at, "environment": "production", "release": "web@1.0.0", **fields}
    sent = payload or {"event_id": event_id.hex, "message": of.title, "platform": "python"}
    return Occurrence.objects.create(
        project=of.project, group=of, event_id=event_id, ordinal=ordinal, at=at, payload=payloads.pack(sent), **values
    )


def release(project: Project, version: str, **fields: Any) -> Release:
    return Release.objects.create(project=project, version=version, **fields)
