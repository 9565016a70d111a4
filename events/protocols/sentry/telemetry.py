"""Logs and trace metrics: a batch of plain items."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from events.protocols.fields import attributes, kept
from events.protocols.fields.context import Door
from events.protocols.fields.texts import hexadecimal, readable, scalar
from events.scrubbing import databases
from events.values import lenient, severities

METRICS = frozenset({"counter", "gauge", "distribution", "set"})
TEMPLATE = "sentry.message.template"
SEVERITIES = {"debug": 5, "info": 9, "warning": 13, "error": 17, "fatal": 21}


def logs(raw: Any, door: Door, *, size: int) -> tuple[list[dict[str, Any]], int]:
    """Return `[{timestamp, level, severity_number, body, trace_id, span_id, attributes}]` and the count of refused."""
    sent = _items(raw)
    most = door.context.limits.batch_items
    longest = door.context.limits.log_item
    kept = [
        _log(item, door)
        for item in sent[:most]
        if isinstance(item, dict) and (size <= longest or len(lenient.canonical(item)) <= longest)
    ]
    return kept, len(sent) - len(kept)


def metrics(raw: Any, door: Door) -> tuple[list[dict[str, Any]], int]:
    """Return `[{timestamp, name, type, value, unit, trace_id, span_id, attributes}]` and the count of refused."""
    sent = _items(raw)
    kept = [metric for item in sent[: door.context.limits.batch_items] if (metric := _metric(item, door)) is not None]
    return kept, len(sent) - len(kept)


def _items(raw: Any) -> list[Any]:
    items = raw.get("items") if isinstance(raw, dict) else None
    return items if isinstance(items, list) else [None]  # what is no batch is one item that nobody can read


def _log(item: dict[str, Any], door: Door) -> dict[str, Any]:
    number = item.get("severity_number")
    by_number = severities.of_number(number)
    told = severities.of_text(scalar(item.get("level"), 60))
    level = told[0] if told else by_number or "info"
    return {
        "timestamp": door.clock.moment(item.get("timestamp"), door.notes),
        "level": level,
        "severity_number": number if by_number else told[1] if told else SEVERITIES[level],
        **said(item.get("body"), _attributes(item, door), door),
        "trace_id": hexadecimal(item.get("trace_id"), 32),
        "span_id": hexadecimal(item.get("span_id"), 16),
    }


def said(body: Any, found: dict[str, Any], door: Door) -> dict[str, Any]:
    """The body and attributes of a log line; a statement without its values."""
    if isinstance(body, dict):
        # A structured body is attributes in all but name.
        body = kept.mapping(body, door.context)
    template = found.get(TEMPLATE)
    asked = _template(template) if isinstance(template, str) else template
    if asked != template:
        # Filled in, a value without quotes would look like a name.
        return {"body": asked, "attributes": found | {TEMPLATE: asked}}
    return {"body": databases.failed(readable(body, door.context.limits.log_item)), "attributes": found}


@lru_cache(maxsize=1024)
def _template(template: str) -> str:
    return databases.failed(template)


def _attributes(item: dict[str, Any], door: Door) -> dict[str, Any]:
    found = attributes.plain(item.get("attributes"), door)
    attributes.put_own_server(found, "", door)
    return found


def _metric(item: Any, door: Door) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    name, kind, value = scalar(item.get("name"), 200), scalar(item.get("type"), 20), item.get("value")
    if not name or kind not in METRICS or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return {
        "timestamp": door.clock.moment(item.get("timestamp"), door.notes),
        "name": name,
        "type": kind,
        "value": value,
        "unit": scalar(item.get("unit"), 30) or None,
        "trace_id": hexadecimal(item.get("trace_id"), 32),
        "span_id": hexadecimal(item.get("span_id"), 16),
        "attributes": _attributes(item, door),
    }
