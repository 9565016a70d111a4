"""Data points of OpenTelemetry as metrics.

gauge: the value. counter: an increase (a delta sum). cumulative: the total since the sender started (a cumulative
monotonic sum), whose increase is the difference to the point before it, or the value itself where it fell. A sum that
may fall is a gauge when it is cumulative and a counter with `is_monotonic` false when it is a delta. histogram and
cumulative_histogram differ in the same way; an exponential histogram is written out with explicit bounds.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from events.protocols.contract import Refused
from events.protocols.fields.clock import FUTURE, PAST
from events.protocols.fields.context import Door
from events.protocols.fields.texts import scalar
from events.protocols.otlp.attributes import plain

_BILLION = 1e9
DELTA = 1
# "No value here", in the flags of a point.
NO_VALUE = 1
BUCKETS = 512
# Buckets of an exponential histogram that are looked at, to be made one with their neighbours until they are BUCKETS.
READ = 1 << 16
ABSURD = 1e18
# What a column of whole numbers holds.
LARGEST = 2**63 - 1
# Below 2^-1075 there is no double but nothing.
_LEAST_EXPONENT = -1075.0


def read(metric: Any, door: Door) -> Iterator[dict[str, Any] | Refused]:
    """Yield an item or a refusal for each data point."""
    which = metric.WhichOneof("data")
    name = scalar(metric.name, 200)
    if which is None or not name:
        yield Refused("metric", "invalid", "metric_item")
        return
    data = getattr(metric, which)
    shared = {"name": name, "unit": scalar(metric.unit, 40) or None, "trace_id": None}
    for point in data.data_points:
        if point.flags & NO_VALUE:
            continue
        moment = point.time_unix_nano / _BILLION
        reason = _misplaced(moment, door)
        values = {} if reason else READERS[which](point, data)
        if reason or isinstance(values, str):
            yield Refused("metric", "filtered", reason or str(values))
        else:
            yield {
                **shared,
                "timestamp": moment or door.clock.received,
                "attributes": plain(point.attributes, door),
                **values,
            }


def _misplaced(moment: float, door: Door) -> str | None:
    if moment > door.clock.received + FUTURE:
        return "future"
    return "past" if 0 < moment < door.clock.received - PAST else None


def _number(point: Any) -> float | int | str:
    """The value of a point, or the reason why it has none that can be kept."""
    which = point.WhichOneof("value")
    number = getattr(point, which) if which else math.nan
    if not math.isfinite(number):
        return "not_a_number"
    return float(number) if abs(number) <= ABSURD else "absurd"


def _gauge(point: Any, data: Any) -> dict[str, Any] | str:
    number = _number(point)
    return number if isinstance(number, str) else {"type": "gauge", "value": number}


def _sum(point: Any, data: Any) -> dict[str, Any] | str:
    number = _number(point)
    if isinstance(number, str):
        return number
    is_delta, is_monotonic = data.aggregation_temporality == DELTA, data.is_monotonic
    if is_monotonic and number < 0:
        return "negative"
    kind = "counter" if is_delta else "cumulative" if is_monotonic else "gauge"
    return {"type": kind, "value": number, "is_monotonic": is_monotonic}


def _histogram(point: Any, data: Any) -> dict[str, Any] | str:
    if len(point.bucket_counts) > BUCKETS or len(point.explicit_bounds) > BUCKETS:
        return "histogram"
    bounds, buckets = list(point.explicit_bounds), list(point.bucket_counts)
    if buckets and len(buckets) != len(bounds) + 1:
        return "histogram"
    if not all(map(math.isfinite, bounds)):
        return "not_a_number"
    return _filled(point, data, bounds, buckets)


def _exponential(point: Any, data: Any) -> dict[str, Any] | str:
    """Bucket i of scale s reaches from base^(offset+i) to base^(offset+i+1), base being 2^(2^-s).

    What is about nothing reaches to the zero threshold on both sides, where one was sent.
    """
    if max(len(point.positive.bucket_counts), len(point.negative.bucket_counts)) > READ:
        return "histogram"
    threshold = point.zero_threshold if math.isfinite(point.zero_threshold) and point.zero_threshold > 0 else 0.0
    try:
        up, positive, near = _written_out(point.scale, point.positive, threshold)
        down, negative, far = _written_out(point.scale, point.negative, threshold)
    except OverflowError:
        return "absurd"
    zero = point.zero_count + near + far
    # Below, the negatives, what is about nothing, the positives, above.
    bounds = [*(-edge for edge in reversed(down)), *(up or [threshold])]
    buckets = [*([0, *reversed(negative)] if down else []), zero, *positive, 0]
    return _filled(point, data, bounds, buckets)


def _written_out(scale: int, side: Any, threshold: float) -> tuple[list[float], list[int], int]:
    """The edges of one side from nothing outwards, what lies between them, and what lies within the threshold.

    Buckets that are too many, or too narrow for numbers to tell their edges apart, become one with their neighbours.
    Raises OverflowError for one that lies beyond all numbers.
    """
    counts = {side.offset + i: count for i, count in enumerate(side.bucket_counts) if count}
    while counts and max(counts) - min(counts) >= BUCKETS:
        wider: Counter[int] = Counter()
        for index, count in counts.items():
            wider[index >> 1] += count
        counts, scale = wider, scale - 1
    if not counts:
        return [], [], 0
    edges: list[float] = []
    between: list[int] = []
    within = 0
    for index in range(min(counts), max(counts) + 1):
        lower, upper, count = _edge(scale, index), _edge(scale, index + 1), counts.get(index, 0)
        if lower == sys.float_info.max:
            raise OverflowError
        if upper <= threshold:
            within += count
            continue
        if not edges:
            lower = max(lower, threshold)
            # A gap between the threshold and the first bucket holds nothing.
            edges, between = ([threshold, lower], [0]) if 0 < threshold < lower else ([lower], [])
        if upper > edges[-1]:
            edges.append(upper)
            between.append(count)
        elif between:
            between[-1] += count
        else:
            within += count
    return edges, between, within


def _edge(scale: int, index: int) -> float:
    """base^index, at most the largest number: the last bucket of all ends beyond it."""
    try:
        exponent = math.ldexp(index, -scale)
    except OverflowError:
        exponent = math.copysign(math.inf, index)
    if exponent >= sys.float_info.max_exp:
        return sys.float_info.max
    return float(2.0**exponent) if exponent > _LEAST_EXPONENT else 0.0


def _summary(point: Any, data: Any) -> dict[str, Any] | str:
    return {"type": "cumulative_histogram", "count": point.count, "sum": float(point.sum)}


def _filled(point: Any, data: Any, bounds: list[float], buckets: list[int]) -> dict[str, Any] | str:
    numbers = {name: getattr(point, name) for name in ("sum", "min", "max") if point.HasField(name)}
    if not point.count:
        # Of no values the least is infinity and the largest minus infinity, as some senders spell it.
        numbers = {name: number for name, number in numbers.items() if math.isfinite(number)}
    if not all(map(math.isfinite, numbers.values())):
        return "not_a_number"
    if max((point.count, *buckets)) > LARGEST:
        return "absurd"
    return {
        "type": "histogram" if data.aggregation_temporality == DELTA else "cumulative_histogram",
        "count": point.count,
        "bounds": bounds if buckets else [],
        "buckets": buckets,
        **numbers,
    }


READERS = {
    "gauge": _gauge,
    "sum": _sum,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}
