"""A product event as it is kept, whoever sent it: page views, custom events, what people did.

`visitor` and `session` are pseudonyms; which, the project's mode says (`events.visitors`). An address keeps its host,
its path and the campaign; properties are flat, and their names and values bounded.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import re2

from events.protocols.contract import Context, Decoded, Incoming, Refused, identity
from events.protocols.fields import kept, links
from events.protocols.fields.texts import scalar
from events.values import browsers, sources

KIND = "product_event"
PAGE_VIEW = "$pageview"
# What was clicked, and what that stands in.
CHAIN, MOST_CHAIN = "$elements_chain", 4000
_BORDER = re2.compile(r'[^\\]";[^"]')
NAME, KEY, VALUE, PROPERTIES = 200, 120, 1000, 100
_HOST, _PATH = 253, 1000
_UTM = ("source", "medium", "campaign", "term", "content")
_CLICKS = ("gclid", "gad_source", "msclkid", "fbclid", "ttclid", "twclid", "li_fat_id")
# Properties that columns hold, or that say who somebody is rather than what happened.
_ABSENT = frozenset({"null", "undefined", "none", ""})


@dataclass(frozen=True, slots=True)
class Sent:
    """What a protocol read: `distinct_id` as sent, `sent_at` in epoch seconds, properties as the sender named them."""

    name: str
    timestamp: float
    uuid: str = ""
    distinct_id: str = ""
    session: str = ""
    url: str = ""
    referrer: str = ""
    title: str = ""
    release: str = ""
    environment: str = ""
    sdk: str = ""
    engaged_ms: float | None = None
    is_interactive: bool = True
    user_agent: str = ""
    comes_from_server: bool = False
    campaign: Mapping[str, Any] = field(default_factory=dict)  # utm_* beside those of the address
    properties: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] | None = None  # what it tells of its visitor and of a group: `persons` beside this
    group: Mapping[str, Any] | None = None


def event(sent: Sent, context: Context) -> dict[str, Any] | Refused:
    """The event as it goes into the inbox, or why there is none."""
    name = scalar(sent.name, NAME)
    if not name:
        return Refused(KIND, "invalid", "no_name")
    host, path, query = _address(sent.url)
    campaign = _campaign(query, sent.campaign)
    referrer = sources.bare(_address(sent.referrer)[0])
    came_from = "" if referrer in (sources.bare(host), "localhost", "127.0.0.1") else referrer
    source = sources.of(campaign, came_from)
    agent = sent.user_agent or ("" if sent.comes_from_server else context.user_agent)
    client = browsers.families(agent)
    visitor = context.visitor(sent.distinct_id, host)
    if visitor is None:
        return Refused(KIND, "filtered", "no_visitor")
    return {
        "event": name,
        "event_id": event_id(sent, context),
        "timestamp": sent.timestamp,
        "visitor": visitor,
        "session": kept.pseudonym("session", sent.session, context) if sent.session else None,
        "host": host or None,
        "path": path or None,
        "title": scalar(sent.title, 200) or None,
        "referrer": came_from or None,
        "source": source.name,
        "channel": source.channel,
        **{f"utm_{part}": getattr(campaign, part) or None for part in _UTM},
        "device": client.device or None,
        "browser": client.browser or None,
        "country": None if sent.comes_from_server else context.country(),
        "release": scalar(sent.release, 200),
        "environment": scalar(sent.environment, 64),
        "sdk": scalar(sent.sdk, 60) or None,
        "engaged_ms": sent.engaged_ms,
        "is_bot": client.device == "bot",
        "is_interactive": sent.is_interactive,
        "properties": properties(sent.properties, context),
        **({"person": sent.person} if sent.person else {}),
        **({"group": sent.group} if sent.group else {}),
    }


def decoded(outcomes: list[dict[str, Any] | Refused]) -> Decoded:
    """The events of one request as one item; which of them came before, the digest finds."""
    events = [one for one in outcomes if not isinstance(one, Refused)]
    refused = tuple(one for one in outcomes if isinstance(one, Refused))
    if not events:
        return Decoded((), refused)
    named = identity(KIND, *(str(one["event_id"]).encode() for one in events))
    return Decoded((Incoming(KIND, named, len(events), {"items": events}),), refused)


def properties(sent: Mapping[str, Any], context: Context) -> dict[str, str]:
    """Flat properties with bounded names and values: what names a person is treated as everywhere."""
    named = {scalar(name, KEY): value for name, value in list(sent.items())[: 3 * PROPERTIES] if isinstance(name, str)}
    flat = {
        name: _chain(value) if name == CHAIN else _text(value)
        for name, value in kept.mapping(named, context).items()
        if name and value is not None
    }
    return dict(list({name: links.tidy_words(value) for name, value in flat.items() if value}.items())[:PROPERTIES])


def _chain(value: Any) -> str:
    """The elements of a click, as many as fit whole: what is left is read element by element."""
    text = scalar(value, MOST_CHAIN + 1)
    if len(text) <= MOST_CHAIN:
        return text
    ends = [found.start() for found in _BORDER.finditer(text[:MOST_CHAIN])]
    return text[: ends[-1] + 2] if ends else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)  # 2.0 and 2 are one value
    if isinstance(value, str | int | float):
        return scalar(value, VALUE)
    try:
        return orjson.dumps(value).decode()[:VALUE]
    except (TypeError, orjson.JSONEncodeError):
        return ""


def _address(url: str) -> tuple[str, str, str]:
    """Host, path and query of an address; a path alone has no host. A path is decoded once by whoever reads it."""
    try:
        parts = urlsplit(url[: links.LONGEST].strip())
        host = (parts.hostname or "")[:_HOST]
    except ValueError:
        return "", "", ""
    if not host and not url.startswith("/"):
        return "", "", ""
    return host, (parts.path or "/")[:_PATH], parts.query


def _campaign(query: str, sent: Mapping[str, Any]) -> sources.Campaign:
    try:
        named = dict(reversed(parse_qsl(query, max_num_fields=200)))
    except ValueError:
        named = {}
    utm = {part: _word(named.get(f"utm_{part}") or sent.get(f"utm_{part}")) for part in _UTM}
    utm["source"] = utm["source"] or _word(named.get("source")) or _word(named.get("ref"))
    click = next((name for name in _CLICKS if named.get(name) or sent.get(name)), "")
    return sources.Campaign(**utm, click_id=click)


def _word(value: Any) -> str:
    found = scalar(value, 200).strip()
    return "" if found.lower() in _ABSENT else found


def event_id(sent: Sent, context: Context) -> str:
    """The sender's own, so that a repetition is known; else one drawn: equal bodies are two events."""
    try:
        return uuid.UUID(sent.uuid).hex
    except ValueError:
        return (
            identity(KIND, sent.uuid.encode(), str(context.project_id).encode()).hex if sent.uuid else uuid.uuid4().hex
        )
