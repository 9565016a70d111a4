"""Spans: transactions, streamed batches and OpenTelemetry's are one thing, rows of the span store."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from events.digest.batch import Batch, Item
from events.digest.steps.reading import items, mapping, sdk, text, user_key
from events.facts import schema
from events.scrubbing import databases
from events.values import countries, sql


def put_spans(batch: Batch, item: Item) -> str | None:
    """Add a row per span, and leave the rows in `item.spans`, a statement where one is a query, for the steps after.

    A span without a trace or an id has no place in a waterfall. One that another batch has brought counts no second
    time, here and in what the steps after make of it.
    """
    payload = mapping(item.payload)
    shared = shared_columns(payload)
    seen: set[tuple[str, str]] = set()
    for span in items(payload.get("spans")):
        row = _row(span, shared, item)
        if row is None:
            batch.drop(item, "no_trace")
            continue
        if item.row.kind == "span":
            key = (item.project_id, row["trace_id"], row["span_id"])
            if key in batch.known_spans:
                batch.drop(item, "span", outcome="duplicate")
                continue
            batch.known_spans.add(key)
        item.spans.append(row)
        if (row["release"], row["environment"]) not in seen:
            seen.add((row["release"], row["environment"]))
            batch.put_release(item.project_id, row["release"], row["at"])
            batch.put_environment(item.project_id, row["environment"])
    put_self_time(item.spans)
    batch.facts[item.project_id, "spans"].extend(item.spans)
    return None


def shared_columns(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What all records of one item have in common, by column."""
    return {
        "release": text(payload.get("release"), 200),
        "environment": text(payload.get("environment"), 64),
        "service": text(payload.get("service"), 100) or None,
        "host": text(payload.get("host") or payload.get("server_name"), 100) or None,
        "sdk": sdk(payload),
        "route": text(payload.get("transaction"), 200) or None,
        "user_key": user_key(mapping(payload.get("user")).get("key")),
    }


def _row(span: Mapping[str, Any], shared: Mapping[str, Any], item: Item) -> dict[str, Any] | None:
    trace_id, span_id = span.get("trace_id"), span.get("span_id")
    if type(trace_id) is not str or type(span_id) is not str or not trace_id or not span_id:
        return None
    at, duration_ms = span_time(span, item)
    attributes = mapping(span.get("attributes"))
    op, kind = text(span.get("op"), 60), text(span.get("kind") or attributes.get("sentry.kind"), 20)
    row = {
        **shared,
        "at": at,
        "trace_id": trace_id[:32].lower(),
        "span_id": span_id[:16].lower(),
        "parent_span_id": text(span.get("parent_span_id"), 16).lower() or None,
        "name": text(span.get("name"), 500),
        "op": op,
        "kind": kind or None,
        "status": text(span.get("status"), 40) or None,
        "duration_ms": duration_ms,
        "is_segment": span.get("is_segment") is True,
        "attributes": attributes,
    }
    if release := span.get("release"):
        row["release"] = text(release, 200)
    if environment := span.get("environment"):
        row["environment"] = text(environment, 64)
    if transaction := span.get("transaction"):
        row["route"] = text(transaction, 200)
    if row["service"] is None:
        row["service"] = text(attributes.get("service.name") or attributes.get("server.address"), 100) or None
    _put_statement(row, op, attributes)
    return row


def country(attributes: Mapping[str, Any], payload: Mapping[str, Any]) -> str | None:
    """The visitor's country as two letters: that of the span, else that of the payload's user."""
    geo = mapping(mapping(payload.get("user")).get("geo"))
    return countries.named(attributes) or countries.code(geo.get("country_code"))


def span_time(span: Mapping[str, Any], item: Item) -> tuple[datetime, float]:
    """When the span began, and its milliseconds."""
    start, end = span.get("start"), span.get("end")
    at = schema.moment(start) or item.row.received_at
    if isinstance(start, int | float) and isinstance(end, int | float):
        return at, max(0.0, (end - start) * 1000)
    ended = schema.moment(end) or at
    return at, max(0.0, (ended - at).total_seconds() * 1000)


def _put_statement(row: dict[str, Any], op: str, attributes: Mapping[str, Any]) -> None:
    """A query's text without its values, in `statement` and wherever the span itself names it.

    What came in through today's doors has lost its values there; this is for what waited since before.
    """
    asked = databases.name(row["name"], op=op, attributes=attributes)
    if asked is None:
        return
    row["name"] = asked[:500]
    system = databases.system_of(attributes)
    written = next((text(attributes[name], sql.LONGEST) for name in databases.TEXTS if attributes.get(name)), "")
    if written:
        forms = {
            name: databases.form(text(attributes[name], sql.LONGEST), system=system, op=op)
            for name in databases.TEXTS
            if name in attributes
        }
        row["attributes"] = {**attributes, **forms}
    # An instrumentation's inner spans repeat the system of the query below them; those of a server are its own.
    if row["kind"] == "server" or (row["kind"] == "internal" and not written) or system in databases.NOT_SQL:
        return
    if databases.is_sql(written or asked, system=system, op=op):
        row["statement"] = sql.normalised(written or asked, system=system)
        row["system"] = system or None


def put_self_time(rows: Iterable[dict[str, Any]]) -> None:
    """Fill `self_ms`: the duration without what direct children present took, overlaps counted once."""
    children: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    rows = list(rows)
    for row in rows:
        if row["parent_span_id"]:
            start = row["at"].timestamp() * 1000
            children[row["parent_span_id"]].append((start, start + row["duration_ms"]))
    for row in rows:
        row["self_ms"] = row["duration_ms"]
        if spans := children.get(row["span_id"]):
            start = row["at"].timestamp() * 1000
            row["self_ms"] = max(0.0, row["duration_ms"] - covered(spans, start, start + row["duration_ms"]))


def covered(spans: list[tuple[float, float]], start: float, end: float) -> float:
    """How much of [start, end] lies under `spans`."""
    total, reached = 0.0, start
    for first, last in sorted(spans):
        first, last = max(first, reached), min(last, end)
        if last > first:
            total += last - first
            reached = last
    return total
