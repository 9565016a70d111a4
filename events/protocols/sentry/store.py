"""The legacy store endpoint: one bare event."""

from __future__ import annotations

from events.protocols.contract import Context, Decoded, Incoming
from events.protocols.sentry import items
from events.protocols.sentry.clock import Clock
from events.protocols.sentry.context import Door
from events.values.errors import Malformed


def decode_store(body: bytes, context: Context) -> Decoded:
    """Return the event. Raises Malformed when the body is not one JSON object, TooLarge past the event limit."""
    item = items.Item({"type": "event"}, body)
    outcome = next(items.decode_event(item, Door(context, Clock(context.received_at))))
    if not isinstance(outcome, Incoming):
        raise Malformed("the body is not a JSON object", reason="not_an_object")
    return Decoded((outcome,), (), outcome.item_id.hex)
