"""One shape for spans, whether they came inside a transaction or as a streamed batch.

A span is `{trace_id, span_id, parent_span_id, name, op, status, is_segment, start, end, attributes, release,
environment, transaction}`; `start` and `end` are epoch seconds, a missing text is None.
"""

from __future__ import annotations

from typing import Any

from events.protocols.fields import attributes
from events.protocols.fields.context import Door
from events.protocols.fields.links import tidy_words
from events.protocols.fields.texts import hexadecimal, scalar, trimmed
from events.scrubbing import databases
from events.values import countries, statuses, units, vitals

NAME = 500
OP = 128


def from_transaction(raw: dict[str, Any], cleaned: dict[str, Any], door: Door) -> list[dict[str, Any]]:
    """Return the segment and then its child spans; `cleaned` is the event after its door steps."""
    contexts = cleaned.get("contexts") or {}
    trace = contexts.get("trace") or {}
    shared = {name: cleaned.get(name) for name in ("release", "environment", "transaction")}
    start, end = door.clock.span(raw.get("start_timestamp"), raw.get("timestamp"), door.notes)
    name = cleaned.get("transaction") or "<unnamed transaction>"
    trace_id = hexadecimal(trace.get("trace_id"), 32) or cleaned["event_id"]
    span_id = hexadecimal(trace.get("span_id"), 16) or cleaned["event_id"][:16]
    segment = {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_span_id": parent_id(trace.get("parent_span_id")),
        "name": name,
        "op": scalar(trace.get("op"), OP) or None,
        "status": scalar(trace.get("status"), 64) or None,
        "is_segment": True,
        "start": start,
        "end": end,
        "attributes": _with_code(trace.get("data", {}), cleaned) | _values(cleaned.get("measurements")),
        **shared,
    }
    children = [_child(span, trace_id, span_id, shared, door) for span in _dicts(raw.get("spans"), door)]
    return [segment, *(child for child in children if child is not None)]


def from_stream(raw: Any, door: Door) -> tuple[list[dict[str, Any]], int]:
    """Return the spans of a version 2 batch, or the one of version 1, and how many of its items could not be read."""
    items = raw.get("items") if isinstance(raw, dict) else None
    if not isinstance(items, list):
        alone = _alone(raw, door) if isinstance(raw, dict) else None
        return ([alone], 0) if alone else ([], 1)
    spans = [_streamed(item, door) for item in items[: door.context.limits.spans]]
    kept = [span for span in spans if span is not None]
    return kept, len(items) - len(kept)


def shared(span: dict[str, Any], door: Door) -> dict[str, Any]:
    """Return `{sdk, user}` of a batch as an event would name them; a batch is of one trace, so of one sender."""
    found = span["attributes"]
    sdk = {name: scalar(found.get(f"sentry.sdk.{name}"), 64) for name in ("name", "version")}
    user: dict[str, Any] = {"key": found["user.key"]} if "user.key" in found else {}
    country = countries.named(found) or door.context.country()
    if country:
        user["geo"] = {"country_code": country}
    return {"sdk": sdk, "user": user or None}


def _alone(raw: dict[str, Any], door: Door) -> dict[str, Any] | None:
    """A span of version 1 in an item of its own, as browsers send a vital after the page load; its measurements become
    attributes, as version 2 has them."""
    trace_id = hexadecimal(raw.get("trace_id"), 32)
    found = _child(raw, trace_id, "", {}, door) if trace_id else None
    if found is None:
        return None
    said = found["attributes"]
    for name, measured in _dicts_of(raw.get("measurements")):
        value = measured.get("value")
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = value if name == "cls" else units.milliseconds(value, scalar(measured.get("unit"), 20))
            said.setdefault(f"browser.web_vital.{name}.value" if name.upper() in vitals.THRESHOLDS else name, value)
    return found | {
        "parent_span_id": parent_id(raw.get("parent_span_id")),
        "is_segment": raw.get("is_segment") is True,
        "release": scalar(said.get("release") or said.get("sentry.release"), 250) or None,
        "environment": scalar(said.get("environment") or said.get("sentry.environment"), 64) or None,
        "transaction": scalar(said.get("transaction") or said.get("sentry.segment.name"), 200) or None,
    }


