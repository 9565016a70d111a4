"""The numbers on top of a project's first page, each over time and against the period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from analytics import periods, rollups
from analytics.periods import Period
from analytics.rollups.cells import Cells, Measure
from analytics.statistics import baselines, comparisons
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import Comparison
from events.models import Project

Where = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Tile:
    """One number: what it is in the period, over time, and how it changed. `comparison` counts its samples."""

    value: float | None
    trend: tuple[float | None, ...]
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Overview:
    """Errors and requests are per minute, p95 and LCP in milliseconds, the rest shares of 1."""

    starts: tuple[datetime, ...]
    step: timedelta
    errors: Tile
    throughput: Tile
    p95: Tile
    failures: Tile
    lcp: Tile
    crash_free: Tile


def overview(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    device: str = "",
    points: int = 30,
    baseline: Baseline | None = None,
) -> Overview:
    """Return the overview of the period, compared with the baseline (the period before)."""
    baseline = baseline or baselines.previous(period)
    step = periods.step_for(period, most=points + 1)
    starts = tuple(periods.buckets(period, step))

    names = ("traffic", "errors", "sessions", "page_vitals")
    spans = (period, baseline.before, baseline.after)
    rollups.read_ahead(project.pk, names, periods=spans, steps=(step, None), now=now)
    found = rollups.read_many(project.pk, names, period=period, step=step, now=now)
    before = rollups.read_many(project.pk, names, period=baseline.before, now=now)
    after = found if baseline.after == period else rollups.read_many(project.pk, names, period=baseline.after, now=now)
    read = {name: _Sides(found[name], after[name], before[name]) for name in names}
    where = rollups.only(environment=environment)
    frame = _Frame(period, baseline, starts, step)
    traffic, sessions = read["traffic"], read["sessions"]
    lcp = rollups.only(environment=environment, metric="LCP", device=device)
    return Overview(
        starts=starts,
        step=step,
        errors=frame.rate(read["errors"], where),
        throughput=frame.rate(traffic, where),
        p95=frame.quantile(traffic, where, 0.95),
        failures=frame.share(traffic, where, {**where, "status": ("5xx",)}),
        lcp=frame.quantile(read["page_vitals"], lcp, 0.75),
        crash_free=frame.share(sessions, where, {**where, "outcome": ("healthy", "errored", "abnormal")}),
    )


class _Sides(NamedTuple):
    """The cells of the period, and of the two spans to compare."""

    whole: Cells
    after: Cells
    before: Cells


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all tiles share."""

    period: Period
    baseline: Baseline
    starts: tuple[datetime, ...]
    step: timedelta

    def rate(self, sides: _Sides, where: Where) -> Tile:
        whole, after, before = (_all(one, where).count for one in sides)
        spans = self.period, self.baseline.after, self.baseline.before
        lengths = [span.length / timedelta(minutes=1) for span in spans]
        minutes = self.step / timedelta(minutes=1)
        trend = tuple(one.count / minutes for one in self._over_time(sides.whole, where))
        return Tile(whole / lengths[0], trend, comparisons.rates(after, lengths[1], before, lengths[2]))

    def quantile(self, sides: _Sides, where: Where, q: float) -> Tile:
        whole, after, before = (_all(one, where) for one in sides)
        trend = tuple(one.quantile(q) for one in self._over_time(sides.whole, where))
        return Tile(whole.quantile(q), trend, comparisons.quantiles(after.histogram, before.histogram, q))

    def share(self, sides: _Sides, where: Where, hits: Where) -> Tile:
        whole, after, before = ((_all(one, hits).count, _all(one, where).count) for one in sides)
        pairs = zip(self._over_time(sides.whole, hits), self._over_time(sides.whole, where), strict=True)
        trend = tuple(hit.count / of.count if of.count else None for hit, of in pairs)
        return Tile(whole[0] / whole[1] if whole[1] else None, trend, comparisons.shares(*after, *before))

    def _over_time(self, cells: Cells, where: Where) -> list[Measure]:
        return rollups.along(self.starts, cells.by(step=self.step // timedelta(minutes=1), where=where))


def _all(cells: Cells, where: Where) -> Measure:
    return cells.by(where=where).at_once()
