"""Builders of Sentry requests for tests: a context, an envelope, one decoded item."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

from events.protocols import sentry
from events.protocols.contract import Decoded, Incoming
from events.values import pseudonyms

RECEIVED_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = RECEIVED_AT.timestamp()
EVENT_ID = "9ec79dc33ec942ab8353589fcb2e04dc"
KEY = "0123456789abcdef" * 2
PEER_IP = "203.0.113.9"
pseudonym = functools.partial(pseudonyms.of, b"a secret of the tests")


def context(**changes: Any) -> sentry.Context:
    standing: dict[str, Any] = {
        "project_id": 1,
        "received_at": RECEIVED_AT,
        "peer_ip": PEER_IP,
        "user_agent": "Mozilla/5.0",
        "pseudonym": pseudonym,
    }
    return sentry.Context(**standing | changes)


def envelope(*items: tuple[dict[str, Any], Any], **header: Any) -> bytes:
    """Return the bytes of an envelope; a payload that is not bytes is written as JSON."""
    lines = [json.dumps(header).encode()]
    for item_header, payload in items:
        lines += [
            json.dumps(item_header).encode(),
            payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
        ]
    return b"\n".join(lines)


def decoded(*items: tuple[dict[str, Any], Any], within: sentry.Context | None = None, **header: Any) -> Decoded:
    return sentry.decode_envelope(envelope(*items, **header), within or context())


def only(result: Decoded) -> Incoming:
    """Return the single accepted item of a result that refused nothing."""
    assert result.refused == ()
    (item,) = result.items
    return item


def event(raw: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the payload stored for one error event."""
    return only(decoded(({"type": "event"}, raw), within=context(**changes))).payload
