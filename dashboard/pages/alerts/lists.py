"""Lists of alerts, rules, channels, messages and all that stands around them, as files and in the API. No channel's
address and no source's token is among the columns."""

from typing import Any

from alerts.delivery import delivery_log
from alerts.delivery.delivery_log import Narrowed
from alerts.models import Alert, AlertTransition, ForeignAlert, Notice
from dashboard.exports.lists import Asked, Listed, belonging, named, table
from dashboard.pages.alerts import presenting


def _firing(asked: Asked) -> Any:
    return Notice.objects.filter(project=asked.project, is_on=True)


def _ended(asked: Asked) -> Any:
    lately = presenting.ended(asked.project, now=asked.now)
    return Alert.objects.filter(pk__in=[alert.pk for alert in lately])


def _messages(asked: Asked) -> Any:
    given = {**asked.parameters, "before": ""}
    if "channel_id" in asked.parameters:
        given["channel"] = asked.parameters["channel_id"]
    return delivery_log.narrowed_to(asked.project, Narrowed.of(given))


def _foreign(asked: Asked) -> Any:
    return ForeignAlert.objects.filter(source__project=asked.project)


LISTS: dict[str, Listed] = {
    "alerts": table(
        "Alerts", _firing,
        named(
            "source", "labels", "is_flapping", "is_muted", "began_at", "acknowledged_at", title="payload__title",
            severity="payload__level", looked_after_by="acknowledged_by__username",
        ),
        pages=("alerts",),
    ),
    "ended-alerts": table(
        "Alerts that ended within a day", _ended,
        named("labels", "words", "fired_at", rule="rule__name", ended_at="since"), pages=("alerts",),
    ),
    "alert-history": table(
        "History of the alert", belonging(AlertTransition, "alert", project="alert__rule__project"),
        named("before", "after", "at", "value", "words"), pages=("alert",),
        needs=("alert_id",),
    ),
    "rules": table(
        "Alert rules", lambda asked: asked.project.rules.all(),
        named("name", "kind", "metric", "severity", "is_enabled", "last_eval_at", "last_error"), pages=("rule-list",),
    ),
    "routes": table(
        "Routes", lambda asked: asked.project.routes.all(),
        named(
            "position", "name", "matchers", "tells_nobody", "goes_on", "group_by", "wait_seconds", "interval_seconds",
            "repeat_minutes",
        ),
        pages=("route-list",),
    ),
    "inhibitions": table(
        "What is held back", lambda asked: asked.project.inhibitions.all(), named("name", "source", "target", "equal"),
        pages=("route-list",),
    ),
    "silences": table(
        "Silences", lambda asked: asked.project.silences.all(),
        named("matchers", "starts_at", "ends_at", "reason", created_by="created_by__username"),
        pages=("silence-list",),
    ),
    "maintenances": table(
        "Maintenance", lambda asked: asked.project.maintenances.all(),
        named("name", "matchers", "starts_at", "ends_at", "cron", "minutes", "zone", created_by="created_by__username"),
        pages=("maintenance-list",),
    ),
    "channels": table(
        "Channels", lambda asked: delivery_log.channels(asked.project),
        named("name", "kind", "is_enabled", "disabled_reason", "waiting", "dead", "last_sent_at"),
        pages=("channel-list",),
    ),
    "messages": table(
        "Messages", _messages,
        named(
            "created_at", "kind", "status", "attempts", "last_status", "last_error", "latency_ms", "sent_at", "dedup",
            channel="channel__name", title="payload__title",
        ),
        pages=("delivery-list", "channel-detail"), takes=("channel", "status", "kind", "channel_id"),
    ),
    "sources": table(
        "Sources of others' alerts", lambda asked: asked.project.foreign_sources.all(),
        named("name", "is_enabled", "created_at", "last_at", "last_problem"), pages=("source-list",),
    ),
    "foreign-alerts": table(
        "Others' alerts", _foreign,
        named("name", "severity", "labels", "is_on", "starts_at", "ends_at", "received_at", source="source__name"),
        pages=("source-list",),
    ),
}  # fmt: skip
