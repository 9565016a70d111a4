"""Check-ins by plain HTTP: what a crontab's `curl` says in its address, or in a small JSON body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events.protocols.contract import Context, Decoded, Incoming
from events.protocols.fields.clock import Clock
from events.protocols.fields.context import Door
from events.protocols.sentry import items
from events.values import lenient
from events.values.errors import Malformed

_OF_QUERY = ("status", "check_in_id", "environment", "duration", "release")


def decode_cron(body: bytes, slug: str, query: Mapping[str, str], context: Context) -> Decoded:
    """Return the check-in; the body's words win over the address's. Raises Malformed for what is none."""
    sent: dict[str, Any] = {name: query[name] for name in _OF_QUERY if query.get(name)}
    if isinstance(sent.get("duration"), str):
        sent["duration"] = _number(sent["duration"])
    if body.strip():
        value = lenient.loads(body[: context.limits.check_in + 1])
        if not isinstance(value, dict):
            raise Malformed("the body is not a JSON object", reason="check_in")
        sent |= {name: part for name, part in value.items() if part is not None}
    sent["monitor_slug"] = slug
    salt = f"{context.peer_ip} {context.received_at.isoformat()}".encode()
    item = items.Item({"type": "check_in"}, lenient.canonical(sent), salt)
    outcome = next(items.decode(item, Door(context, Clock(context.received_at))))
    if not isinstance(outcome, Incoming):
        raise Malformed("a check-in has a status of in_progress, ok or error", reason="check_in")
    return Decoded((outcome,), (), outcome.payload["check_in_id"])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
