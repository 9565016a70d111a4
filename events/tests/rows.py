"""Builders of fact rows."""

from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from typing import Any

from events.facts import segments
from events.facts.segments import Place
from events.models import Segment
from events.tests.cast import NOW

TODAY = NOW.date()


def hexed(text: object) -> str:
    return md5(str(text).encode()).hexdigest()


def error(n: int = 0, *, at: datetime = NOW, group: object = "a", **columns: Any) -> dict[str, Any]:
    return {"at": at, "event_id": hexed(f"event {n}"), "group_hash": hexed(group), "level": "error", **columns}


def session(sid: object, *, at: datetime = NOW, seq: int = 0, status: str = "ok", **columns: Any) -> dict[str, Any]:
    return {"at": at, "sid": hexed(sid), "seq": seq, "status": status, **columns}


def store(project: Any, *rows: dict[str, Any], fact: str = "errors", now: datetime = NOW) -> list[Segment]:
    return segments.write({(project.pk, fact): rows}, now=now)


def spread(project: Any, count: int, *, files: int, day: date = TODAY) -> list[Segment]:
    """`count` errors of one day in `files` segments, groups and moments mixed."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    rows = [error(n, at=noon - timedelta(seconds=n * 7919 % 40000), group=n % 13) for n in range(count)]
    written = [store(project, *rows[part::files], now=noon)[0] for part in range(files)]
    Segment.objects.filter(pk__in=[s.pk for s in written]).update(created_at=noon)
    return written


def place(segment: Segment) -> Place:
    return Place(segment.project_id, segment.fact, segment.day)
