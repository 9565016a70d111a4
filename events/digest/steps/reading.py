"""Reading values out of payloads whose shape nobody promises."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from events.digest.batch import Item
from events.facts import schema
from events.values.lenient import mapping as mapping
from events.values.pseudonyms import user_key as user_key


def text(value: object, limit: int) -> str:
    """`value` as text of at most `limit` characters; "" for what is neither text nor a number."""
    if isinstance(value, str):
        return value[:limit]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:limit]
    return ""


def items(value: object) -> list[Mapping[str, Any]]:
    """The objects in `value` if it is a list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def moment(value: object, item: Item) -> datetime:
    """When it happened, or when it was received."""
    return schema.moment(value) or item.row.received_at.astimezone(UTC)


def number(value: object) -> int | float | None:
    """`value` as a finite number, also when it is written as text; else None."""
    if isinstance(value, str) and len(value) <= 30:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def sdk(payload: Mapping[str, Any]) -> str:
    sent = mapping(payload.get("sdk"))
    return f"{text(sent.get('name'), 60)} {text(sent.get('version'), 30)}".strip()


def agent_of(payload: Any) -> str:
    """The browser that a request of the payload came from; SDKs write the header's name as they like."""
    headers = mapping(mapping(mapping(payload).get("request")).get("headers"))
    return next((text(value, 400) for name, value in headers.items() if str(name).lower() == "user-agent"), "")
