"""Refused keys, failed logins, reports of browsers and limits hit: how many over time, from where, the last ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import engine, periods, rollups
from analytics.periods import Period
from analytics.rollups.cells import NOTHING
from analytics.statistics import baselines, comparisons
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import Comparison
from events.models import Project


@dataclass(frozen=True, slots=True)
class SecurityLine:
    """Events of one kind that share what they were about."""

    kind: str
    subject: str
    reason: str
    count: int
    addresses: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SecurityEvents:
    """`kinds[kind][i]` events from `starts[i]` for one `step`."""

    starts: tuple[datetime, ...]
    step: timedelta
    kinds: Mapping[str, tuple[int, ...]]
    comparisons: Mapping[str, Comparison]
    lines: tuple[SecurityLine, ...]


def security_events(
    project: Project,
    *,
    period: Period,
    now: datetime,
    kind: str = "",
    environment: str = "",
    most: int = 100,
    baseline: Baseline | None = None,
) -> SecurityEvents:
    """Return the security events of the period; the lines are grouped and the most frequent come first."""
    step = periods.step_for(period)
    starts = tuple(periods.buckets(period, step))
    where = rollups.only(kind=kind, environment=environment)
    cells = rollups.read(project.pk, "security", period=period, step=step, now=now)
    baseline = baseline or baselines.previous(period)
    sides = baselines.read(project.pk, "security", baseline=baseline, period=period, cells=cells, now=now)
    after, before = (side.by("kind", where=where).groups() for side in sides)
    counts = cells.by("kind", step=step // timedelta(minutes=1), where=where).counts()
    totals = cells.by("kind", where=where).groups()
    length = baseline.after.length / timedelta(minutes=1)
    return SecurityEvents(
        starts=starts,
        step=step,
        kinds={
            labels[0]: tuple(counts.get((rollups.minute_of(start), labels), 0) for start in starts)
            for labels in sorted(totals)
        },
        comparisons={
            labels[0]: comparisons.rates(
                after.get(labels, NOTHING).count, length, before.get(labels, NOTHING).count, length
            )
            for labels in totals
        },
        lines=_lines(project, period=period, kind=kind, environment=environment, most=most),
    )


def _lines(project: Project, *, period: Period, kind: str, environment: str, most: int) -> tuple[SecurityLine, ...]:
    sql = """
        SELECT coalesce(s.kind, '') AS kind, coalesce(s.directive || ' ' || s.blocked_host, s.blocked_host,
               s.document_route, '') AS subject, coalesce(s.reason, '') AS reason,
               sum(coalesce(s.quantity, 1))::BIGINT AS count, count(DISTINCT s.address) AS addresses,
               min(s."at") AS first_at, max(s."at") AS last_at
        FROM security s
        WHERE ($kind = '' OR s.kind = $kind) AND ($environment = '' OR s.environment = $environment)
        GROUP BY 1, 2, 3 ORDER BY count DESC, last_at DESC LIMIT $most
    """
    with engine.read(project.pk, {"security": period}) as facts:
        return tuple(
            SecurityLine(**row) for row in facts.ask(sql, {"kind": kind, "environment": environment, "most": most})
        )
