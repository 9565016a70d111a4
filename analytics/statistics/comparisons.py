"""Two periods or releases compared: the difference with its 95 % interval, and what may be said of it.

Intervals of differences are put together from those of the two values (the square-and-add method of Newcombe; Zou and
Donner's MOVER): shares by Wilson, percentiles by order statistics, rates of events by Wilson on their share of both.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.rollups.histograms import Histogram

Z = 1.959963984540054
# Below this many samples on either side nothing is said about a difference.
ENOUGH = 50


@dataclass(frozen=True, slots=True)
class Comparison:
    """A value and the one before, their difference and its interval; `enough` tells whether there were samples."""

    value: float | None
    before: float | None
    low: float | None
    high: float | None
    samples: int
    samples_before: int

    @property
    def difference(self) -> float | None:
        return None if self.value is None or self.before is None else self.value - self.before

    @property
    def change(self) -> float | None:
        """The difference as a share of the value before."""
        return self.difference / self.before if self.difference is not None and self.before else None

    @property
    def enough(self) -> bool:
        return min(self.samples, self.samples_before) >= ENOUGH

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 when the interval holds "no difference" or samples are few."""
        if not self.enough or self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    @property
    def statement(self) -> str:
        """What may be said, in words."""
        if self.difference is None:
            return "nothing to compare with"
        if not self.enough:
            return f"too few samples to tell ({min(self.samples, self.samples_before):,} of {ENOUGH})"
        if self.direction == 0 or self.low is None or self.high is None:
            return "no clear change"
        word = "up" if self.direction > 0 else "down"
        if not self.before:
            return f"{word} from nothing"
        ends = sorted(abs(end / self.before) for end in (self.low, self.high))
        return f"{word} {abs(self.difference / self.before):.0%} (95 % interval {ends[0]:.0%} to {ends[1]:.0%})"

    @property
    def plain(self) -> str:
        """The same for who wants no interval: `up 3.4 times, sure`."""
        if self.difference is None:
            return "nothing to compare with"
        if not self.enough:
            return f"too few to tell ({min(self.samples, self.samples_before):,} of {ENOUGH})"
        if self.direction == 0 or self.value is None or self.before is None:
            return "about the same"
        word = "up" if self.direction > 0 else "down"
        if not self.before:
            return f"{word} from nothing, sure"
        times = self.value / self.before
        if times >= 2:
            return f"up {times:,.1f} times, sure"
        change = abs(times - 1)
        return f"{word} {change:.0%}, sure".replace("%", " %") if change >= 0.01 else f"{word} a little, sure"


def shares(hits: float, of: int, hits_before: float, of_before: int) -> Comparison:
    """Return how two shares differ."""
    if not of or not of_before:
        value, before = (hits / of if of else None), (hits_before / of_before if of_before else None)
        return Comparison(value, before, None, None, of, of_before)
    return _combined(
        hits / of, wilson(hits, of), hits_before / of_before, wilson(hits_before, of_before), of, of_before
    )


def quantiles(now: Histogram, before: Histogram, q: float) -> Comparison:
    """Return how a percentile differs."""
    value, old = now.quantile(q), before.quantile(q)
    if value is None or old is None:
        return Comparison(value, old, None, None, now.count, before.count)
    return _combined(value, quantile_interval(now, q), old, quantile_interval(before, q), now.count, before.count)


def rates(count: int, length: float, count_before: int, length_before: float) -> Comparison:
    """Return how two rates of events differ, `count` in `length` units of time each."""
    value, before = count / length, count_before / length_before
    if not count_before:
        return Comparison(value, before, None, None, count, count_before)
    low, high = wilson(count, count + count_before)
    scale = length_before / length
    ratios = (low / (1 - low) * scale, high / (1 - high) * scale if high < 1 else math.inf)
    ends = tuple(before * (ratio - 1) for ratio in ratios)
    # Few events are themselves the finding when the other period had many.
    samples = max(count, count_before)
    return Comparison(value, before, ends[0], ends[1], samples, samples)


def of_counts(count: int, before: int) -> int:
    """Return 1 for clearly more, -1 for clearly fewer, 0 when chance explains it; of things all counted, in spans of
    one length. Few are enough here: each was looked at, none is a sample of others."""
    if not count + before:
        return 0
    low, high = wilson(count, count + before)
    return 1 if low > 0.5 else -1 if high < 0.5 else 0


def medians(values: Sequence[float], values_before: Sequence[float]) -> Comparison:
    """Return how the medians of two samples differ."""
    count, count_before = len(values), len(values_before)
    if not values or not values_before:
        value, before = (statistics.median(one) if one else None for one in (values, values_before))
        return Comparison(value, before, None, None, count, count_before)
    return _combined(
        statistics.median(values), _median_interval(values), statistics.median(values_before),
        _median_interval(values_before), count, count_before,
    )  # fmt: skip


def wilson(hits: float, of: int) -> tuple[float, float]:
    """Return the Wilson score interval of a share."""
    share, square = hits / of, Z * Z / of
    middle, reach = share + square / 2, Z * math.sqrt(share * (1 - share) / of + square / (4 * of))
    return max(0.0, (middle - reach) / (1 + square)), min(1.0, (middle + reach) / (1 + square))


def quantile_interval(histogram: Histogram, q: float) -> tuple[float, float]:
    """Return the interval of a percentile: the order statistics that hold it 95 times of 100."""
    count = histogram.count
    reach = Z * math.sqrt(q * (1 - q) / count)
    low, high = histogram.quantiles((max(0.0, q - reach), min(1.0, q + reach)))
    return low or 0.0, high or 0.0


def _median_interval(values: Sequence[float]) -> tuple[float, float]:
    ordered, reach = sorted(values), Z * math.sqrt(len(values)) / 2
    middle = (len(values) - 1) / 2
    return ordered[max(0, math.floor(middle - reach))], ordered[min(len(values) - 1, math.ceil(middle + reach))]


def _combined(
    value: float, ends: tuple[float, float], before: float, ends_before: tuple[float, float], n: int, n_before: int
) -> Comparison:
    difference = value - before
    low = difference - math.hypot(value - ends[0], ends_before[1] - before)
    high = difference + math.hypot(ends[1] - value, before - ends_before[0])
    return Comparison(value, before, low, high, n, n_before)
