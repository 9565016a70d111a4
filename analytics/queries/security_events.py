"""What was refused, attacked or limited: security facts per bucket and kind, and the most frequent ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import engine, filters, periods
from analytics.periods import Period
from events.models import Project

KINDS = {
    "key_refused": "Refused keys",
    "login_failed": "Login failures",
    "csp": "CSP reports",
    "rate_limited": "Rate limits hit",
    "scope_refused": "Scopes refused",
    "nel": "Network errors",
    "report": "Other browser reports",
}
"""Kind -> what people call it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Events that say the same, how often, and when last; fields a kind has not are empty."""

    kind: str
    what: str
    blocked: str
    route: str
    disposition: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SecurityTrend:
    """Events per bucket: `kinds[kind][i]` counts from `starts[i]` for one `step`."""

    starts: tuple[datetime, ...]
    step: timedelta
    kinds: dict[str, tuple[int, ...]]

    @property
    def totals(self) -> dict[str, int]:
        return {kind: sum(counts) for kind, counts in self.kinds.items()}


def security_trend(
    project: Project, *, period: Period, environment: str = "", step: timedelta | None = None
) -> SecurityTrend:
    """Return the security events of the period by kind, in buckets of `step`."""
    step = step or periods.step_for(period, most=90)
    starts = periods.buckets(period, step)
    index, clock = filters.bucket('s."at"', starts=starts, step=step)
    sql = f"""
        SELECT {index} AS place, coalesce(s.kind, 'report') AS kind, sum(coalesce(s.quantity, 1))::BIGINT AS events
        FROM security s WHERE $environment = '' OR s.environment = $environment GROUP BY ALL
    """
    with engine.read(project.pk, {"security": period}) as facts:
        rows = facts.ask(sql, {**clock, "environment": environment})
    kinds: dict[str, list[int]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], [0] * len(starts))[row["place"]] = row["events"]
    return SecurityTrend(tuple(starts), step, {kind: tuple(counts) for kind, counts in sorted(kinds.items())})


def security_findings(
    project: Project, *, period: Period, environment: str = "", kind: str = "", most: int = 50
) -> tuple[Finding, ...]:
    """Return what was found most often, of one kind or all."""
    sql = """
        SELECT coalesce(kind, 'report') AS kind, coalesce(directive, reason, '') AS what,
               coalesce(blocked_host, '') AS blocked, coalesce(document_route, '') AS route,
               coalesce(disposition, '') AS disposition, sum(coalesce(quantity, 1))::BIGINT AS count,
               min("at") AS first_at, max("at") AS last_at
        FROM security
        WHERE ($environment = '' OR environment = $environment) AND ($kind = '' OR coalesce(kind, 'report') = $kind)
        GROUP BY 1, 2, 3, 4, 5 ORDER BY count DESC, last_at DESC, kind, what, blocked, route LIMIT $most
    """
    with engine.read(project.pk, {"security": period}) as facts:
        rows = facts.ask(sql, {"environment": environment, "kind": kind, "most": most})
    return tuple(Finding(**row) for row in rows)
