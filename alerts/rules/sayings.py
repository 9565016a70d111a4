"""What people are told of an alert: how it stands, and in which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.models import Alert, Notification, Rule
from alerts.routing.telling import Report
from alerts.rules.contract import span
from alerts.rules.kinds import NEWS, watched
from alerts.rules.kinds.issue import CHANGES
from alerts.rules.standing import State, is_on

# How a rule's severity is written in the levels that channels filter by.
LEVELS = {"info": "info", "warning": "warning", "error": "error", "critical": "fatal"}


def report_of(alert: Alert, *, named: Sequence[int], now: datetime) -> Report:
    """How the alert stands, for those who tell people."""
    rule = alert.rule
    is_passing = rule.kind in NEWS and NEWS[rule.kind](rule.config)
    return Report(
        key=f"alert:{alert.pk}",
        source="rule",
        labels=labels_of(rule, alert.labels),
        message=message_of(alert, now=now),
        is_on=is_on(State(alert.state)),
        began_at=alert.fired_at or now,
        is_flapping=alert.is_flapping,
        named=named,
        repeat_minutes=rule.repeat_minutes,
        is_passing=is_passing,
        aware=heard_already(alert, now=now) if is_passing else (),
        alert=alert,
    )


def heard_already(alert: Alert, *, now: datetime) -> tuple[int, ...]:
    """The channels that were told of this change of an issue by their own filters."""
    config = alert.rule.config
    since = now - timedelta(minutes=config["window"])
    told = Notification.objects.filter(
        issue_id=int(alert.labels["issue"]), transition__kind=CHANGES[config["trigger"]], transition__at__gte=since
    )
    return tuple(sorted(set(told.values_list("channel_id", flat=True))))


def labels_of(rule: Rule, group: Mapping[str, str]) -> dict[str, str]:
    """What silences and routes tell the alert by: its group, what the rule is cut to, the rule's own and its name."""
    cut = {name: values[0] for name, values in rule.where.items() if len(values) == 1}
    return {**cut, **rule.labels, **group, "rule": rule.name, "severity": rule.severity}


def message_of(alert: Alert, *, now: datetime) -> Message:
    rule = alert.rule
    began = alert.fired_at or now
    has_ended = not is_on(State(alert.state))
    lasted = span(int((now - began).total_seconds() // 60)) if has_ended else ""
    return Message(
        kind="alert_ended" if has_ended else "firing",
        dedup=notify.dedup_id("alert", alert.fingerprint, began.isoformat()),
        title=str(alert),
        project=rule.project.name,
        at=now.isoformat(),
        level=LEVELS[rule.severity],
        environment=alert.labels.get("environment", ""),
        release=alert.labels.get("release", ""),
        reason=alert.words,
        link=settings.OBS_PUBLIC_URL + reverse("dashboard:alert", args=[rule.project.slug, alert.pk]),
        details=tuple(
            (label, value)
            for label, value in (
                ("Metric", watched(rule.kind, rule.metric, rule.config)),
                ("Since", f"{began:%Y-%m-%d %H:%M} UTC" if not has_ended else ""),
                ("Lasted", lasted),
                ("Runbook", rule.runbook),
            )
            if value
        ),
    )
