"""Envelope item types: each has one decoder, which yields what is accepted and what is refused, and why."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from events.protocols.contract import Incoming, Refused, identity
from events.protocols.fields import people
from events.protocols.fields.context import Door
from events.protocols.fields.texts import identifier, scalar
from events.protocols.sentry import attachments, check_ins, clean, feedback, sessions, spans, telemetry
from events.values import lenient
from events.values.errors import Malformed, TooLarge

Outcomes = Iterator[Incoming | Refused]
REASON = 100
MOST_ANNOUNCED = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an envelope, unread; `salt` tells items apart that carry no identity of their own.

    Of one that `is_cut` the payload did not come in whole, and is not here.
    """

    header: dict[str, Any]
    data: bytes
    salt: bytes = b""
    is_cut: bool = False


def decode(item: Item, door: Door) -> Outcomes:
    """Yield the outcomes of one item. Unknown types are filtered; an unreadable payload is invalid, alone."""
    kind = item.header["type"]
    decoder = DECODERS.get(kind)
    if decoder is None:
        category, reason = FILTERED.get(kind, ("default", "unknown_item_type"))
        yield Refused(category, "filtered", reason)
        return
    if item.is_cut:
        yield Refused(CATEGORIES[kind], "invalid", "too_large")
        return
    most = getattr(door.context.limits, SIZES.get(kind, "batch"))
    if len(item.data) > most and kind not in WHOLE:
        yield Refused(CATEGORIES[kind], "invalid", "too_large", _announced(item))
        return
    try:
        yield from decoder(item, door)
    except Malformed as error:
        yield Refused(CATEGORIES[kind], "invalid", error.reason)


def decode_event(item: Item, door: Door) -> Outcomes:
    """Yield the error or transaction that an event is. Raises TooLarge for the whole request."""
    yield _event(_object(item, most=door.context.limits.event), item, door)


def _event(raw: dict[str, Any] | None, item: Item, door: Door) -> Incoming | Refused:
    if raw is None:
        return Refused(CATEGORIES.get(item.header.get("type", ""), "error"), "invalid", "not_an_object")
    if raw.get("type") == "transaction" or item.header.get("type") == "transaction":
        raw["type"] = "transaction"
        return _transaction(raw, item, door)
    item_id = _event_id("error", raw, item, door)
    return Incoming("error", item_id, 1, clean.event(raw, door, event_id=item_id.hex))


def _transaction(raw: dict[str, Any], item: Item, door: Door) -> Incoming:
    item_id = _event_id("transaction", raw, item, door)
    cleaned = clean.event(raw, door, event_id=item_id.hex)
    country = people.country(raw.get("user"), door.context)
    if country:
        cleaned.setdefault("user", {})["geo"] = {"country_code": country}
    cleaned["spans"] = spans.from_transaction(raw, cleaned, door)
    cleaned["start_timestamp"] = cleaned["spans"][0]["start"]
    if door.notes:
        cleaned["_notes"] = list(door.notes)
    return Incoming("transaction", item_id, 1, cleaned)


def _event_id(kind: str, raw: dict[str, Any], item: Item, door: Door) -> uuid.UUID:
    """The envelope's id wins over the event's own; without a readable one it is derived from the bytes."""
    own = identifier(raw.get("event_id"))
    if raw.get("event_id") is not None and own is None:
        door.note("event_id_invalid")
    return door.envelope_id or own or identity(kind, item.data)


def _feedback(item: Item, door: Door) -> Outcomes:
    raw = _object(item, most=door.context.limits.event)
    if raw is not None:
        item_id = _event_id("feedback", raw, item, door)
        written = dict(raw["contexts"]) if isinstance(raw.get("contexts"), dict) else None
        payload = feedback.from_event({"contexts": written}, clean.event(raw, door, event_id=item_id.hex), door)
        if payload:
            yield Incoming("feedback", item_id, 1, payload)
            return
    yield Refused("feedback", "invalid", "feedback")


def _user_report(item: Item, door: Door) -> Outcomes:
    raw = _object(item, most=door.context.limits.event)
    item_id = identity("feedback", item.data)
    payload = feedback.from_report(raw, door, event_id=item_id.hex) if raw is not None else None
    yield Incoming("feedback", item_id, 1, payload) if payload else Refused("feedback", "invalid", "feedback")


def _spans(item: Item, door: Door) -> Outcomes:
    kept, refused = spans.from_stream(_batch_of(item), door)
    payload: dict[str, Any] = {"spans": kept, **(spans.shared(kept[0], door) if kept else {})}
    yield from _batch("span", "span", payload, len(kept), refused, item, door)


def _logs(item: Item, door: Door) -> Outcomes:
    kept, refused = telemetry.logs(_batch_of(item), door, size=len(item.data))
    yield from _batch("log", "log_item", {"items": kept}, len(kept), refused, item, door)


def _metrics(item: Item, door: Door) -> Outcomes:
    kept, refused = telemetry.metrics(_batch_of(item), door)
    yield from _batch("metric", "trace_metric", {"items": kept}, len(kept), refused, item, door)


