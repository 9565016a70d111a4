"""Spans: transactions and streamed span batches are one thing, rows of the span store."""

from typing import TYPE_CHECKING

from events.steps.reading import items, mapping, moment, sdk, text, user_key

if TYPE_CHECKING:
    from events.pipeline import Batch, Item


def put_spans(batch: "Batch", item: "Item") -> str | None:
    """Add a row per span; a span without a trace or an id has no place in a waterfall."""
    payload = mapping(item.payload)
    client = sdk(payload)
    person = user_key(mapping(payload.get("user")).get("key"))
    spans = items(payload.get("spans"))
    for span in spans:
        trace_id, span_id = text(span.get("trace_id"), 32), text(span.get("span_id"), 16)
        if not trace_id or not span_id:
            batch.drop(item, "no_trace")
            continue
        at = moment(span.get("start"), item)
        end = moment(span.get("end"), item)
        release = text(span.get("release") or payload.get("release"), 200)
        environment = text(span.get("environment") or payload.get("environment"), 64)
        batch.put_release(item.project_id, release, at)
        batch.put_environment(item.project_id, environment)
        attributes = mapping(span.get("attributes"))
        batch.facts[item.project_id, "spans"].append(
            {
                "at": at,
                "trace_id": trace_id.lower(),
                "span_id": span_id.lower(),
                "parent_span_id": text(span.get("parent_span_id"), 16).lower() or None,
                "name": text(span.get("name"), 500),
                "op": text(span.get("op"), 60),
                "kind": text(span.get("kind"), 20) or None,
                "status": text(span.get("status"), 40) or None,
                "release": release,
                "environment": environment,
                "service": text(attributes.get("service.name") or attributes.get("server.address"), 100) or None,
                "sdk": client,
                "route": text(span.get("transaction") or payload.get("transaction"), 200) or None,
                "user_key": person,
                "duration_ms": max(0.0, (end - at).total_seconds() * 1000),
                "is_segment": span.get("is_segment") is True,
                "attributes": attributes,
            }
        )
    return None
