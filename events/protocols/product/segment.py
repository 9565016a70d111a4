"""What the clients of Segment and of RudderStack send, put into PostHog's words: one message, or `{batch: [message]}`.

A message has a `type`, ids (`userId`, `anonymousId`), a `messageId`, moments and a `context`; page views, screens and
tracked events have `properties`, people and groups `traits`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from events.protocols.contract import Context, Decoded, Refused
from events.protocols.fields.clock import seconds
from events.protocols.fields.texts import scalar
from events.protocols.posthog_vitals import Batch
from events.protocols.product import canonical, posthog
from events.values import lenient
from events.values.errors import Malformed, TooLarge

MOST = 2500  # as Segment has it
# The last part of an address, as servers write it and as analytics.js does.
TYPES = {
    "track": "track", "page": "page", "screen": "screen", "identify": "identify", "group": "group", "alias": "alias",
    "t": "track", "p": "page", "s": "screen", "i": "identify", "g": "group", "a": "alias",
}  # fmt: skip
BATCHES = ("batch", "b", "import")
GROUP = "company"
# The clients that run in pages; all others are servers, or have no page.
_PAGES = frozenset({"analytics.js", "RudderLabs JavaScript SDK"})
# What a page view says of its page again, the search among it.
_OF_PAGE = frozenset({"url", "path", "title", "referrer", "search", "hash", "referring_domain", "tab_url"})
_CAMPAIGN = {"source": "source", "medium": "medium", "name": "campaign", "term": "term", "content": "content"}
# An event this much older than its sending was kept for later on purpose: its moment is no clock's mistake.
BACKFILL_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """The messages of one request and the key that they name between them."""

    key: str | None
    messages: tuple[Any, ...]
    sent_at: Any = None


def parse(body: bytes, *, last: str) -> Parcel:
    """What a body holds, by the last part of its address. Raises Malformed when it is no message or names two keys,
    TooLarge."""
    sent = lenient.loads(body, nodes=lenient.PARSED)
    if not isinstance(sent, dict):
        raise Malformed("send a JSON object", reason="not_an_object")
    if last not in BATCHES:
        return Parcel(_key(sent, ()), ({**sent, "type": TYPES[last]},))
    listed = sent.get("batch")
    if not isinstance(listed, list):
        raise Malformed("batch: a list of messages is missing", reason="not_a_batch")
    if len(listed) > MOST:
        raise TooLarge(f"batch: at most {MOST} messages, this one has {len(listed)}", reason="too_many_items")
    return Parcel(_key(sent, listed), tuple(listed), sent.get("sentAt"))


def decode(parcel: Parcel, context: Context, *, is_import: bool = False) -> Decoded:
    """The product events of a request; what cannot be one is refused alone. Moments of an import are as they are."""
    events, refused = [], []
    for message in parcel.messages:
        found = _event(message, parcel, context, is_import=is_import)
        if isinstance(found, Refused):
            refused.append(found)
        else:
            events.append(found)
    decoded = posthog.decode(Batch(None, tuple(events), is_import=is_import), context)
    return Decoded(decoded.items, (*refused, *decoded.refused))


def _event(message: Any, parcel: Parcel, context: Context, *, is_import: bool) -> dict[str, Any] | Refused:
    """One message as an event of PostHog's SDKs."""
    if not isinstance(message, dict):
        return Refused(canonical.KIND, "invalid", "not_an_object")
    user, anonymous = _id(message.get("userId")), _id(message.get("anonymousId"))
    if not user and not anonymous:
        return Refused(canonical.KIND, "invalid", "no_distinct_id")
    name, own = _told(message, user, anonymous)
    if not name:
        return Refused(canonical.KIND, "invalid", "no_name")
    if name == posthog.ALIAS and own["alias"] in ("", user):
        return Refused(canonical.KIND, "filtered", "alias_of_itself")
    return {
        "event": name,
        "uuid": scalar(message.get("messageId"), 200),
        "distinct_id": user or anonymous,
        "timestamp": _moment(message, parcel.sent_at, context, is_import=is_import),
        "properties": {**own, **_around(message)},
    }


