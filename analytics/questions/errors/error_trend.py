"""How many errors there were per bucket and level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from analytics import engine, periods
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project


@dataclass(frozen=True, slots=True)
class ErrorTrend:
    """Errors per bucket: `levels[level][i]` counts from `starts[i]` for one `step`."""

    starts: tuple[datetime, ...]
    step: timedelta
    levels: dict[str, tuple[int, ...]]

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*self.levels.values(), strict=True))) if self.levels else (0,) * len(self.starts)


def error_trend(
    project: Project,
    *,
    period: Period,
    groups: Iterable[UUID] | None = None,
    environment: str = "",
    step: timedelta | None = None,
) -> ErrorTrend:
    """Return the errors of the period in buckets of `step`, by default the finest that a chart can show."""
    step = step or periods.step_for(period)
    starts = periods.buckets(period, step)
    condition, bound = filters.errors(groups=groups, environment=environment)
    index, clock = filters.bucket('e."at"', starts=starts, step=step)
    sql = f"""
        SELECT {index} AS place, coalesce(e.level, 'error') AS severity, count(*) AS errors
        FROM errors e WHERE {condition} GROUP BY ALL
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        rows = facts.ask(sql, {**bound, **clock})
    levels: dict[str, list[int]] = {}
    for row in rows:
        levels.setdefault(row["severity"], [0] * len(starts))[row["place"]] = row["errors"]
    return ErrorTrend(tuple(starts), step, {level: tuple(counts) for level, counts in sorted(levels.items())})
