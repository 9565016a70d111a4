"""From an export request to items: one for each resource, since a resource is one sender."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from events.protocols.contract import Context, Decoded, Incoming, Refused, identity
from events.protocols.fields.clock import Clock
from events.protocols.fields.context import Door
from events.protocols.otlp import logs, metrics, spans, wire
from events.protocols.otlp.attributes import Sender, sender
from events.protocols.otlp.wire import Part
from events.values.errors import TooLarge

SIGNALS = {"traces": "span", "metrics": "metric", "logs": "log"}
RESOURCES = 200

Outcomes = Iterator[dict[str, Any] | Refused]


def decode(signal: str, body: bytes, context: Context, *, is_json: bool) -> Decoded:
    """Return the spans, metrics or log lines of an export request. Raises Malformed, TooLarge."""
    kind = SIGNALS[signal]
    door = Door(context, Clock(context.received_at))
    gathered: dict[bytes, tuple[Sender, list[dict[str, Any]]]] = {}
    refused: defaultdict[tuple[str, str], int] = defaultdict(int)
    room = unread = context.limits.batch_items
    for part in wire.parts(signal, body, is_json=is_json):
        name = part.resource.SerializeToString(deterministic=True)
        if name not in gathered:
            if len(gathered) == RESOURCES:
                raise TooLarge(f"a request has at most {RESOURCES} resources", reason="too_many_resources")
            gathered[name] = (sender(part.resource, door), [])
        if part.unread:
            refused["invalid", f"{kind}_item"] += part.unread
        beyond = max(0, len(part.items) - unread)
        if beyond:
            refused["invalid", "too_many_items"] += beyond
            part = replace(part, items=part.items[:unread])
        unread -= len(part.items)
        for outcome in READERS[signal](part, door):
            if isinstance(outcome, Refused):
                refused[outcome.outcome, outcome.reason] += outcome.quantity
            elif room:
                room -= 1
                gathered[name][1].append(outcome)
            else:
                refused["invalid", "too_many_items"] += 1
    digest = blake2b(body, digest_size=16).digest()
    items = tuple(
        Incoming(kind, identity(kind, digest, name), len(read), _payload(signal, who, read))
        for name, (who, read) in gathered.items()
        if read
    )
    return Decoded(items, tuple(Refused(kind, o, reason, n) for (o, reason), n in refused.items()))  # type: ignore[arg-type]


def _payload(signal: str, who: Sender, read: list[dict[str, Any]]) -> dict[str, Any]:
    if signal == "traces":
        spans.put_routes(read)
    return {
        "release": who.release,
        "environment": who.environment,
        "service": who.service,
        "host": who.host,
        "sdk": who.sdk,
        "resource": who.rest,
        "spans" if signal == "traces" else "items": read,
    }


def _spans(part: Part, door: Door) -> Outcomes:
    for span in part.items:
        yield spans.read(span, door) or Refused("span", "invalid", "span_item")


def _metrics(part: Part, door: Door) -> Outcomes:
    for metric in part.items:
        yield from metrics.read(metric, door)


def _logs(part: Part, door: Door) -> Outcomes:
    for record in part.items:
        yield logs.read(record, part.scope.name, door)


READERS: dict[str, Callable[[Part, Door], Outcomes]] = {"traces": _spans, "metrics": _metrics, "logs": _logs}
