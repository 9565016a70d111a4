"""How many requests there were over time, how many failed, and how long they took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics import periods, rollups
from analytics.periods import Period
from analytics.rollups.cells import Cells, Measure
from analytics.rollups.declared import narrowest
from analytics.statistics import baselines, comparisons
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import Comparison
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
    p50: Comparison
    p95: Comparison
    p99: Comparison
    rate: Comparison
    failures: Comparison

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*self.statuses.values(), strict=True))) if self.statuses else (0,) * len(self.starts)


def counted_by(where: Mapping[str, str]) -> dict[str, Any]:
    """What questions about requests take for columns and what they must be: dimensions of the rollup, and `having`."""
    ahead = {name: where.get(name, "") for name in ("route", "release")}
    return {**ahead, "having": {name: value for name, value in where.items() if name not in ahead}}


def request_rates(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    release: str = "",
    route: str = "",
    having: Mapping[str, str] | None = None,
    step: timedelta | None = None,
    baseline: Baseline | None = None,
) -> RequestRates:
    """Return the requests of the period in buckets of `step`, compared with the baseline (the period before).

    Failed is 5xx. `having` are further columns of requests and their values, counted from the facts.
    """
    baseline = baseline or baselines.previous(period)
    step = step or periods.step_for(period)
    starts = tuple(periods.buckets(period, step))
    where = rollups.only(environment=environment, release=release, route=route)
    name = narrowest("requests", {"status", *where})
    cells = rollups.read(project.pk, name, period=period, step=step, now=now, having=having)
    after, before = baselines.read(
        project.pk, name, baseline=baseline, period=period, cells=cells, now=now, having=having
    )
    minutes = step // timedelta(minutes=1)
    counts = cells.by("status", step=minutes, where=where, is_counting=True).counts()
    statuses = sorted({labels[0] for _, labels in counts})
    measure, failed = whole(cells, where)
    (measure_after, failed_after), (measure_before, failed_before) = whole(after, where), whole(before, where)
    lengths = [span.length / timedelta(minutes=1) for span in (baseline.after, baseline.before)]
    p50, p95, p99 = (
        comparisons.quantiles(measure_after.histogram, measure_before.histogram, q) for q in (0.5, 0.95, 0.99)
    )
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
        p50=p50,
        p95=p95,
        p99=p99,
        rate=comparisons.rates(measure_after.count, lengths[0], measure_before.count, lengths[1]),
        failures=comparisons.shares(failed_after, measure_after.count, failed_before, measure_before.count),
    )


def whole(cells: Cells, where: dict[str, tuple[str, ...]]) -> tuple[Measure, int]:
    """Return all requests together, and how many of them failed."""
    return cells.by(where=where).at_once(), cells.by(
        where={**where, "status": (FAILED,)}, is_counting=True
    ).at_once().count


def durations(measure: Measure) -> Durations:
    return Durations(*measure.histogram.quantiles(SHARES))
