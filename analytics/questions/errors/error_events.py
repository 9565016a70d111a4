"""The errors of a period one by one: the evidence behind a bar of a chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from analytics import engine
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project

PAGE = 50
FARTHEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    at: datetime
    event_id: str
    group_hash: str
    level: str
    type: str | None
    environment: str | None
    release: str | None
    route: str | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of the events, newest first; `total` counts all of them."""

    rows: tuple[ErrorEvent, ...]
    total: int
    page: int
    pages: int


def error_events(
    project: Project,
    *,
    period: Period,
    environment: str = "",
    groups: Iterable[UUID] | None = None,
    level: str = "",
    release: str = "",
    handled: bool | None = None,
    page: int = 1,
    size: int = PAGE,
) -> EventPage:
    """Return one page, of `size`, of the errors for which all that is given holds."""
    condition, bound = filters.errors(groups=groups, environment=environment)
    if level:
        condition += " AND coalesce(e.level, 'error') = $level"
        bound["level"] = level
    if release:
        condition += " AND e.release = $release"
        bound["release"] = release
    if handled is not None:
        condition += " AND e.handled = $handled"
        bound["handled"] = handled
    sql = f"""
        SELECT e."at", e.event_id, e.group_hash, coalesce(e.level, 'error') AS level, e."type", e.environment,
               e.release, e.route
        FROM errors e WHERE {condition} ORDER BY e."at" DESC, e.event_id DESC LIMIT $size OFFSET $skipped
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        total = facts.ask(f"SELECT count(*) AS total FROM errors e WHERE {condition}", bound)[0]["total"]
        pages = min(max(1, -(-total // size)), FARTHEST_PAGE)
        page = min(max(1, page), pages)
        rows = facts.ask(sql, {**bound, "size": size, "skipped": (page - 1) * size})
    return EventPage(tuple(ErrorEvent(**row) for row in rows), total, page, pages)
