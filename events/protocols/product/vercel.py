"""Page views and events of @vercel/analytics, from pages and from servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events.protocols.contract import Context, Decoded
from events.protocols.fields.clock import Clock
from events.protocols.fields.texts import scalar
from events.protocols.product import canonical
from events.protocols.product.canonical import Sent


def decode(sent: Mapping[str, Any], context: Context) -> Decoded:
    """`{o: address, r: referrer, ts: milliseconds, en: event, ed: its data, sdkn, sdkv}`; no `en` is a page view."""
    name, data, moment = scalar(sent.get("en"), canonical.NAME), sent.get("ed"), sent.get("ts")
    library = f"{scalar(sent.get('sdkn'), 40)} {scalar(sent.get('sdkv'), 19)}".strip()
    milliseconds = moment if isinstance(moment, int | float) and not isinstance(moment, bool) else None
    event = Sent(
        name=name or canonical.PAGE_VIEW,
        timestamp=Clock(context.received_at).moment(milliseconds / 1000 if milliseconds else None, []),
        url=scalar(sent.get("o"), 2000),
        referrer=scalar(sent.get("r"), 2000),
        sdk=library,
        comes_from_server=library.startswith("@vercel/analytics/server"),
        properties=data if isinstance(data, dict) else {},
    )
    return canonical.decoded([canonical.event(event, context)])
