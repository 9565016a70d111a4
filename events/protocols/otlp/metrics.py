"""Data points of OpenTelemetry as metrics.

gauge: the value. counter: an increase (a delta sum). cumulative: the total since the sender started (a cumulative
monotonic sum), whose increase is the difference to the point before it, or the value itself where it fell. A sum that
may fall is a gauge when it is cumulative and a counter with `is_monotonic` false when it is a delta. histogram and
cumulative_histogram differ in the same way; an exponential histogram is written out with explicit bounds.
"""

from __future__ import annotations

import math
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
ABSURD = 1e18


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
    """Bucket i of scale s reaches from base^(offset+i) to base^(offset+i+1), base being 2^(2^-s)."""
    positive, negative = point.positive, point.negative
    if not -10 <= point.scale <= 20 or len(positive.bucket_counts) + len(negative.bucket_counts) > BUCKETS:
        return "histogram"
    try:
        up = [_edge(point.scale, positive.offset + i) for i in range(len(positive.bucket_counts) + 1)]
        down = [-_edge(point.scale, negative.offset + i) for i in range(len(negative.bucket_counts) + 1)][::-1]
    except OverflowError:
        return "absurd"
    up = up if positive.bucket_counts else [0.0]
    down = down if negative.bucket_counts else []
    # Below, the negatives, what is about nothing, the positives, above.
    counts = [*reversed(negative.bucket_counts), point.zero_count] if down else [point.zero_count]
    buckets = [*([0] if down else []), *counts, *positive.bucket_counts, 0]
    return _filled(point, data, [*down, *up], buckets)


def _edge(scale: int, index: int) -> float:
    return float(2.0 ** (index * 2.0**-scale))


def _summary(point: Any, data: Any) -> dict[str, Any] | str:
    return {"type": "cumulative_histogram", "count": point.count, "sum": float(point.sum)}


def _filled(point: Any, data: Any, bounds: list[float], buckets: list[int]) -> dict[str, Any] | str:
    numbers = {name: getattr(point, name) for name in ("sum", "min", "max") if point.HasField(name)}
    if not all(map(math.isfinite, numbers.values())):
        return "not_a_number"
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
