"""What users wrote: today's feedback event and the older user report, in one shape."""

from __future__ import annotations

from typing import Any

from events.protocols.fields.context import Door
from events.protocols.fields.links import tidy_url
from events.protocols.fields.texts import hexadecimal, readable, scalar, trimmed

MESSAGE = 4096


def from_event(raw: dict[str, Any], cleaned: dict[str, Any], door: Door) -> dict[str, Any] | None:
    """Return `{event_id, associated_event_id, message, url, timestamp, release, environment, user, tags}` or None.

    `name` and `contact_email` are added when the project collects user data. `cleaned` is the event after its door
    steps; None means that nothing was written.
    """
    contexts = raw.get("contexts")
    written = contexts.get("feedback") if isinstance(contexts, dict) else None
    if not isinstance(written, dict):
        return None
    return _payload(
        door,
        event_id=cleaned["event_id"],
        associated=written.get("associated_event_id"),
        message=written.get("message"),
        url=written.get("url") or (cleaned.get("request") or {}).get("url"),
        name=written.get("name"),
        email=written.get("contact_email"),
        event=cleaned,
    )


def from_report(raw: dict[str, Any], door: Door, *, event_id: str) -> dict[str, Any] | None:
    """Return the same shape for `{event_id, name, email, comments}`; there `event_id` is the associated event."""
    return _payload(
        door,
        event_id=event_id,
        associated=raw.get("event_id"),
        message=raw.get("comments"),
        url=None,
        name=raw.get("name"),
        email=raw.get("email"),
        event={},
    )


def _payload(
    door: Door, *, event_id: str, associated: Any, message: Any, url: Any, name: Any, email: Any, event: dict[str, Any]
) -> dict[str, Any] | None:
    text = trimmed(readable(message, MESSAGE * 2).strip(), MESSAGE)
    if not text:
        return None
    payload: dict[str, Any] = {
        "event_id": event_id,
        "associated_event_id": hexadecimal(associated, 32),
        "message": text,
        "url": tidy_url(scalar(url, 8192)) or None,
        "timestamp": event.get("timestamp", door.clock.received),
        "release": event.get("release"),
        "environment": event.get("environment"),
        "user": event.get("user"),
        "tags": event.get("tags", {}),
    }
    if door.context.collects_user_data:
        payload |= {"name": scalar(name, 200) or None, "contact_email": scalar(email, 254) or None}
    return payload
