"""Counters, gauges, distributions and histograms."""

from typing import Any

from events.digest.batch import Batch, Item
from events.digest.steps import spans
from events.digest.steps.reading import items, mapping, moment, number, text

# Larger numbers are broken clocks and overflows; bytes of a large disk have fifteen digits.
ABSURD = 1e18
HISTOGRAMS = frozenset({"histogram", "cumulative_histogram"})


def put_metrics(batch: Batch, item: Item) -> str | None:
    """Add a row per data point."""
    payload = mapping(item.payload)
    shared = spans.shared_columns(payload)
    rows = batch.facts[item.project_id, "metrics"]
    seen: set[tuple[str, str]] = set()
    for metric in items(payload.get("items")):
        attributes = mapping(metric.get("attributes"))
        name, kind = text(metric.get("name"), 200), text(metric.get("type"), 20)
        value: Any = metric.get("value")
        reason = "no_value" if not name else None if kind in HISTOGRAMS else problem(value)
        if reason is not None:
            batch.drop(item, reason)
            continue
        at = moment(metric.get("timestamp"), item)
        release = text(attributes.get("sentry.release"), 200) or shared["release"]
        environment = text(attributes.get("sentry.environment"), 64) or shared["environment"]
        if (release, environment) not in seen:
            seen.add((release, environment))
            batch.put_release(item.project_id, release, at)
            batch.put_environment(item.project_id, environment)
        row = {
            "at": at,
            "trace_id": text(metric.get("trace_id"), 32).lower() or None,
            "name": name,
            "type": kind,
            "unit": text(metric.get("unit"), 40) or None,
            "host": text(attributes.get("host.name") or attributes.get("server.address"), 100) or shared["host"],
            "service": text(attributes.get("service.name"), 100) or shared["service"],
            "release": release,
            "environment": environment,
            "attributes": attributes,
        }
        if kind in HISTOGRAMS:
            row |= _histogram(metric)
        else:
            row["value"] = float(value)
        if type(metric.get("is_monotonic")) is bool:
            row["is_monotonic"] = metric["is_monotonic"]
        rows.append(row)
    return None


def problem(value: Any) -> str | None:
    """Why `value` cannot be a measurement, as a counted reason; None when it can."""
    if value is None:
        return "no_value"
    if (type(value) is not float and type(value) is not int) or value != value:
        return "not_a_number"
    return "absurd" if not -ABSURD <= value <= ABSURD else None


def _histogram(metric: Any) -> dict[str, Any]:
    return {name: number(metric.get(name)) for name in ("count", "sum", "min", "max")} | {
        name: metric[name] for name in ("bounds", "buckets") if isinstance(metric.get(name), list)
    }
