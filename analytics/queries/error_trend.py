"""How many errors there were per bucket and level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from analytics import engine, filters, periods
from analytics.periods import Period
from events.models import Project


@dataclass(frozen=True, slots=True)
class ErrorTrend:
    """Errors per bucket: `levels[level][i]` counts from `starts[i]` for one `step`; `users[i]` are distinct users."""

    starts: tuple[datetime, ...]
    step: timedelta
    levels: dict[str, tuple[int, ...]]
    users: tuple[int, ...]

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
    sql = f"""
        WITH chosen AS (
            SELECT time_bucket($step, e."at", $origin) AS start, coalesce(e.level, 'error') AS level, e.user_key
            FROM errors e WHERE {condition}
        )
        SELECT start, level, count(*) AS errors, NULL AS users FROM chosen GROUP BY start, level
        UNION ALL
        SELECT start, NULL, NULL, count(DISTINCT user_key) FROM chosen GROUP BY start
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        rows = facts.ask(sql, {**bound, "step": step, "origin": periods.ORIGIN})
    place = {start: index for index, start in enumerate(starts)}
    levels: dict[str, list[int]] = {}
    users = [0] * len(starts)
    for row in rows:
        index = place[row["start"]]
        if row["level"] is None:
            users[index] = row["users"]
        else:
            levels.setdefault(row["level"], [0] * len(starts))[index] = row["errors"]
    by_level = {level: tuple(counts) for level, counts in sorted(levels.items())}
    return ErrorTrend(tuple(starts), step, by_level, tuple(users))
