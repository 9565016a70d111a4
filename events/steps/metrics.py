"""Counters, gauges and distributions."""

from typing import TYPE_CHECKING

from events.steps.reading import items, mapping, moment, text

if TYPE_CHECKING:
    from events.pipeline import Batch, Item


def put_metrics(batch: "Batch", item: "Item") -> str | None:
    """Add a row per measured value."""
    for metric in items(mapping(item.payload).get("items")):
        attributes = mapping(metric.get("attributes"))
        name, value = text(metric.get("name"), 200), metric.get("value")
        if not name or isinstance(value, bool) or not isinstance(value, int | float):
            batch.drop(item, "no_value")
            continue
        batch.facts[item.project_id, "metrics"].append(
            {
                "at": moment(metric.get("timestamp"), item),
                "trace_id": text(metric.get("trace_id"), 32).lower() or None,
                "name": name,
                "type": text(metric.get("type"), 20),
                "unit": text(metric.get("unit"), 40) or None,
                "host": text(attributes.get("server.address") or attributes.get("host.name"), 100) or None,
                "service": text(attributes.get("service.name"), 100) or None,
                "release": text(attributes.get("sentry.release"), 200) or None,
                "environment": text(attributes.get("sentry.environment"), 64) or None,
                "value": float(value),
                "attributes": attributes,
            }
        )
    return None
