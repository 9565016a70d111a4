"""What Umami's tracker and its clients for servers send, put into PostHog's words: `{type, payload}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from events.protocols.contract import Context, Decoded
from events.protocols.fields.clock import seconds
from events.protocols.fields.texts import scalar
from events.protocols.posthog_vitals import NAMES, WEB_VITALS, Batch
from events.protocols.product import canonical, posthog
from events.values import lenient
from events.values.errors import Malformed

# How the client for servers calls itself: `Mozilla/5.0 Umami/v22.1.0`.
_SERVER = " Umami/"
TYPES = ("event", "identify", "performance")


def parse(body: bytes) -> dict[str, Any]:
    """What was sent. Raises Malformed where it is nothing that Umami's clients send."""
    sent = lenient.loads(body)
    if not isinstance(sent, dict) or not isinstance(sent.get("payload"), dict):
        raise Malformed("send an object with a type and a payload", reason="not_an_object")
    if sent.get("type") not in TYPES:
        raise Malformed(f"type: one of {', '.join(TYPES)}", reason="type")
    return sent


def site(sent: Mapping[str, Any]) -> str:
    """What the payload names as its website."""
    return scalar(sent["payload"].get("website"), 253)


def decode(sent: Mapping[str, Any], context: Context) -> Decoded:
    """The event, or the vitals, that were sent."""
    is_server = _SERVER in context.user_agent
    event = _event(str(sent["type"]), sent["payload"], is_server=is_server)
    return posthog.decode(Batch(None, (event,)), context)


def _event(kind: str, payload: Mapping[str, Any], *, is_server: bool) -> dict[str, Any]:
    """The event as a client of PostHog would send it."""
    data = payload.get("data")
    around = {
        "$current_url": _url(payload),
        "$referrer": scalar(payload.get("referrer"), 2000),
        "title": _title(payload),
        "tag": scalar(payload.get("tag"), 50),
        "$is_server": is_server,
        "$lib": "umami",
    }
    said: dict[str, Any] = {name: value for name, value in around.items() if value != ""}
    own = lenient.mapping(data)
    match kind:
        case "identify":
            name, said = "$identify", {**said, "$set": own}
        case "performance":
            name = WEB_VITALS
            said |= {f"$web_vitals_{vital}_value": payload.get(vital.lower()) for vital in NAMES}
        case _:
            name, said = scalar(payload.get("name"), canonical.NAME) or canonical.PAGE_VIEW, {**own, **said}
    return {
        "event": name,
        "distinct_id": scalar(payload.get("id"), 200),
        "timestamp": seconds(payload.get("timestamp")),
        "properties": said,
    }


def _url(payload: Mapping[str, Any]) -> str:
    """The address of the page, which older trackers send without its host."""
    url, host = scalar(payload.get("url"), 2000), scalar(payload.get("hostname"), 253)
    return f"https://{host}{url}" if host and url.startswith("/") else url


def _title(payload: Mapping[str, Any]) -> str:
    """The page's title, which the first trackers of version 2 send percent-encoded, every blank of it."""
    title = scalar(payload.get("title"), 600)
    return (title if " " in title else unquote(title))[:200]
