"""A watched metric along time: what each group measured in each step, and what any window of steps adds up to."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.periods import Period
from analytics.questions.watched.metrics import QUANTILES, Metric
from analytics.questions.watched.shared import Shared
from analytics.rollups import reading
from analytics.rollups.cells import NOTHING, Cells, Labels, Measure
from analytics.rollups.histograms import Histogram

# A rule that groups by a dimension of thousands of values watches the busiest.
MOST_GROUPS = 100
Where = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Value:
    """What a window holds: the metric's value (None without any sample, `why` may say more), of how many samples, and
    how many were bad."""

    value: float | None
    samples: int
    bad: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """One group's steps in order; `bad` are those of the part that a share counts, `about` says what its labels are."""

    metric: Metric
    labels: Labels
    step: timedelta
    at: tuple[datetime, ...]
    all: tuple[Measure, ...]
    bad: tuple[Measure, ...]
    about: str = ""

    def over(self, start: datetime, end: datetime) -> Value:
        """The metric over the steps that begin in start <= at < end."""
        span = slice(bisect_left(self.at, start), bisect_left(self.at, end))
        samples = sum(measure.count for measure in self.all[span])
        match self.metric.measure:
            case "count":
                return Value(float(samples), samples)
            case "per_minute":
                return Value(samples / max(1.0, (end - start) / timedelta(minutes=1)), samples)
            case "state":  # the latest is what it is
                return Value(float(self.bad[span][-1].count) if self.bad[span] else None, samples)
            case "share":
                bad = self._bad(span)
                return Value(100 * bad / samples if samples else None, samples, bad)
            case "mean":
                total = sum(measure.total for measure in self.all[span])
                return Value(total / samples if samples else None, samples)
            case quantile:
                counts: Counter[int] = Counter()
                for measure in self.all[span]:
                    counts.update(measure.histogram.counts)
                return Value(Histogram(counts).quantile(QUANTILES[quantile]), samples)

    def _bad(self, span: slice) -> int:
        edge = self.metric.beyond
        if edge is None:
            return sum(measure.count for measure in self.bad[span])
        return round(sum(one.histogram.count - one.histogram.count_below(edge) for one in self.all[span]))

    def along(self, start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, Value]]:
        """The windows of `step` that make up the period."""
        while start < end:
            yield start, self.over(start, start + step)
            start += step


def histories(
    project_id: int,
    metric: Metric,
    *,
    period: Period,
    now: datetime,
    where: Where | None = None,
    group_by: Sequence[str] = (),
    step: timedelta = timedelta(minutes=1),
    shared: Shared | None = None,
) -> list[History]:
    """The metric's history for each group, the busiest first; without groups exactly one, be it empty.

    With `shared`, one without groups may begin earlier: as far back as others ask of the same. Raises UnknownMetric for
    a dimension that the metric does not have.
    """
    chosen, shared = metric.cut(where or {}, group_by), shared or Shared(now)
    if not group_by:
        period = shared.reach(project_id, metric.read_from(chosen), period, step)
    key = (project_id, metric.name, period.start, period.end, step, _key(chosen), tuple(group_by))
    return shared.once(
        key, lambda: _histories(project_id, metric, period, chosen, tuple(group_by), step=step, shared=shared)
    )


def _histories(
    project_id: int,
    metric: Metric,
    period: Period,
    chosen: Where,
    group_by: tuple[str, ...],
    *,
    step: timedelta,
    shared: Shared,
) -> list[History]:
    rollup = metric.read_from(chosen, group_by)

    def grouped(where: Where, *, is_counting: bool) -> _Steps:
        key = ("steps", project_id, rollup, period.start, period.end, step, _key(where), group_by, is_counting)
        cells = shared.cells(project_id, rollup, period=period, step=step)
        return shared.once(key, lambda: _by_group(cells, group_by, step, where, is_counting=is_counting))

    found = grouped(chosen, is_counting=not metric.needs_histogram and metric.measure != "mean")
    bad = grouped({**chosen, **metric.part}, is_counting=True) if metric.part else {}
    moments = shared.once(("moments", period.start, period.end, step), lambda: _moments(period, step))
    return [_history(metric, labels, step, moments, found, bad) for labels in _busiest(found, group_by)]


