"""Structured logs."""

from events.digest.batch import Batch, Item
from events.digest.steps import spans
from events.digest.steps.reading import items, mapping, moment, text, user_key

# OpenTelemetry's severity numbers: the first of each range (logs data model, "Field: SeverityNumber").
SEVERITIES = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "warning": 13, "error": 17, "fatal": 21}
_LEVELS = {"warn": "warning"}


def put_logs(batch: Batch, item: Item) -> str | None:
    """Add a row per log line."""
    payload = mapping(item.payload)
    shared = spans.shared_columns(payload)
    rows = batch.facts[item.project_id, "logs"]
    seen: set[tuple[str, str]] = set()
    prefix = item.row.item_id.hex
    for index, line in enumerate(items(payload.get("items"))):
        attributes = mapping(line.get("attributes"))
        level = text(line.get("level"), 10).lower() or "info"
        at = moment(line.get("timestamp"), item)
        release = text(attributes.get("sentry.release") or line.get("release"), 200) or shared["release"]
        environment = text(attributes.get("sentry.environment") or line.get("environment"), 64) or shared["environment"]
        if (release, environment) not in seen:
            seen.add((release, environment))
            batch.put_release(item.project_id, release, at)
            batch.put_environment(item.project_id, environment)
        severity = line.get("severity_number")
        rows.append(
            {
                "at": at,
                "log_id": f"{prefix}{index:04x}",
                "trace_id": text(line.get("trace_id"), 32).lower() or None,
                "span_id": text(line.get("span_id") or attributes.get("sentry.trace.parent_span_id"), 16) or None,
                "level": _LEVELS.get(level, level),
                "body": text(line.get("body"), 8192),
                "template": text(attributes.get("sentry.message.template"), 1000) or None,
                "logger": text(attributes.get("logger.name") or line.get("logger"), 200) or None,
                "release": release,
                "environment": environment,
                "service": text(attributes.get("service.name"), 100) or shared["service"],
                "host": text(attributes.get("server.address") or attributes.get("host.name"), 100) or shared["host"],
                "sdk": text(attributes.get("sentry.sdk.name"), 60) or shared["sdk"] or None,
                "severity": severity if type(severity) is int else SEVERITIES.get(level, 9),
                "user_key": user_key(line.get("user_key") or attributes.get("user.key")),
                "attributes": attributes,
            }
        )
    return None
