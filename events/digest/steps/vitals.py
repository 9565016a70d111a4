"""Web vitals: as browsers send them, and out of the spans of a page load."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from events.digest.batch import Batch, Item
from events.digest.steps import spans
from events.digest.steps.reading import agent_of, items, mapping, moment, text, user_key
from events.values import countries, routes, units, vitals
from events.values.browsers import families

_PREFIX = "browser.web_vital."
_URLS = ("url.full", "http.url", "url", "sentry.transaction")
# What a span says about the moment, in the words of web-vitals' attribution build.
_ATTRIBUTION = 20


def put_vitals(batch: Batch, item: Item) -> str | None:
    """Add a row per reported value; questions take that of a metric id which was received last."""
    payload = mapping(item.payload)
    shared = spans.shared_columns(payload)
    for place, vital in enumerate(items(payload.get("items"))):
        value: Any = vital.get("value")
        metric = text(vital.get("metric"), 10)
        if (reason := vitals.problem(metric, value)) is not None:
            batch.drop(item, reason)
            continue
        at = moment(vital.get("timestamp"), item)
        release = text(vital.get("release"), 200) or shared["release"]
        environment = text(vital.get("environment"), 64) or shared["environment"]
        batch.put_release(item.project_id, release, at)
        batch.put_environment(item.project_id, environment)
        batch.facts[item.project_id, "vitals"].append(
            {
                **vital,
                "at": at,
                "received_at": item.row.received_at + timedelta(microseconds=place),  # one request may tell of changes
                "value": float(value),
                "country": countries.code(vital.get("country")),
                "release": release,
                "environment": environment,
                "user_key": user_key(vital.get("visitor")) or shared["user_key"],
                "rating": vitals.rating(metric, value),
            }
        )
    return None


def put_page_vitals(batch: Batch, item: Item) -> str | None:
    """Add the vitals that Sentry's browser SDKs put into the measurements or attributes of their spans."""
    for row in item.spans:
        op = row["op"]
        if op == "pageload" or op.startswith("ui.webvital.") or op.startswith("ui.interaction."):
            for metric, value in measured(row, mapping(mapping(item.payload).get("measurements"))):
                if vitals.problem(metric, value) is None:
                    batch.facts[item.project_id, "vitals"].append(_of_span(metric, value, row, item))
    return None


def measured(row: Mapping[str, Any], measurements: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(metric, value) of a page load: its measurements, else its attributes; FID is not a vital any more."""
    for name, metric in vitals.NAMES.items():
        value = row["attributes"].get(f"{_PREFIX}{name}.value")
        if value is None and row["is_segment"] and name in measurements:
            found = mapping(measurements[name])
            value = found.get("value")
            if metric != "CLS" and isinstance(value, int | float) and not isinstance(value, bool):
                value = units.milliseconds(value, text(found.get("unit"), 20))
        if value is not None:
            yield metric, value


def _of_span(metric: str, value: Any, row: Mapping[str, Any], item: Item) -> dict[str, Any]:
    attributes = row["attributes"]
    page = text(attributes.get("sentry.pageload.span_id") or attributes.get("sentry.segment.id"), 16) or row["span_id"]
    request = mapping(mapping(item.payload).get("request"))
    url = next((text(attributes[name], 500) for name in _URLS if attributes.get(name)), text(request.get("url"), 500))
    agent = text(attributes.get("user_agent.original"), 400) or agent_of(item.payload)
    device, browser = families(agent)
    prefix = f"{_PREFIX}{metric.lower()}."
    details = {name[len(prefix) :]: said for name, said in attributes.items() if name.startswith(prefix)}
    details.pop("value", None)
    return {
        "at": row["at"],
        "metric_id": f"{row['trace_id']}-{page}-{metric}",
        "trace_id": row["trace_id"],
        "metric": metric,
        "route": routes.of_url(row["route"] or row["name"] or url) or row["route"],
        "url": url or None,
        "device": device or None,
        "browser": browser or None,
        "country": spans.country(attributes, mapping(item.payload)),
        "connection": text(attributes.get("network.connection.effective_type"), 20) or None,
        "release": row["release"],
        "environment": row["environment"],
        "navigation_type": vitals.navigation(attributes.get("browser.navigation.type")) or "navigate",
        "rating": vitals.rating(metric, value),
        "user_key": row["user_key"],
        "value": float(value),
        "received_at": item.row.received_at,
        "attribution": dict(list(details.items())[:_ATTRIBUTION]),
    }
