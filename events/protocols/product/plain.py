"""The plain JSON of `/api/v1/events/`: one event, a list, or `{"events": [...]}` with what is common to all beside it.

{"id": "<once per event>", "event": "order paid", "distinct_id": "customer 7", "timestamp": "2026-11-23T09:00:00Z",
 "url": "…", "referrer": "…", "title": "…", "session_id": "…", "release": "…", "environment": "…", "properties": {…}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events.protocols.contract import Context, Decoded, Refused
from events.protocols.fields.clock import FUTURE, PAST, seconds
from events.protocols.fields.texts import scalar
from events.protocols.product import canonical
from events.protocols.product.canonical import KIND, Sent
from events.values import lenient
from events.values.errors import Malformed, TooLarge

MOST = 1000
SHARED = ("release", "environment")
TEXTS = {
    "id": 200, "event": canonical.NAME, "distinct_id": 200, "session_id": 100, "url": 2000, "referrer": 2000,
    "title": 200, "release": 200, "environment": 64,
}  # fmt: skip
REQUIRED = ("event", "distinct_id")


def decode(body: bytes, context: Context) -> Decoded:
    """The events of a body, each kept or refused by itself. Raises Malformed, TooLarge."""
    sent = lenient.loads(body, nodes=lenient.PARSED)
    listed = sent.get("events", [sent]) if isinstance(sent, dict) else sent
    if not isinstance(listed, list) or not listed:
        raise Malformed("send an event, a list of events, or an object with a list `events`", reason="not_a_batch")
    if len(listed) > MOST:
        raise TooLarge(f"a batch has at most {MOST} events, this one has {len(listed)}", reason="too_many_items")
    shared = {name: sent[name] for name in SHARED if name in sent} if isinstance(sent, dict) else {}
    return canonical.decoded([_event(one, shared, index, context) for index, one in enumerate(listed)])


def _event(sent: Any, shared: Mapping[str, Any], index: int, context: Context) -> dict[str, Any] | Refused:
    problem = _problem(sent, context)
    if problem is not None:
        reason, detail = problem
        return Refused(KIND, "invalid", reason, index=index, detail=detail)
    said = {name: scalar(sent.get(name, shared.get(name)), longest) for name, longest in TEXTS.items()}
    moment = seconds(sent.get("timestamp"))
    event = Sent(
        name=said["event"],
        timestamp=context.received_at.timestamp() if moment is None else moment,
        uuid=said["id"],
        distinct_id=said["distinct_id"],
        session=said["session_id"],
        url=said["url"],
        referrer=said["referrer"],
        title=said["title"],
        release=said["release"],
        environment=said["environment"],
        sdk="plain JSON",
        comes_from_server=True,
        properties=sent.get("properties") or {},
    )
    return canonical.event(event, context)


def _problem(sent: Any, context: Context) -> tuple[str, str] | None:
    """Why an event cannot be kept: the counted reason, and words that name the field."""
    if not isinstance(sent, dict):
        return "not_an_object", "an event is a JSON object"
    for name in REQUIRED:
        if not scalar(sent.get(name), 200):
            return f"no_{name}", f"{name} is missing"
    for name in TEXTS:
        if isinstance(sent.get(name), dict | list):
            return name, f"{name} is a text"
    if not isinstance(sent.get("properties") or {}, dict):
        return "properties", "properties is an object"
    if sent.get("timestamp") is None:
        return None
    moment = seconds(sent["timestamp"])
    if moment is None:
        return "timestamp", "timestamp is Unix seconds or ISO 8601"
    if not -PAST <= moment - context.received_at.timestamp() <= FUTURE:
        return "timestamp", "timestamp lies more than 30 days back or a minute ahead"
    return None
