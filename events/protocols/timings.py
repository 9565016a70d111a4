"""The plain JSON of `/api/v1/timings/` and `/api/v1/metrics/`: batches checked item by item.

    {"id": "<once per batch>", "release": "…", "environment": "…", "service": "…", "host": "…", "timings": [{…}, …]}

What is shared by all items stands outside the list. A list alone is a batch as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from events.protocols.contract import Context, Decoded, Incoming, Outcome, Refused, identity
from events.protocols.fields import attributes
from events.protocols.fields import kept as keeping
from events.protocols.fields.clock import FUTURE, PAST, Clock, seconds
from events.protocols.fields.context import Door
from events.protocols.fields.links import tidy_words
from events.protocols.fields.texts import hexadecimal, scalar
from events.values import countries, lenient, units
from events.values.errors import Malformed, TooLarge

MOST = 1000
BUCKETS = 512
DAY_MS = 86_400_000.0
BIGGEST = 1e18
CACHE = frozenset({"hit", "miss", "mixed", "bypass", "stale"})
TYPES = frozenset({"counter", "gauge", "distribution", "histogram"})
SHARED = ("release", "environment", "service", "host")
_MILLISECONDS = ("queue_ms", "db_ms")
_COUNTS = ("db_count", "cache_hits", "cache_misses", "request_bytes", "response_bytes")


class Bad(Exception):
    """Why one item is not kept: a counted reason, and words for the sender."""

    def __init__(self, outcome: Outcome, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome, self.reason, self.detail = outcome, reason, detail


def decode_timings(body: bytes, context: Context) -> Decoded:
    """Return the server requests of a batch. Raises Malformed, TooLarge."""
    return _decode(body, context, kind="timing", name="timings", read=_timing)


def decode_metrics(body: bytes, context: Context) -> Decoded:
    """Return the metrics of a batch. Raises Malformed, TooLarge."""
    return _decode(body, context, kind="metric", name="metrics", read=_metric)


def _decode(
    body: bytes, context: Context, *, kind: str, name: str, read: Callable[[dict[str, Any], Door], dict[str, Any]]
) -> Decoded:
    sent = lenient.loads(body, nodes=lenient.PARSED)
    outer = sent if isinstance(sent, dict) else {}
    items = outer.get(name) if outer else sent
    if not isinstance(items, list):
        raise Malformed(f"send a list of {name}, or an object with one", reason="not_a_batch")
    if len(items) > MOST:
        raise TooLarge(f"a batch has at most {MOST} {name}, this one has {len(items)}", reason="too_many_items")
    door = Door(context, Clock(context.received_at))
    kept: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for index, item in enumerate(items):
        try:
            if not isinstance(item, dict):
                raise Bad("invalid", "not_an_object", "an item is a JSON object")
            kept.append(read(item, door))
        except Bad as bad:
            refused.append(Refused(kind, bad.outcome, bad.reason, 1, index, bad.detail))
    if not kept:
        return Decoded((), tuple(refused))
    own = scalar(outer.get("id"), 100)
    # Without an id two equal batches are two batches: both say what happened, neither says when exactly.
    parts = (own.encode(),) if own else (body, context.peer_ip.encode(), context.received_at.isoformat().encode())
    payload: dict[str, Any] = dict.fromkeys(SHARED, "") | _shared(outer, door) | {"items": kept}
    return Decoded((Incoming(kind, identity(kind, *parts), len(kept), payload),), tuple(refused))


def _timing(item: dict[str, Any], door: Door) -> dict[str, Any]:
    route = tidy_words(scalar(item.get("route"), 200))
    if not route:
        raise Bad("invalid", "no_route", "route is missing")
    status = item.get("status")
    if status is not None and (type(status) is not int or not 100 <= status <= 599):
        raise Bad("invalid", "status", f"status {_shown(status)} is no HTTP status")
    cache = scalar(item.get("cache"), 10).lower()
    if cache and cache not in CACHE:
        raise Bad("invalid", "cache", f"cache {_shown(cache)} is unknown; known are {', '.join(sorted(CACHE))}")
    timing: dict[str, Any] = {
        "timestamp": _moment(item.get("timestamp"), door),
        "route": route,
        "method": scalar(item.get("method"), 10).upper() or None,
        "status": status,
        "duration_ms": _between("duration_ms", item.get("duration_ms"), 0, DAY_MS),
        "cache": cache or None,
        "country": countries.code(item.get("country")),
        "kind": scalar(item.get("kind"), 20) or "http",
        "trace_id": hexadecimal(item.get("trace_id"), 32),
        "attributes": attributes.plain(item.get("attributes"), door),
        **_shared(item, door),
    }
    for name in _MILLISECONDS:
        if item.get(name) is not None:
            timing[name] = _between(name, item[name], 0, DAY_MS)
    for name in _COUNTS:
        if item.get(name) is not None:
            timing[name] = int(_between(name, item[name], 0, BIGGEST))
    return timing


def _metric(item: dict[str, Any], door: Door) -> dict[str, Any]:
    name, kind = scalar(item.get("name"), 200), scalar(item.get("type"), 20).lower() or "gauge"
    if not name:
        raise Bad("invalid", "no_name", "name is missing")
    if kind not in TYPES:
        raise Bad("invalid", "type", f"type {_shown(kind)} is unknown; known are {', '.join(sorted(TYPES))}")
    unit = units.known(scalar(item.get("unit"), 60))
    if unit is None:
        known = ", ".join(units.KNOWN)
        raise Bad("invalid", "unknown_unit", f"unit {_shown(item.get('unit'))} is unknown; known are {known}")
    metric = {
        "timestamp": _moment(item.get("timestamp"), door),
        "name": name,
        "type": kind,
        "unit": unit if unit != "none" else None,
        "trace_id": hexadecimal(item.get("trace_id"), 32),
        "attributes": _attributes(item, door),
    }
    if kind == "histogram":
        return metric | _histogram(item)
    lowest = 0.0 if kind == "counter" and item.get("is_monotonic") is not False else -BIGGEST
    metric["value"] = _between("value", item.get("value"), lowest, BIGGEST)
    if kind == "counter":
        metric["is_monotonic"] = item.get("is_monotonic") is not False
    return metric


def _attributes(item: dict[str, Any], door: Door) -> dict[str, Any]:
    named = {"host.name": item.get("host"), "service.name": item.get("service")}
    named |= {"sentry.release": item.get("release"), "sentry.environment": item.get("environment")}
    own = item.get("attributes")
    return attributes.plain({**(own if isinstance(own, dict) else {}), **{k: v for k, v in named.items() if v}}, door)


def _histogram(item: dict[str, Any]) -> dict[str, Any]:
    bounds, buckets = item.get("bounds"), item.get("buckets")
    if not isinstance(bounds, list) or not isinstance(buckets, list) or len(buckets) != len(bounds) + 1:
        raise Bad("invalid", "histogram", "a histogram has bounds, and buckets with one entry more")
    if len(buckets) > BUCKETS:
        raise Bad("invalid", "histogram", f"a histogram has at most {BUCKETS} buckets")
    edges = [_between("bounds", bound, -BIGGEST, BIGGEST) for bound in bounds]
    if edges != sorted(set(edges)):
        raise Bad("invalid", "histogram", "bounds rise")
    counts = [int(_between("buckets", count, 0, BIGGEST)) for count in buckets]
    optional = {
        name: _between(name, item[name], -BIGGEST, BIGGEST)
        for name in ("sum", "min", "max")
        if item.get(name) is not None
    }
    return {"bounds": edges, "buckets": counts, "count": sum(counts), **optional}


def _shared(item: dict[str, Any], door: Door) -> dict[str, str]:
    found = {name: text for name in SHARED if (text := scalar(item.get(name), 200))}
    if "host" in found:
        found["host"] = keeping.machine(found["host"], door.context) or ""
    return found


def _between(name: str, sent: Any, lowest: float, highest: float) -> float:
    if isinstance(sent, bool) or not isinstance(sent, int | float) or not math.isfinite(sent):
        raise Bad("filtered", "not_a_number", f"{name} {_shown(sent)} is not a number")
    if sent < lowest:
        raise Bad("filtered", "negative" if lowest == 0 else "absurd", f"{name} {_shown(sent)} is below {lowest:g}")
    if sent > highest:
        raise Bad("filtered", "absurd", f"{name} {_shown(sent)} is above {highest:g}")
    return sent


def _moment(sent: Any, door: Door) -> float:
    """When it happened; without a timestamp, now. What lies outside what can be true is not moved, it is refused."""
    if sent is None:
        return door.clock.received
    moment = seconds(sent)
    if moment is None:
        raise Bad("invalid", "timestamp", f"timestamp {_shown(sent)} is neither Unix seconds nor ISO 8601")
    if moment > door.clock.received + FUTURE:
        raise Bad("filtered", "future", f"timestamp {_shown(sent)} lies in the future")
    if moment < door.clock.received - PAST:
        raise Bad("filtered", "past", f"timestamp {_shown(sent)} lies more than 30 days back")
    return moment


def _shown(sent: Any) -> str:
    return repr(sent)[:60]
