"""How many log lines there were per bucket and level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import engine, periods, rollups
from analytics.engine.log_search import condition
from analytics.periods import Period
from analytics.statistics import baselines, comparisons
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import Comparison
from events.issues.search import Search
from events.models import Project


@dataclass(frozen=True, slots=True)
class LogVolume:
    """`levels[level][i]` lines from `starts[i]` for one `step`."""

    starts: tuple[datetime, ...]
    step: timedelta
    levels: Mapping[str, tuple[int, ...]]

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*self.levels.values(), strict=True))) if self.levels else (0,) * len(self.starts)

    def count(self, *levels: str) -> int:
        """Return the lines of these levels."""
        return sum(sum(self.levels.get(level, ())) for level in set(levels))


@dataclass(frozen=True, slots=True)
class LogChanges:
    """Lines a minute: all, those of error and fatal, and warnings."""

    lines: Comparison
    errors: Comparison
    warnings: Comparison


def log_volume(
    project: Project, *, period: Period, now: datetime, search: Search, environment: str = "", most: int = 120
) -> LogVolume:
    """Return the lines that a search finds; without terms they are counted already. Raises SearchError."""
    step = periods.step_for(period, most=most)
    starts = tuple(periods.buckets(period, step))
    if search.terms:
        counts = _counted(project, period=period, search=search, environment=environment, step=step)
    else:
        cells = rollups.read(project.pk, "logs", period=period, step=step, now=now)
        by_level = cells.by("level", step=step // timedelta(minutes=1), where=rollups.only(environment=environment))
        counts = {(rollups.moment_of(at), labels[0]): count for (at, labels), count in by_level.counts().items()}
    levels = sorted({level for _, level in counts})
    return LogVolume(
        starts, step, {level: tuple(counts.get((start, level), 0) for start in starts) for level in levels}
    )


def log_changes(
    project: Project,
    *,
    period: Period,
    now: datetime,
    search: Search,
    environment: str = "",
    baseline: Baseline | None = None,
    whole: LogVolume | None = None,
) -> LogChanges:
    """Return how the lines that a search finds differ from the baseline, the period before. Raises SearchError.

    `whole` is the volume of the period, where it is known already: what is counted in facts is counted once.
    """
    baseline = baseline or baselines.previous(period)
    known = {period: whole} if whole else {}
    after, before = (
        known.get(span) or log_volume(project, period=span, now=now, search=search, environment=environment, most=1)
        for span in (baseline.after, baseline.before)
    )
    length = baseline.after.length / timedelta(minutes=1)

    def of(*levels: str) -> Comparison:
        return comparisons.rates(after.count(*levels), length, before.count(*levels), length)

    return LogChanges(lines=of(*after.levels, *before.levels), errors=of("error", "fatal"), warnings=of("warning"))


def _counted(
    project: Project, *, period: Period, search: Search, environment: str, step: timedelta
) -> dict[tuple[datetime, str], int]:
    term, bound = condition(search, environment=environment)
    sql = f"""
        SELECT time_bucket($step, l."at", $origin) AS start, coalesce(l.level, '') AS level, count(*) AS count
        FROM logs l WHERE {term} GROUP BY ALL
    """
    with engine.read(project.pk, {"logs": period}) as facts:
        rows = facts.ask(sql, {**bound, "step": step, "origin": periods.origin(step)})
    return {(row["start"], row["level"]): row["count"] for row in rows}
