"""Which endpoints there are: how often, how long, how many failed, and their share of all time spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import baselines, comparisons, periods, rollups
from analytics.baselines import Baseline
from analytics.cells import NOTHING
from analytics.comparisons import Comparison
from analytics.periods import Period
from analytics.queries.request_rates import FAILED, Durations, durations
from events.models import Project

SORTS = ("time", "count", "p50", "p95", "p99", "failures")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route: requests a minute, durations, share that failed, share of all requests' time, counts over time."""

    route: str
    count: int
    per_minute: float
    durations: Durations
    failure_share: float
    time_share: float
    trend: tuple[int, ...]
    p95: Comparison


def endpoints(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    release: str = "",
    sort: str = "time",
    most: int = 100,
    points: int = 24,
    baseline: Baseline | None = None,
) -> tuple[Endpoint, ...]:
    """Return the routes of the period, the first by `sort` (one of SORTS) first; p95 is compared with the baseline.

    The baseline is the period before when not said. Raises ValueError for another sort.
    """
    if sort not in SORTS:
        raise ValueError(f"Endpoints are sorted by {', '.join(SORTS)}.")
    step = periods.step_for(period, most=points + 1)
    where = rollups.only(environment=environment, release=release)
    cells = rollups.read(project.pk, "requests", period=period, step=step, now=now)
    after, before = (
        side.by("route", where=where).groups()
        for side in baselines.read(
            project.pk, "requests", baseline=baseline or baselines.previous(period), period=period, cells=cells, now=now
        )
    )
    routes = cells.by("route", where=where).groups()
    failed = cells.by("route", where={**where, "status": (FAILED,)}, is_counting=True).groups()
    trends = cells.by("route", step=step // timedelta(minutes=1), where=where, is_counting=True).counts()
    spent = sum(measure.total for measure in routes.values())
    minutes = [rollups.minute_of(start) for start in periods.buckets(period, step)]
    found = [
        Endpoint(
            route=labels[0],
            count=measure.count,
            per_minute=measure.count / (period.length / timedelta(minutes=1)),
            durations=durations(measure),
            failure_share=failed.get(labels, NOTHING).count / measure.count,
            time_share=measure.total / spent if spent else 0.0,
            trend=tuple(trends.get((minute, labels), 0) for minute in minutes),
            p95=comparisons.quantiles(
                after.get(labels, NOTHING).histogram, before.get(labels, NOTHING).histogram, 0.95
            ),
        )
        for labels, measure in routes.items()
    ]
    return tuple(sorted(found, key=lambda endpoint: (-_rank(endpoint, sort), endpoint.route))[:most])


def _rank(endpoint: Endpoint, sort: str) -> float:
    named = {
        "time": endpoint.time_share,
        "count": endpoint.count,
        "failures": endpoint.failure_share,
        "p50": endpoint.durations.p50 or 0.0,
        "p95": endpoint.durations.p95 or 0.0,
        "p99": endpoint.durations.p99 or 0.0,
    }
    return named[sort]
