"""Spans of OpenTelemetry in the one shape that all spans have here (events.protocols.sentry.spans)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from events.protocols.fields.attributes import put_country
from events.protocols.fields.context import Door
from events.protocols.fields.texts import readable
from events.protocols.otlp.attributes import READ, plain, value
from events.protocols.sentry.spans import named, parent_id
from events.scrubbing import databases

KINDS = {0: "internal", 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
STATUSES = {0: "unset", 1: "ok", 2: "error"}
_BILLION = 1e9
# The first of these attributes says what a span is about; Sentry's ops, so that one page reads both.
_OPS = (
    (("db.system.name", "db.system", "db.query.text", "db.statement"), "db"),
    (("messaging.system",), "queue"),
    (("rpc.system.name", "rpc.system"), "rpc"),
    (("http.request.method", "http.method"), "http"),
)


def read(span: Any, door: Door) -> dict[str, Any] | None:
    """Return a span, or None for one without its ids."""
    trace_id, span_id = span.trace_id, span.span_id
    if len(trace_id) != 16 or len(span_id) != 8 or not any(trace_id) or not any(span_id):
        return None
    found = plain(span.attributes, door)
    kind = KINDS.get(span.kind, "internal")
    if kind == "server" and door.context.located:
        put_country(found, {pair.key: value(pair.value) for pair in span.attributes[:READ]}, door)
    start, end = door.clock.span(
        span.start_time_unix_nano / _BILLION or None, span.end_time_unix_nano / _BILLION or None, door.notes
    )
    if span.events:
        found |= _exception(span.events)
    if span.status.message:
        found["otel.status_description"] = databases.failed(readable(span.status.message, 500))
    parent = parent_id(span.parent_span_id.hex())
    op = _op(found, kind)
    return {
        "trace_id": trace_id.hex(),
        "span_id": span_id.hex(),
        "parent_span_id": parent,
        "name": named(span.name, op, found),
        "op": op,
        "kind": kind,
        "status": STATUSES.get(span.status.code, "unset"),
        "is_segment": parent is None or kind in ("server", "consumer"),
        "start": start,
        "end": end,
        "attributes": found,
    }


def put_routes(spans: Sequence[dict[str, Any]]) -> None:
    """Name every span's `transaction`: that of the request, message or root span above it, as far as it came along."""
    known = {(span["trace_id"], span["span_id"]): span for span in spans}
    routes: dict[tuple[str, str], str | None] = {
        place: _route(span) for place, span in known.items() if span["is_segment"]
    }
    for span in spans:
        way: list[tuple[str, str]] = []
        place: tuple[str, str] | None = (span["trace_id"], span["span_id"])
        while place is not None and place not in routes:
            routes[place] = None  # also ends a circle
            way.append(place)
            parent = known[place]["parent_span_id"] if place in known else None
            place = (span["trace_id"], parent) if parent else None
        route = routes[place] if place is not None else None
        routes.update(dict.fromkeys(way, route))
        if route:
            span["transaction"] = route


def _route(span: Mapping[str, Any]) -> str:
    """The name of a request: `GET /items/{id}`, also by instrumentations that name the span after its method alone."""
    found = span["attributes"]
    route, method = found.get("http.route"), found.get("http.request.method") or found.get("http.method")
    name = str(span["name"])
    if route and method and name in (method, route, f"HTTP {method}"):
        name = f"{method} {route}"
    return name[:200]


def _op(found: Mapping[str, Any], kind: str) -> str:
    base = next((op for names, op in _OPS if any(name in found for name in names)), "")
    if base == "http":
        return f"http.{kind}" if kind in ("server", "client") else "http"
    if base == "queue":
        return {"producer": "queue.publish", "consumer": "queue.process"}.get(kind, "queue")
    return base or ("function" if kind == "internal" else kind)


def _exception(events: Sequence[Any]) -> dict[str, Any]:
    """The type and message of the last exception that a span recorded."""
    for event in reversed(events[-20:]):
        if event.name == "exception":
            said = {pair.key: value(pair.value) for pair in event.attributes[:20]}
            return {
                name: databases.failed(readable(said[name], 1000))
                for name in ("exception.type", "exception.message")
                if said.get(name)
            }
    return {}
