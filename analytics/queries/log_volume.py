"""How many log lines there were per bucket and level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import engine, filters, log_terms, periods
from analytics.periods import Period
from events.models import Project
from events.search import Search


@dataclass(frozen=True, slots=True)
class LogVolume:
    """Lines per bucket: `levels[level][i]` counts from `starts[i]` for one `step`."""

    starts: tuple[datetime, ...]
    step: timedelta
    levels: dict[str, tuple[int, ...]]


def log_volume(
    project: Project, *, search: Search, period: Period, environment: str = "", step: timedelta | None = None
) -> LogVolume:
    """Return the lines that the search finds in buckets of `step`. Raises SearchError."""
    step = step or periods.step_for(period, most=90)
    starts = periods.buckets(period, step)
    condition, bound = log_terms.condition(search, environment=environment)
    index, clock = filters.bucket('l."at"', starts=starts, step=step)
    sql = f"""
        SELECT {index} AS place, coalesce(l.level, 'info') AS severity, count(*) AS lines
        FROM logs l WHERE {condition} GROUP BY ALL
    """
    with engine.read(project.pk, {"logs": period}) as facts:
        rows = facts.ask(sql, {**bound, **clock})
    levels: dict[str, list[int]] = {}
    for row in rows:
        levels.setdefault(row["severity"], [0] * len(starts))[row["place"]] = row["lines"]
    return LogVolume(tuple(starts), step, {level: tuple(counts) for level, counts in sorted(levels.items())})
