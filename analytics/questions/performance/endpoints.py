"""Which endpoints there are: how often, how long, how many failed, and their share of all time spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import periods, rollups
from analytics.periods import Period
from analytics.questions.performance.request_rates import FAILED, Durations, durations
from analytics.rollups.cells import NOTHING, Cells, Labels, Measure
from analytics.statistics import baselines, comparisons
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import Comparison
from events.models import Project

Where = Mapping[str, tuple[str, ...]]
Routes = tuple[dict[Labels, Measure], dict[Labels, Measure]]
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
    rate: Comparison
    failures: Comparison


def endpoints(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    release: str = "",
    route: str = "",
    having: Mapping[str, str] | None = None,
    sort: str = "time",
    most: int = 100,
    points: int = 24,
    baseline: Baseline | None = None,
) -> tuple[Endpoint, ...]:
    """Return the routes of the period, the first by `sort` (one of SORTS) first, compared with the baseline.

    The baseline is the period before when not said. Raises ValueError for another sort.
    """
    if sort not in SORTS:
        raise ValueError(f"Endpoints are sorted by {', '.join(SORTS)}.")
    step = periods.step_for(period, most=points + 1)
    where = rollups.only(environment=environment, release=release, route=route)
    cells = rollups.read(project.pk, "requests", period=period, step=step, now=now, having=having)
    baseline = baseline or baselines.previous(period)
    after, before = baselines.read(
        project.pk, "requests", baseline=baseline, period=period, cells=cells, now=now, having=having
    )
    changes = _Changes(_by_route(after, where), _by_route(before, where), baseline.after.length / timedelta(minutes=1))
    routes, failed = _by_route(cells, where)
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
            **changes.of(labels),
        )
        for labels, measure in routes.items()
    ]
    return tuple(sorted(found, key=lambda endpoint: (-_rank(endpoint, sort), endpoint.route))[:most])


def _by_route(cells: Cells, where: Where) -> Routes:
    """All requests of each route, and those that failed."""
    failed = cells.by("route", where={**where, "status": (FAILED,)}, is_counting=True)
    return cells.by("route", where=where).groups(), failed.groups()


@dataclass(frozen=True, slots=True)
class _Changes:
    """The routes of two spans of `minutes` each."""

    after: Routes
    before: Routes
    minutes: float

    def of(self, labels: Labels) -> dict[str, Comparison]:
        (now, failed), (before, failed_before) = (
            [groups.get(labels, NOTHING) for groups in side] for side in (self.after, self.before)
        )
        return {
            "p95": comparisons.quantiles(now.histogram, before.histogram, 0.95),
            "rate": comparisons.rates(now.count, self.minutes, before.count, self.minutes),
            "failures": comparisons.shares(failed.count, now.count, failed_before.count, before.count),
        }


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
