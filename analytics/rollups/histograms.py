"""Log-bucket histograms that merge by addition, and the one definition of a percentile.

Bucket `i` holds LEAST * GAMMA**(i-1) < value <= LEAST * GAMMA**i, bucket -i the same mirrored, bucket 0 everything
between -LEAST and LEAST, counted as 0. A value is read back as the geometric middle of its bucket: at most 1 % off.

The percentile is that of SQL's percentile_cont: with the values in order from 0, the one at q * (n - 1), linear between
the two neighbours: p75 of 1, 2, 3, 4 is 3.25.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

GAMMA = 1.02
LEAST = 0.0001
LAST = 32_000  # keeps a bucket in 16 bits; LEAST * GAMMA**LAST is far beyond any measure
RELATIVE_ERROR = math.sqrt(GAMMA) - 1
_LOG_GAMMA, _LOG_LEAST = math.log(GAMMA), math.log(LEAST)
# A value on an edge belongs below it, whichever way its logarithm was rounded.
_NUDGE = 1e-9


def bucket(value: float) -> int:
    """Return the bucket of a finite value."""
    size = abs(value)
    if size <= LEAST:
        return 0
    index = min(LAST, max(1, math.ceil((math.log(size) - _LOG_LEAST) / _LOG_GAMMA - _NUDGE)))
    return index if value > 0 else -index


def bucket_sql(value: str) -> str:
    """Return the SQL that computes `bucket` of an expression."""
    index = f"least({LAST}, greatest(1, ceil((ln(abs({value})) - {_LOG_LEAST!r}) / {_LOG_GAMMA!r} - {_NUDGE!r})))"
    return f"CASE WHEN abs({value}) <= {LEAST} THEN 0 ELSE (sign({value}) * {index})::INTEGER END"


def edge(index: int) -> float:
    """Return the upper edge of a bucket, which the bucket includes."""
    if index == 0:
        return LEAST
    return LEAST * GAMMA**index if index > 0 else -LEAST * GAMMA ** (-index - 1)


def nearest_edge(value: float) -> float:
    """Return the edge nearest to a positive value: as a threshold it is counted exactly."""
    index = bucket(value)
    return min(edge(index - 1), edge(index), key=lambda at: abs(at - value))


def middle(index: int) -> float:
    """Return what a value of this bucket is read back as."""
    if index == 0:
        return 0.0
    return math.copysign(LEAST * GAMMA ** (abs(index) - 0.5), index)


@dataclass(slots=True)
class Histogram:
    """How many values fell into each bucket."""

    counts: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[float]) -> Histogram:
        histogram = cls()
        for value in values:
            histogram.add(value)
        return histogram

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def add(self, value: float, times: int = 1) -> None:
        index = bucket(value)
        self.counts[index] = self.counts.get(index, 0) + times

    def merge(self, other: Histogram) -> Histogram:
        """Return the histogram of the values of both."""
        counts = dict(self.counts)
        for index, count in other.counts.items():
            counts[index] = counts.get(index, 0) + count
        return Histogram(counts)

    def quantile(self, q: float) -> float | None:
        """Return the value at share `q` of the order; None without values."""
        return self.quantiles((q,))[0]

    def quantiles(self, shares: Sequence[float]) -> tuple[float | None, ...]:
        """Return the value at each share, in one pass over the buckets."""
        ordered = sorted(self.counts.items())
        last = self.count - 1
        if last < 0:
            return (None,) * len(shares)
        ends: list[tuple[int, int]] = []
        seen = 0
        for index, count in ordered:
            seen += count
            ends.append((seen, index))
        return tuple(_between(ends, share * last) for share in shares)

    def count_below(self, value: float) -> float:
        """Return how many values are <= `value`: exact at an edge, else the bucket's share by length."""
        index = bucket(value)
        below = sum(count for at, count in self.counts.items() if at < index)
        low, high = edge(index - 1) if index != 0 else -LEAST, edge(index)
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        share = 1.0 if math.isclose(value, high, rel_tol=1e-9) else share
        return below + self.counts.get(index, 0) * share


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return the histogram of the values of all."""
    counts: dict[int, int] = {}
    for histogram in histograms:
        for index, count in histogram.counts.items():
            counts[index] = counts.get(index, 0) + count
    return Histogram(counts)


def exact(values: Sequence[float], q: float) -> float | None:
    """Return the percentile of the values themselves, by the same definition."""
    if not values:
        return None
    ordered = sorted(values)
    rank = q * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


def exact_sql(value: str, q: str) -> str:
    """Return the SQL of the same percentile over facts."""
    return f"quantile_cont({value}, {q})"


def spread_over(counts: Mapping[int, int], edges: Sequence[float]) -> tuple[int, ...]:
    """Return the counts between consecutive edges, each bucket where its middle lies; the ends take the rest."""
    bins = [0] * (len(edges) + 1)
    for index, count in counts.items():
        bins[sum(middle(index) > at for at in edges)] += count
    return tuple(bins)


def _between(ends: Sequence[tuple[int, int]], rank: float) -> float:
    low = math.floor(rank)
    first = _at(ends, low)
    return first if rank == low else first + (_at(ends, low + 1) - first) * (rank - low)


def _at(ends: Sequence[tuple[int, int]], rank: int) -> float:
    """The value at a place of the order; `ends` says how many values lie up to and with each bucket."""
    return next((middle(index) for end, index in ends if rank < end), middle(ends[-1][1]))