def _key(where: Where) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted((name, tuple(values)) for name, values in where.items()))


def windows(
    project_id: int,
    metric: Metric,
    *,
    edges: Sequence[datetime],
    now: datetime,
    where: Where | None = None,
    group_by: Sequence[str] = (),
    shared: Shared | None = None,
) -> list[History]:
    """As `histories`, with one step from each edge to the next, from the fewest cells that make it up."""
    chosen, shared = metric.cut(where or {}, group_by), shared or Shared(now)
    whole: _Steps = defaultdict(dict)
    part: _Steps = defaultdict(dict)
    steps, rollup = range(len(edges) - 1), metric.read_from(chosen, group_by)
    for place in steps:
        period = Period(edges[place], edges[place + 1])
        cells = shared.cells(project_id, rollup, period=period, step=None)
        for labels, measure in (
            cells.by(*group_by, where=chosen, is_counting=not metric.needs_histogram).groups().items()
        ):
            whole[labels][place] = measure
        if metric.part:
            for labels, measure in (
                cells.by(*group_by, where={**chosen, **metric.part}, is_counting=True).groups().items()
            ):
                part[labels][place] = measure
    return [
        History(
            metric, labels, edges[-1] - edges[0], tuple(edges[:-1]),
            tuple(whole[labels].get(place, NOTHING) for place in steps),
            tuple(part[labels].get(place, NOTHING) for place in steps),
        )
        for labels in _busiest(whole, group_by)
    ]  # fmt: skip


def counted(
    metric: Metric, labels: Labels, counts: Iterable[tuple[datetime, int, int]], *, step: timedelta, about: str = ""
) -> History:
    """A history of (moment, how many, how many of them bad), which need not follow each other closely."""
    found = sorted(counts)
    return History(
        metric, labels, step, tuple(at for at, _, _ in found), tuple(Measure(n, 0.0, _NONE) for _, n, _ in found),
        tuple(Measure(bad, 0.0, _NONE) for _, _, bad in found), about,
    )  # fmt: skip


def total(project_id: int, metric: Metric, *, period: Period, now: datetime, where: Where | None = None) -> Value:
    """The metric of a whole period."""
    (found,) = windows(project_id, metric, edges=(period.start, period.end), now=now, where=where)
    return found.over(period.start, period.end)


_NONE = Histogram()
_Steps = dict[Labels, dict[int, Measure]]


def _busiest(found: _Steps, group_by: Sequence[str]) -> list[Labels]:
    """The groups with the most samples; without groups the one there is."""
    if not group_by:
        return [()]
    return sorted(found, key=lambda labels: (-sum(one.count for one in found[labels].values()), labels))[:MOST_GROUPS]


def _by_group(cells: Cells, names: Sequence[str], step: timedelta, where: Where, *, is_counting: bool) -> _Steps:
    minutes = step // timedelta(minutes=1)
    found: _Steps = defaultdict(dict)
    for (at, labels), measure in (
        cells.by(*names, step=minutes, where=where, is_counting=is_counting).measures().items()
    ):
        found[labels][at] = measure
    return found


def _moments(period: Period, step: timedelta) -> tuple[tuple[int, ...], tuple[datetime, ...]]:
    """The beginnings of the steps of a period, in minutes since 1970 and as moments."""
    every = step // timedelta(minutes=1)
    first = reading.minute_of(period.start) // every * every
    minutes = tuple(range(first, -(-(period.end - reading.EPOCH) // timedelta(minutes=1)), every))
    return minutes, tuple(map(reading.moment_of, minutes))


def _history(
    metric: Metric,
    labels: Labels,
    step: timedelta,
    moments: tuple[tuple[int, ...], tuple[datetime, ...]],
    found: _Steps,
    bad: _Steps,
) -> History:
    minutes, starts = moments
    whole, part = found.get(labels, {}), bad.get(labels, {})
    return History(
        metric, labels, step, starts,
        tuple([whole.get(one, NOTHING) for one in minutes]), tuple([part.get(one, NOTHING) for one in minutes]),
    )  # fmt: skip
