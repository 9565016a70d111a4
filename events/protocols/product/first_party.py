"""The page views and tracked events of the first-party browser script, which times and counts them as metrics too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from events.protocols.contract import Context, Decoded
from events.protocols.fields.texts import scalar
from events.protocols.product import canonical
from events.protocols.product.canonical import Sent


def decode(batch: Mapping[str, Any], items: Sequence[tuple[int, Mapping[str, Any]]], context: Context) -> Decoded:
    """The product events among the sound items of a batch, each with its place in it."""
    own = scalar(batch.get("id"), 16)
    return canonical.decoded(
        [
            canonical.event(_sent(batch, item, f"{own}-{place}" if own else "", context), context)
            for place, item in items
            if item.get("type") in ("page", "track")
        ]
    )


def _sent(batch: Mapping[str, Any], item: Mapping[str, Any], name_of_event: str, context: Context) -> Sent:
    is_page = item.get("type") == "page"
    referrer, props = scalar(item.get("referrer"), 253), item.get("props")
    ago = timedelta(milliseconds=item.get("ago", 0))
    return Sent(
        name=canonical.PAGE_VIEW if is_page else scalar(item.get("name"), canonical.NAME),
        timestamp=(context.received_at - ago).timestamp(),
        uuid=name_of_event,
        url=scalar(item.get("url"), 2000) or scalar(item.get("route"), 1000),
        referrer=f"https://{referrer}/" if referrer else "",
        release=scalar(batch.get("release"), 200),
        environment=scalar(batch.get("environment"), 64),
        sdk="browser script",
        properties=props if isinstance(props, dict) else {},
    )