def _dicts_of(value: Any) -> list[tuple[str, dict[str, Any]]]:
    pairs = list(value.items())[:100] if isinstance(value, dict) else []
    return [(trimmed(name, 200), held) for name, held in pairs if isinstance(held, dict)]


def _streamed(item: Any, door: Door) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    trace_id, span_id = hexadecimal(item.get("trace_id"), 32), hexadecimal(item.get("span_id"), 16)
    if trace_id is None or span_id is None:
        return None
    found = attributes.plain(item.get("attributes"), door)
    attributes.put_country(found, item.get("attributes"), door)
    op = scalar(found.get("sentry.op"), OP)
    attributes.put_own_server(found, op, door)
    start, end = door.clock.span(item.get("start_timestamp"), item.get("end_timestamp"), door.notes)
    return {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_span_id": parent_id(item.get("parent_span_id")),
        "name": named(item.get("name"), op, found),
        "op": op or None,
        "status": scalar(item.get("status"), 64) or None,
        "is_segment": item.get("is_segment") is True,
        "start": start,
        "end": end,
        "attributes": found,
        "release": scalar(found.get("sentry.release"), 250) or None,
        "environment": scalar(found.get("sentry.environment"), 64) or None,
        "transaction": scalar(found.get("sentry.segment.name"), 200) or None,
    }


def _child(
    span: dict[str, Any], trace_id: str, segment_id: str, shared: dict[str, Any], door: Door
) -> dict[str, Any] | None:
    span_id = hexadecimal(span.get("span_id"), 16)
    if span_id is None:
        door.note("spans_dropped")
        return None
    start, end = door.clock.span(span.get("start_timestamp"), span.get("timestamp"), door.notes)
    tags = span.get("tags")
    data = (tags if isinstance(tags, dict) else {}) | (span["data"] if isinstance(span.get("data"), dict) else {})
    op, found = scalar(span.get("op"), OP), attributes.plain(data, door)
    return {
        "trace_id": hexadecimal(span.get("trace_id"), 32) or trace_id,
        "span_id": span_id,
        "parent_span_id": parent_id(span.get("parent_span_id")) or segment_id,
        "name": named(span.get("description"), op, found),
        "op": op or None,
        "status": scalar(span.get("status"), 64) or None,
        "is_segment": False,
        "start": start,
        "end": end,
        "attributes": found,
        **shared,
    }


def parent_id(sent: Any) -> str | None:
    """A parent's id; nothing but zeros is how a tracer says that there is none."""
    found = hexadecimal(sent, 16)
    return found if found and found.strip("0") else None


def named(sent: Any, op: str, found: dict[str, Any]) -> str:
    """The name of a span: what a database was asked without its values, else a text with tidied addresses.

    A statement that is longer than a name stands in the attributes `found` as well: its end tells it from others.
    """
    asked = None
    if isinstance(sent, str):
        asked = databases.name(sent[: attributes.LONGEST].strip(), op=op, attributes=found)
    if asked is None:
        return tidy_words(scalar(sent, NAME))
    if len(asked) <= NAME:
        return asked
    if not any(name in found for name in databases.TEXTS):
        found[databases.TEXTS[0]] = asked[: attributes.VALUE]
    return asked[: NAME - 1] + "…"


def _dicts(value: Any, door: Door) -> list[dict[str, Any]]:
    spans = [span for span in value if isinstance(span, dict)] if isinstance(value, list) else []
    if len(spans) > door.context.limits.spans:
        door.note("spans_dropped")
    return spans[: door.context.limits.spans]


def _with_code(data: dict[str, Any], cleaned: dict[str, Any]) -> dict[str, Any]:
    """The attributes with the code of the response, which SDKs also keep in a context of its own or in the tags."""
    if any(data.get(name) is not None for name in statuses.HTTP):
        return data
    response, trace = ((cleaned.get("contexts") or {}).get(name) or {} for name in ("response", "trace"))
    tags = [held for held in (cleaned.get("tags"), trace.get("tags")) if isinstance(held, dict)]
    places = [response.get("status_code"), trace.get("status_code")]
    places += [held.get(name) for held in tags for name in statuses.HTTP]
    code = next((code for said in places if (code := statuses.number(said)) is not None), None)
    return data if code is None else {**data, statuses.HTTP[0]: code}


def _values(measurements: Any) -> dict[str, Any]:
    return {name: measured["value"] for name, measured in (measurements or {}).items()}
