"""What the first-party browser script counts and times: one JSON object a batch, kept as metrics and product events.

    {"id": "<16 hex>", "release": "1.2.0", "environment": "production", "items": [
        {"type": "page", "route": "/items/{id}", "ago": 900, "referrer": "news.example",
         "url": "https://shop.example/items/7?utm_source=mail"},
        {"type": "track", "name": "signup", "route": "/join", "ago": 300, "props": {"plan": "team"}},
        {"type": "timing", "name": "search", "route": "/find", "ago": 20, "ms": 41.5},
        {"type": "click" | "submit" | "rage" | "dead", "name": "buy", "route": "/items/{id}", "ago": 5},
        {"type": "dropped", "count": 3, "ago": 0}]}

`ago` is how many milliseconds before sending it happened: no clock of a visitor has to be right. `id` is drawn anew
for each batch and tells a retransmission from a second batch.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from events.protocols.contract import Context, Decoded, Incoming, Refused, identity
from events.protocols.fields import kept as keeping
from events.protocols.fields.texts import hexadecimal, scalar
from events.protocols.product import first_party
from events.values import lenient, routes
from events.values.errors import Malformed

MOST_ITEMS = 200
MOST_PROPS = 10
CATEGORY = "metric"
# A page left open over a night still says when; what is older says something wrong.
LONGEST_AGO_MS = 86_400_000.0
LONGEST_TIMING_MS = 3_600_000.0
COUNTERS = {
    "page": "browser.pageview",
    "track": "browser.track",
    "click": "browser.click",
    "submit": "browser.submit",
    "rage": "browser.rage_click",
    "dead": "browser.dead_click",
    "dropped": "browser.dropped",
}
NAMED = frozenset({"track", "timing", "click", "submit", "rage", "dead"})
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.-")


def decode(data: bytes, context: Context, *, refuse: str = "") -> Decoded:
    """Return the batch as one item of kind `metric`; with `refuse`, all of it filtered for that reason.

    Raises Malformed for what is no batch; a bad item is refused alone.
    """
    batch = lenient.loads(data)
    sent = batch.get("items") if isinstance(batch, dict) else None
    if not isinstance(sent, list):
        raise Malformed("a batch is an object with a list of items", reason="not_a_batch")
    if refuse:
        return Decoded(refused=(Refused(CATEGORY, "filtered", refuse, max(len(sent), 1)),))
    shared = {
        "sentry.release": scalar(batch.get("release"), 200),
        "sentry.environment": scalar(batch.get("environment"), 64),
    }
    kept, sound, refused = [], [], []
    for place, item in enumerate(sent[:MOST_ITEMS]):
        outcome = _metric(item, shared, context)
        if isinstance(outcome, Refused):
            refused.append(outcome)
        else:
            kept.append(outcome)
            sound.append((place, item))
    if len(sent) > MOST_ITEMS:
        refused.append(Refused(CATEGORY, "invalid", "too_many_items", len(sent) - MOST_ITEMS))
    items = (Incoming("metric", _identity(batch, data, context), len(kept), {"items": kept}),) if kept else ()
    events = first_party.decode(batch, sound, context)
    return Decoded(items=(*items, *events.items), refused=(*refused, *events.refused))


def _identity(batch: dict[str, Any], data: bytes, context: Context) -> uuid.UUID:
    """Two visitors may well send the same counts, so without an id the moment has to tell them apart."""
    own = hexadecimal(batch.get("id"), 16)
    return identity("browser", own.encode()) if own else identity("browser", data, str(context.received_at).encode())


def _metric(item: Any, shared: dict[str, str], context: Context) -> dict[str, Any] | Refused:
    kind = item.get("type") if isinstance(item, dict) else None
    if not isinstance(kind, str) or (kind not in COUNTERS and kind != "timing"):
        return Refused(CATEGORY, "invalid", "unknown_type")
    name = scalar(item.get("name"), 60)
    if kind in NAMED and not name:
        return Refused(CATEGORY, "invalid", "no_name")
    value = item.get("ms") if kind == "timing" else item.get("count", 1)
    if not _is_between(value, 0, LONGEST_TIMING_MS):
        return Refused(CATEGORY, "invalid", "value")
    ago = item.get("ago", 0)
    if not _is_between(ago, 0, LONGEST_AGO_MS):
        return Refused(CATEGORY, "invalid", "moment")
    attributes = {**shared, "route": routes.of_url(scalar(item.get("route"), 500)), **_details(kind, item, context)}
    if kind in NAMED and kind != "timing":
        attributes["name"] = name
    return {
        "timestamp": (context.received_at - timedelta(milliseconds=ago)).timestamp(),
        "name": f"browser.timing.{_word(name)}" if kind == "timing" else COUNTERS[kind],
        "type": "distribution" if kind == "timing" else "counter",
        "value": value,
        "unit": "millisecond" if kind == "timing" else None,
        "trace_id": None,
        "span_id": None,
        "attributes": {key: text for key, text in attributes.items() if text},
    }


def _details(kind: str, item: dict[str, Any], context: Context) -> dict[str, str]:
    if kind == "page":
        query = dict(parse_qsl(scalar(item.get("url"), 2000).partition("?")[2]))
        campaign = {key: query.get(key, "")[:100] for key in CAMPAIGN}
        return {"referrer": scalar(item.get("referrer"), 100), **campaign}
    props = item.get("props")
    if kind != "track" or not isinstance(props, dict):
        return {}
    few = keeping.mapping(dict(list(props.items())[:MOST_PROPS]), context)
    return {f"props.{scalar(key, 40)}": scalar(value, 100) for key, value in few.items()}


def _word(name: str) -> str:
    return "".join(letter if letter in _WORD else "_" for letter in name.lower())


def _is_between(value: Any, lowest: float, highest: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= highest
