"""How many requests there were over time, how many failed, and how long they took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import comparisons, periods, rollups
from analytics.cells import Cells, Measure
from analytics.comparisons import Comparison
from analytics.periods import Period
from events.models import Project

SHARES = (0.5, 0.75, 0.95, 0.99)
FAILED = "5xx"


@dataclass(frozen=True, slots=True)
class Durations:
    """Percentiles in milliseconds; None without requests."""

    p50: float | None
    p75: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class RequestRates:
    """Requests by bucket: `statuses["5xx"][i]` began from `starts[i]` for one `step`; "" is no status."""

    starts: tuple[datetime, ...]
    step: timedelta
    statuses: dict[str, tuple[int, ...]]
    durations: tuple[Durations, ...]
    count: int
    failed: int
    total: Durations
    p95: Comparison
    rate: Comparison
    failures: Comparison

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*self.statuses.values(), strict=True))) if self.statuses else (0,) * len(self.starts)


def request_rates(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    release: str = "",
    route: str = "",
    step: timedelta | None = None,
) -> RequestRates:
    """Return the requests of the period in buckets of `step`, compared with the period before. Failed is 5xx."""
    step = step or periods.step_for(period)
    starts = tuple(periods.buckets(period, step))
    where = rollups.only(environment=environment, release=release, route=route)
    name = "requests" if release or route else "traffic"
    cells = rollups.read(project.pk, name, period=period, step=step, now=now)
    before = rollups.read(project.pk, name, period=period.previous(), now=now)
    minutes = step // timedelta(minutes=1)
    counts = cells.by("status", step=minutes, where=where, is_counting=True).counts()
    statuses = sorted({labels[0] for _, labels in counts})
    measure, failed = whole(cells, where)
    measure_before, failed_before = whole(before, where)
    length = period.length / timedelta(minutes=1)
    return RequestRates(
        starts=starts,
        step=step,
        statuses={
            status: tuple(counts.get((rollups.minute_of(start), (status,)), 0) for start in starts)
            for status in statuses
        },
        durations=tuple(durations(one) for one in rollups.along(starts, cells.by(step=minutes, where=where))),
        count=measure.count,
        failed=failed,
        total=durations(measure),
        p95=comparisons.quantiles(measure.histogram, measure_before.histogram, 0.95),
        rate=comparisons.rates(measure.count, length, measure_before.count, length),
        failures=comparisons.shares(failed, measure.count, failed_before, measure_before.count),
    )


def whole(cells: Cells, where: dict[str, tuple[str, ...]]) -> tuple[Measure, int]:
    """Return all requests together, and how many of them failed."""
    return cells.by(where=where).at_once(), cells.by(
        where={**where, "status": (FAILED,)}, is_counting=True
    ).at_once().count


def durations(measure: Measure) -> Durations:
    return Durations(*measure.histogram.quantiles(SHARES))