def _told(message: Mapping[str, Any], user: str, anonymous: str) -> tuple[str, dict[str, Any]]:
    """The name of the event and the properties that its type brings; "" for a type that there is not."""
    properties, traits = lenient.mapping(message.get("properties")), lenient.mapping(message.get("traits"))
    match message.get("type"):
        case "track":
            return scalar(message.get("event"), canonical.NAME), properties
        case "page":
            return canonical.PAGE_VIEW, _view(message, properties)
        case "screen":
            return "$screen", {**_view(message, properties), "$screen_name": scalar(message.get("name"), 200)}
        case "identify":
            traits = traits or lenient.mapping(lenient.mapping(message.get("context")).get("traits"))
            merged = {"$anon_distinct_id": anonymous} if user and anonymous and user != anonymous else {}
            return "$identify" if user else "$set", {"$set": traits, **merged}
        case "group":
            named = {"$group_type": GROUP, "$group_key": _id(message.get("groupId")), "$group_set": traits}
            return "$groupidentify", named
        case "alias":
            return posthog.ALIAS, {"alias": _id(message.get("previousId"))}
    return "", {}


def _view(message: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in properties.items() if name not in _OF_PAGE}
    return own | {name: message[name] for name in ("name", "category") if message.get(name)}


def _around(message: Mapping[str, Any]) -> dict[str, Any]:
    """What PostHog's SDKs would say of the page, the campaign, the application and the client."""
    context = lenient.mapping(message.get("context"))
    page, library = {**lenient.mapping(context.get("page")), **_seen(message)}, lenient.mapping(context.get("library"))
    is_page = library.get("name") in _PAGES or message.get("channel") == "web"
    campaign, app = lenient.mapping(context.get("campaign")), lenient.mapping(context.get("app"))
    said = {
        "$lib": scalar(library.get("name"), 40),
        "$lib_version": scalar(library.get("version"), 20),
        "$is_server": not is_page,
        "$current_url": page.get("url") or page.get("path"),
        "$referrer": page.get("referrer"),
        "title": page.get("title"),
        "$raw_user_agent": context.get("userAgent"),
        # RudderStack's client names itself as the application.
        "$app_version": app.get("version") if app.get("name") != library.get("name") else None,
        "$session_id": context.get("sessionId"),
        **{f"utm_{part}": campaign.get(name) for name, part in _CAMPAIGN.items()},
    }
    if group := _id(context.get("groupId")):
        said["$groups"] = {GROUP: group}
    return {name: value for name, value in said.items() if value not in (None, "")}


def _seen(message: Mapping[str, Any]) -> dict[str, Any]:
    """The page that a page view is of, where its caller says which."""
    if message.get("type") != "page":
        return {}
    properties = lenient.mapping(message.get("properties"))
    return {name: properties[name] for name in ("url", "path", "referrer", "title") if properties.get(name)}


def _moment(message: Mapping[str, Any], sent_at: Any, context: Context, *, is_import: bool) -> float | None:
    """When it happened by the clock here: the sender's is corrected where it is off by more than its way took."""
    happened = seconds(message.get("originalTimestamp") or message.get("timestamp"))
    sent = seconds(message.get("sentAt") or sent_at)
    if happened is None or sent is None or is_import or sent - happened > BACKFILL_SECONDS:
        return happened
    off = context.received_at.timestamp() - sent
    return happened + off if abs(off) > posthog.DRIFT else happened


def _key(sent: Mapping[str, Any], messages: Any) -> str | None:
    named = {key for one in (sent, *messages) if isinstance(one, dict) and isinstance(key := one.get("writeKey"), str)}
    if len(named) > 1:
        raise Malformed("writeKey: the messages name several", reason="several_keys")
    return named.pop() if named else None


def _id(value: Any) -> str:
    return scalar(value, 200)
