"""The web vitals of a project: percentiles, shares, routes in bands, what a release made worse, and a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from analytics import engine, periods, rollups
from analytics.engine import deduplication, filters
from analytics.engine.deduplication import REPEATS
from analytics.periods import Period
from analytics.questions.vitals import cuts, percentiles
from analytics.rollups.cells import NOTHING, Cells, Measure
from analytics.rollups.declared import narrowest
from analytics.statistics import baselines, comparisons, scores
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import ENOUGH, Comparison
from analytics.statistics.scores import Score
from events.issues import known_releases, release_order
from events.issues.release_order import Orders
from events.models import Project
from events.values.vitals import RATINGS, THRESHOLDS, rating

# Which part of the attribution names the culprit.
CULPRITS = {
    "LCP": ("element", "target", "url"), "INP": ("interactionTarget", "target"),
    "CLS": ("largestShiftTarget", "target"), "FCP": ("url",), "TTFB": ("url",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vital:
    """One metric: its percentile now and over time, the shares of good, needs-improvement and poor, and the change."""

    metric: str
    count: int
    value: float | None
    rating: str
    shares: Mapping[str, float]
    trend: tuple[float | None, ...]
    counts: tuple[int, ...]
    comparison: Comparison

    @property
    def enough(self) -> bool:
        return self.count >= ENOUGH


@dataclass(frozen=True, slots=True)
class Vitals:
    starts: tuple[datetime, ...]
    step: timedelta
    percentile: float
    metrics: tuple[Vital, ...]
    score: Score | None


@dataclass(frozen=True, slots=True)
class RouteVital:
    """One metric of one route; `rating` is the band it is in, "" when samples are too few."""

    route: str
    count: int
    value: float
    rating: str
    good_share: float
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Regression:
    """A route whose metric is clearly worse in the newer of two releases."""

    metric: str
    route: str
    release: str
    before: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Culprit:
    """An element (or address) that was behind a metric: how often, and the percentile of those page loads."""

    target: str
    count: int
    value: float
    routes: int


@dataclass(frozen=True, slots=True)
class CountryVital:
    """One metric of one country (ISO 3166); `rating` is the band it is in, "" when samples are too few."""

    country: str
    count: int
    value: float
    rating: str
    good_share: float


def counted_by(where: Mapping[str, str]) -> dict[str, Any]:
    """What the questions here take for columns and what they must be: dimensions of the rollup, and `having`."""
    ahead = {name: where.get(name, "") for name in ("route", "device", "release")}
    return {**ahead, "having": {name: value for name, value in where.items() if name not in ahead}}


def vitals(
    project: Project,
    *,
    period: Period,
    now: datetime,
    q: float = 0.75,
    device: str = "",
    environment: str = "",
    release: str = "",
    route: str = "",
    having: Mapping[str, str] | None = None,
    most: int = 60,
    baseline: Baseline | None = None,
) -> Vitals:
    """Return each metric's percentile `q` in the period, compared with the baseline (the period before)."""
    step = periods.step_for(period, most=most)
    starts = tuple(periods.buckets(period, step))
    where = rollups.only(device=device, environment=environment, release=release, route=route)
    name = narrowest("vitals", {"metric", "rating", *where})
    cells = rollups.read(project.pk, name, period=period, step=step, now=now, having=having)
    baseline = baseline or baselines.previous(period)
    sides = baselines.read(project.pk, name, baseline=baseline, period=period, cells=cells, now=now, having=having)
    after, before = (side.by("metric", where=where).groups() for side in sides)
    by_metric, by_rating = (cells.by(*names, where=where).groups() for names in (("metric",), ("metric", "rating")))
    found = []
    for metric in THRESHOLDS:
        measure = by_metric.get((metric,), NOTHING)
        over_time = rollups.along(
            starts, cells.by(step=step // timedelta(minutes=1), where={**where, "metric": (metric,)})
        )
        value = percentiles.percentile(metric, percentiles.bands_of(by_rating, metric), q)
        counts = {rating_: by_rating.get((metric, rating_), NOTHING).count for rating_ in RATINGS}
        found.append(
            Vital(
                metric=metric,
                count=measure.count,
                value=value,
                rating="" if value is None else rating(metric, value) or "",
                shares={name: n / measure.count if measure.count else 0.0 for name, n in counts.items()},
                trend=tuple(one.quantile(q) for one in over_time),
                counts=tuple(one.count for one in over_time),
                comparison=_compared(after.get((metric,), NOTHING), before.get((metric,), NOTHING), q),
            )
        )
    values = {vital.metric: vital.value for vital in found if vital.value is not None and vital.enough}
    weights = scores.weights(settings.OBS_VITALS_WEIGHTS)
    return Vitals(starts, step, q, tuple(found), scores.score(values, weights=weights, device=device))


def route_vitals(
    project: Project,
    *,
    metric: str,
    period: Period,
    now: datetime,
    q: float = 0.75,
    device: str = "",
    environment: str = "",
    release: str = "",
    route: str = "",
    having: Mapping[str, str] | None = None,
    most: int = 200,
    baseline: Baseline | None = None,
) -> tuple[RouteVital, ...]:
    """Return the routes with the metric, the worst first; those with too few samples have no band and come last."""
    cells = rollups.read(project.pk, "vitals", period=period, now=now, having=having)
    where = rollups.only(metric=metric, device=device, environment=environment, release=release, route=route)
    baseline = baseline or baselines.previous(period)
    sides = baselines.read(project.pk, "vitals", baseline=baseline, period=period, cells=cells, now=now, having=having)
    after, before = (side.by("route", where=where).groups() for side in sides)
    by_rating = cells.by("route", "rating", where=where).groups()
    found = []
    for labels, measure in cells.by("route", where=where).groups().items():
        bands = percentiles.bands_of(by_rating, labels[0])
        value = percentiles.percentile(metric, bands, q) or 0.0
        band = rating(metric, value) or "" if measure.count >= ENOUGH else ""
        share = bands.get("good", NOTHING).count / measure.count
        compared = _compared(after.get(labels, NOTHING), before.get(labels, NOTHING), q)
        found.append(RouteVital(labels[0], measure.count, value, band, share, compared))
    return tuple(sorted(found, key=lambda one: (not one.rating, -one.value, one.route))[:most])


def regressions(
    project: Project,
    *,
    period: Period,
    now: datetime,
    q: float = 0.75,
    device: str = "",
    environment: str = "",
    route: str = "",
    having: Mapping[str, str] | None = None,
) -> tuple[Regression, ...]:
    """Return what is clearly worse in the last release than in the one before it, the worst first."""
    cells = rollups.read(project.pk, "vitals", period=period, now=now, having=having)
    where = rollups.only(device=device, environment=environment, route=route)
    pair = latest_two(project, cells, where)
    if pair is None:
        return ()
    release, before = pair
    new = cells.by("metric", "route", where={**where, "release": (release,)}).groups()
    old = cells.by("metric", "route", where={**where, "release": (before,)}).groups()
    found = [
        Regression(labels[0], labels[1], release, before, _compared(measure, old[labels], q))
        for labels, measure in new.items()
        if labels in old
    ]
    worse = [one for one in found if one.comparison.direction > 0]
    return tuple(sorted(worse, key=lambda one: (-(one.comparison.change or 0.0), one.metric, one.route)))


def latest_two(project: Project, cells: Cells, where: Mapping[str, tuple[str, ...]]) -> tuple[str, str] | None:
    """Return the last two releases of one package that the cells hold anything of, the newer first."""
    seen = [labels[0] for labels in cells.by("release", where=where).labels if labels[0]]
    known = [one for one in known_releases.named(project.pk, seen).values() if one.rank]
    last = Orders(known).latest()
    newest = release_order.newest_first(one for one in known if last and one.order == last.order)
    return (newest[0].version, newest[1].version) if len(newest) > 1 else None


def culprits(
    project: Project,
    *,
    metric: str,
    period: Period,
    q: float = 0.75,
    where: Mapping[str, str] | None = None,
    most: int = 20,
) -> tuple[Culprit, ...]:
    """Return what the attribution of page loads that were not good names most often.

    `where` are columns of vitals and what they must be, empty for anything.
    """
    names = CULPRITS.get(metric, ("target",))
    target = f"coalesce({', '.join(f'''attribution['{name}']''' for name in names)})"
    good = THRESHOLDS[metric][0]
    only, bound = filters.equal("vitals", where or {})
    sql = f"""
        SELECT {target} AS target, count(*) AS count, quantile_cont(value, $q) AS value, count(DISTINCT route) AS routes
        FROM ({deduplication.vitals("metric = $metric", is_bounded=False)})
        WHERE {target} <> '' AND value > {good} AND "at" >= $start AND "at" < $end AND {only}
        GROUP BY ALL ORDER BY count DESC, target LIMIT $most
    """
    about = {**bound, "q": q, "metric": metric, "most": most, "start": period.start, "end": period.end}
    with engine.read(project.pk, {"vitals": Period(period.start - REPEATS, period.end + REPEATS)}) as facts:
        return tuple(Culprit(**row) for row in facts.ask(sql, about))


def countries(
    project: Project,
    *,
    metric: str,
    period: Period,
    q: float = 0.75,
    where: Mapping[str, str] | None = None,
    most: int = 50,
) -> tuple[CountryVital, ...]:
    """Return the countries with the metric, those with the most samples first; page loads of unknown ones are left
    out."""
    found = cuts.vital_cut(project, by="country", metric=metric, period=period, q=q, where=where, most=most)
    return tuple(CountryVital(one.name, one.count, one.value, one.rating, one.good_share) for one in found)


def _compared(new: Measure, old: Measure, q: float) -> Comparison:
    return comparisons.quantiles(new.histogram, old.histogram, q)
