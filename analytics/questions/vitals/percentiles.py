"""The percentile of a web vital, out of histograms that are kept for each rating.

A bucket may lie across a threshold, so that its middle is rated otherwise than the values in it. What a value was rated
is known exactly: a bucket of good values is read back within what is good."""

from __future__ import annotations

import math
from collections.abc import Mapping

from analytics.rollups.cells import NOTHING, Measure
from analytics.rollups.histograms import edge, middle
from events.values.vitals import RATINGS, THRESHOLDS

Bands = Mapping[str, Measure]  # by rating


def percentile(metric: str, bands: Bands, q: float) -> float | None:
    """Return the value at share `q` of the order, by the definition of `histograms`; None without values."""
    values: list[tuple[int, float]] = []  # up to which place of the order, and what is there
    seen = 0
    for rated in RATINGS:
        measure = bands.get(rated, NOTHING)
        counts = measure.histogram.counts
        for index, count in sorted(counts.items()):
            seen += count
            mean = measure.total / measure.count if len(counts) == 1 and measure.count == count else None
            values.append((seen, _within(metric, rated, index, mean)))
    if not values:
        return None
    rank = q * (seen - 1)
    low = math.floor(rank)
    first, second = _at(values, low), _at(values, min(low + 1, seen - 1))
    return first + (second - first) * (rank - low)


def bands_of(groups: Mapping[tuple[str, ...], Measure], *labels: str) -> dict[str, Measure]:
    """Return the measures of some labels by their last one, which is the rating."""
    return {rated: groups[*labels, rated] for rated in RATINGS if (*labels, rated) in groups}


def _within(metric: str, rated: str, index: int, mean: float | None) -> float:
    """What a value of this bucket is read back as: the mean where all have one bucket (exact where all are one value,
    at most the bucket's 2 % off), else the middle of the part that has this rating."""
    good, poor = THRESHOLDS[metric]
    least, most = {"good": (-math.inf, good), "needs-improvement": (good, poor), "poor": (poor, math.inf)}[rated]
    value = middle(index) if mean is None else mean
    if least < value <= most:
        return value
    low, high = max(edge(index - 1), least), min(edge(index), most)
    return min(most, max(math.nextafter(least, math.inf), math.sqrt(low * high)))


def _at(values: list[tuple[int, float]], place: int) -> float:
    return next((value for end, value in values if place < end), values[-1][1])