def _batch(
    kind: str, category: str, payload: dict[str, Any], kept: int, refused: int, item: Item, door: Door
) -> Outcomes:
    if door.notes:
        payload["_notes"] = list(door.notes)
    if kept:
        yield Incoming(kind, identity(kind, item.data), kept, payload)
    if refused:
        yield Refused(category, "invalid", f"{kind}_item", refused)


def _session(item: Item, door: Door) -> Outcomes:
    raw = _object(item)
    payload = sessions.single(raw, door) if raw is not None else None
    if payload:
        yield Incoming("session", identity("session", item.data), 1, payload)
    else:
        yield Refused("session", "invalid", "session")


def _sessions(item: Item, door: Door) -> Outcomes:
    raw = _object(item)
    payload, refused = sessions.aggregates(raw, door) if raw is not None else ({"aggregates": []}, 0)
    if payload["aggregates"]:
        # Two processes may well send the same counts for the same minute, so the bytes alone do not identify them.
        yield Incoming("sessions", identity("sessions", item.data, item.salt), 1, payload)
    if refused or not payload["aggregates"]:
        yield Refused("session", "invalid", "session", max(refused, 1))


def _check_in(item: Item, door: Door) -> Outcomes:
    raw = _object(item)
    payload = check_ins.decode(raw, door) if raw is not None else None
    if payload is None:
        yield Refused("monitor", "invalid", "check_in")
        return
    parts = [payload["monitor_slug"].encode(), payload["check_in_id"].encode(), payload["status"].encode()]
    if payload["check_in_id"] == check_ins.LATEST:
        parts.append(item.salt)
    yield Incoming("check_in", identity("check_in", *parts), 1, payload)


def _client_report(item: Item, door: Door) -> Outcomes:
    raw = _object(item)
    sent = raw.get("discarded_events") if raw is not None else None
    discarded = [
        {
            "reason": scalar(entry.get("reason"), REASON),
            "category": scalar(entry.get("category"), REASON),
            "quantity": min(entry["quantity"], 10**9),
        }
        for entry in (sent if isinstance(sent, list) else [])
        if isinstance(entry, dict) and type(entry.get("quantity")) is int and entry["quantity"] > 0
    ]
    if raw is None or not discarded:
        yield Refused("default", "invalid", "client_report")
        return
    payload = {"timestamp": door.clock.moment(raw.get("timestamp"), door.notes), "discarded_events": discarded}
    yield Incoming("client_report", identity("client_report", item.data, item.salt), 1, payload)


def _attachment(item: Item, door: Door) -> Outcomes:
    yield attachments.decode(item.header, item.data, door)


def _batch_of(item: Item) -> Any:
    """The batch is taken apart, so the limit of values is one for all its items together."""
    return lenient.loads(item.data, nodes=lenient.PARSED)


def _announced(item: Item) -> int:
    """How many facts an unread batch says it holds."""
    count = item.header.get("item_count")
    return count if type(count) is int and 0 < count <= MOST_ANNOUNCED else 1


def _object(item: Item, *, most: int | None = None) -> dict[str, Any] | None:
    if most is not None and len(item.data) > most:
        raise TooLarge(f"the {item.header.get('type', 'event')} has {len(item.data)} bytes, the limit is {most}")
    value = lenient.loads(item.data)
    return value if isinstance(value, dict) else None


DECODERS: dict[str, Callable[[Item, Door], Outcomes]] = {
    "event": decode_event,
    "transaction": decode_event,
    "feedback": _feedback,
    "user_report": _user_report,
    "span": _spans,
    "log": _logs,
    "trace_metric": _metrics,
    "session": _session,
    "sessions": _sessions,
    "check_in": _check_in,
    "client_report": _client_report,
    "attachment": _attachment,
}
CATEGORIES = {
    "event": "error",
    "transaction": "transaction",
    "feedback": "feedback",
    "user_report": "feedback",
    "span": "span",
    "log": "log_item",
    "trace_metric": "trace_metric",
    "session": "session",
    "sessions": "session",
    "check_in": "monitor",
    "client_report": "default",
    "attachment": "attachment",
}
# Limits of one item by name, where it is not that of a batch.
SIZES = {"check_in": "check_in", "client_report": "client_report", "attachment": "attachment"}
# Their size refuses the whole request: without its event an envelope has no meaning.
WHOLE = frozenset({"event", "transaction", "feedback", "user_report"})
# Known to exist, not kept here: category and reason.
FILTERED = {
    "replay_event": ("replay", "replay"),
    "replay_recording": ("replay", "replay"),
    "replay_video": ("replay", "replay"),
    "profile": ("profile", "profile"),
    "profile_chunk": ("profile_chunk", "profile_chunk"),
    "minidump": ("attachment", "minidump"),
    "unreal_report": ("attachment", "minidump"),
    "statsd": ("metric_bucket", "metric_bucket"),
    "metric_buckets": ("metric_bucket", "metric_bucket"),
}
