"""What PostHog's SDKs send, unwrapped, and the vitals among it.

A body is JSON in one of several wrappings, which the SDK's versions do not always announce: gzip (undone before),
`data=<base64>` as a form, base64 alone, lz64 in place of base64; in it one event, a list, or `{"api_key", "batch"}`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

from events.protocols import lz64, vitals
from events.protocols.contract import Context, Decoded, Refused
from events.protocols.fields.clock import Clock
from events.protocols.fields.texts import scalar
from events.protocols.vitals import Page
from events.values import lenient
from events.values.errors import Malformed

MOST = 1000
WEB_VITALS = "$web_vitals"
# So begins the lz64 form of "{" and "["; their base64 begins with "e" and "W".
LZ64 = b"N"
# Why a body that names two keys is refused.
SEVERAL_KEYS = "several_keys"
NAMES = ("LCP", "INP", "CLS", "FCP", "TTFB")


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one request, and the project's key that they name between them; `is_import` says that they are of
    long ago on purpose."""

    token: str | None
    events: tuple[dict[str, Any], ...]
    sent_at: Any = None
    is_import: bool = False


def read(body: bytes) -> Batch:
    """Return what a body holds. Raises Malformed when it is no batch or names two keys."""
    sent = lenient.loads(unwrapped(body))
    outer = sent if isinstance(sent, dict) else {}
    listed: Any = outer.get("batch", sent)
    listed = listed if isinstance(listed, list) else [listed]
    events = tuple(event for event in listed[:MOST] if isinstance(event, dict))
    if not events and not outer:
        raise Malformed("no events in the body", reason="not_a_batch")
    tokens = {token for token in map(token_of, (outer, *events)) if token}
    if len(tokens) > 1:
        raise Malformed("inconsistent api_key", reason=SEVERAL_KEYS)
    sent_at = outer.get("sent_at") or outer.get("sentAt")
    return Batch(tokens.pop() if tokens else None, events, sent_at, outer.get("historical_migration") is True)


def unwrapped(body: bytes) -> bytes:
    """Return the JSON text inside a form field, base64 or lz64, or the body itself."""
    text = body.strip()
    if text[:1] in (b"{", b"["):
        return text
    if text.startswith(b"data="):
        text = text[5:].partition(b"&")[0].replace(b"+", b"%20")
        text = unquote_to_bytes(text).strip().replace(b" ", b"+")
        if text[:1] in (b"{", b"["):
            return text
    if text.startswith(LZ64):
        return lz64.decode(text)
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("the body is neither JSON nor base64", reason="wrapping") from error


def of_query(query: str) -> bytes:
    """Return the body that a GET carries as `?data=`."""
    try:
        return parse_qs(query, max_num_fields=50).get("data", [""])[0].encode()
    except ValueError as error:
        raise Malformed("the query string has too many fields", reason="wrapping") from error


def token_of(sent: dict[str, Any]) -> str | None:
    properties = sent.get("properties")
    inner = properties.get("token") if isinstance(properties, dict) else None
    named = sent.get("api_key") or sent.get("token") or inner or sent.get("$token")
    return named if isinstance(named, str) else None


def vitals_of(batch: Batch, context: Context) -> Decoded:
    """The vitals among the events."""
    clock = Clock(context.received_at, batch.sent_at)
    return vitals.kept([vital for event in batch.events for vital in _vitals(event, clock, context)], context)


def _vitals(event: dict[str, Any], clock: Clock, context: Context) -> Iterator[dict[str, Any] | Refused]:
    properties = event.get("properties")
    if event.get("event") != WEB_VITALS or not isinstance(properties, dict):
        return
    for name in NAMES:
        report = properties.get(f"$web_vitals_{name}_event")
        if not isinstance(report, dict):
            value = properties.get(f"$web_vitals_{name}_value")
            if value is None:
                continue
            report = {"name": name, "value": value, "id": scalar(event.get("uuid"), 40) and f"{event['uuid']}-{name}"}
        page = Page(url=scalar(report.get("$current_url") or properties.get("$current_url"), 2000))
        vital = vitals.of_report(report, context, page)
        if isinstance(vital, dict):
            vital["timestamp"] = clock.moment(event.get("timestamp"), [])
            if context.names_people:
                sent = scalar(event.get("distinct_id"), 200) or scalar(properties.get("distinct_id"), 200)
                vital["visitor"] = context.visitor(sent, "") if context.names(sent) else None
        yield vital
