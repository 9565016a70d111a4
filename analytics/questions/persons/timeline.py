"""What happened to somebody, newest first: events, errors, web vitals and sessions of all their ids, or of a group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import engine
from analytics.engine.deduplication import REPEATS
from analytics.periods import Period
from events.models import Project

PAGE = 50
FARTHEST_PAGE = 200
KINDS = ("event", "error", "vital", "session")


@dataclass(frozen=True, slots=True)
class Happening:
    """One line. `name` is the event, the error's type, the vital or the session's status; `value` that of a vital, in
    milliseconds but for CLS; `ref` is the error's group, the trace of a vital, else the id of what happened."""

    at: datetime
    kind: str
    name: str
    place: str | None
    environment: str | None
    release: str | None
    value: float | None
    ref: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of it; `counts` (by kind) and the moments are of the whole period."""

    rows: tuple[Happening, ...]
    counts: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None
    page: int
    pages: int


# Reports that come again count once, as of their first moment with their last word.
_OF_VISITORS = """
    WITH happened AS (
        SELECT e."at", 'event' AS kind, e.event AS name, coalesce(e.path, e.host) AS place, e.environment, e.release,
               NULL::DOUBLE AS value, e.event_id AS ref
        FROM events e WHERE e.visitor IN $visitors
        UNION ALL
        SELECT x."at", 'error', coalesce(x."type", x.level, 'error'), x.route, x.environment, x.release, NULL,
               x.group_hash
        FROM errors x WHERE x.user_key IN $visitors
        UNION ALL
        SELECT min(v."at"), 'vital', max(v.metric), max(v.route), max(v.environment), max(v.release),
               arg_max(v.value, coalesce(v.received_at, v."at")), max(v.trace_id)
        FROM vitals v WHERE v.user_key IN $visitors AND v.metric_id IS NOT NULL GROUP BY v.metric_id
        UNION ALL
        SELECT min(s."at"), 'session', arg_max(coalesce(s.status, 'ok'), coalesce(s.seq, 0)), NULL,
               max(s.environment), max(s.release), NULL, s.sid
        FROM sessions s WHERE s.user_key IN $visitors AND s.sid IS NOT NULL GROUP BY s.sid
    )
"""
_OF_GROUP = """
    WITH happened AS (
        SELECT e."at", 'event' AS kind, e.event AS name, coalesce(e.path, e.host) AS place, e.environment, e.release,
               NULL::DOUBLE AS value, e.event_id AS ref
        FROM events e WHERE e.properties[$name] = $key
    )
"""
_WHERE = '($environment = \'\' OR environment = $environment) AND "at" >= $start AND "at" < $end'


def of_visitors(
    project: Project, visitors: Iterable[int], *, period: Period, environment: str = "", page: int = 1
) -> Timeline:
    """What the visitors did and met; those of one person, say."""
    # A vital or session that is told of again after the period is one of the period all the same.
    wanted = {"events": period, "errors": period} | dict.fromkeys(
        ("vitals", "sessions"), Period(period.start, period.end + REPEATS)
    )
    bound = {"visitors": list(visitors)}
    return _asked(project, _OF_VISITORS, bound, wanted, period=period, environment=environment, page=page)


def of_group(
    project: Project, kind: str, key: str, *, period: Period, environment: str = "", page: int = 1
) -> Timeline:
    """The events that say they belong to a group, such as `company` `acme`."""
    bound = {"name": f"$group/{kind}", "key": key}
    return _asked(project, _OF_GROUP, bound, {"events": period}, period=period, environment=environment, page=page)


def _asked(
    project: Project,
    tables: str,
    bound: dict[str, Any],
    wanted: dict[str, Period],
    *,
    period: Period,
    environment: str,
    page: int,
) -> Timeline:
    bound |= {"environment": environment, "start": period.start, "end": period.end}
    counted = f"""{tables} SELECT kind, count(*) AS total, min("at") AS first_at, max("at") AS last_at
                  FROM happened WHERE {_WHERE} GROUP BY kind"""
    listed = f"""{tables} SELECT * FROM happened WHERE {_WHERE}
                 ORDER BY "at" DESC, kind, ref DESC LIMIT $size OFFSET $skipped"""
    with engine.read(project.pk, wanted) as facts:
        found = {row["kind"]: row for row in facts.ask(counted, bound)}
        pages = min(max(1, -(-sum(row["total"] for row in found.values()) // PAGE)), FARTHEST_PAGE)
        page = min(max(1, page), pages)
        rows = facts.ask(listed, {**bound, "size": PAGE, "skipped": (page - 1) * PAGE})
    return Timeline(
        tuple(Happening(**row) for row in rows),
        {kind: found[kind]["total"] for kind in KINDS if kind in found},
        min((row["first_at"] for row in found.values()), default=None),
        max((row["last_at"] for row in found.values()), default=None),
        page,
        pages,
    )
