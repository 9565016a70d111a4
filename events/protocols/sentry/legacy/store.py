"""The legacy store endpoint: one bare event, or an envelope where a newer client was pointed at the old address."""

from __future__ import annotations

import orjson

from events.protocols.contract import Context, Decoded, Incoming
from events.protocols.fields.clock import Clock
from events.protocols.fields.context import Door
from events.protocols.sentry import items
from events.values.errors import Malformed

LINE = 16 * 1024  # the headers of an envelope are shorter


def decode_store(body: bytes, context: Context) -> Decoded:
    """Return the event. Raises Malformed when the body is not one JSON object, TooLarge past the event limit."""
    item = items.Item({"type": "event"}, body)
    outcome = next(items.decode_event(item, Door(context, Clock(context.received_at))))
    if not isinstance(outcome, Incoming):
        raise Malformed("the body is not a JSON object", reason="not_an_object")
    return Decoded((outcome,), (), outcome.item_id.hex)


def is_envelope(body: bytes, content_type: str) -> bool:
    """Whether the body is an envelope: by its type, else by its first two lines, both of them JSON objects."""
    if content_type.partition(";")[0].strip().lower() == "application/x-sentry-envelope":
        return True
    first, _, rest = body.partition(b"\n")
    second = rest.lstrip().partition(b"\n")[0]
    return second.startswith(b"{") and b'"type"' in second[:4096] and _is_object(first) and _is_object(second)


def _is_object(line: bytes) -> bool:
    if len(line) > LINE:
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
