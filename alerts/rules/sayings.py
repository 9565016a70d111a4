"""What people are told of an alert: how it stands, and in which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from alerts.delivery import messages, notify
from alerts.delivery.messages import Message
from alerts.models import Alert, Notice, Notification, Rule
from alerts.routing.telling import Report
from alerts.rules import context
from alerts.rules.context import Context
from alerts.rules.contract import span
from alerts.rules.kinds import NEWS, watched
from alerts.rules.kinds.issue import CHANGES
from alerts.rules.standing import State, is_on

LAG = timedelta(minutes=1)  # up to when rules judge, as in evaluation
# How a rule's severity is written in the levels that channels filter by.
LEVELS = {"info": "info", "warning": "warning", "error": "error", "critical": "fatal"}


def report_of(alert: Alert, *, named: Sequence[int], now: datetime) -> Report:
    """How the alert stands, for those who tell people."""
    rule = alert.rule
    is_passing = rule.kind in NEWS and NEWS[rule.kind](rule.config)
    return Report(
        key=key_of(alert),
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


def key_of(alert: Alert) -> str:
    return f"alert:{alert.pk}"


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
    """What happened, how bad against what is normal, since when, what was deployed just before, and where to look."""
    rule = alert.rule
    page = settings.OBS_PUBLIC_URL + reverse("dashboard:alert", args=[rule.project.slug, alert.pk])
    has_ended = not is_on(State(alert.state))
    fired = alert.transitions.filter(after=Alert.State.FIRING).first()
    evidence = fired.evidence if fired else {}
    beside = Context() if has_ended else _beside(alert, evidence.get("threshold"), now=now)
    links = [] if has_ended else [("Acknowledge", f"{page}#acknowledge"), ("Runbook", rule.runbook)]
    began = alert.fired_at or now
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
        normal=beside.normal,
        suspect=suspect(evidence.get("deploys", []), began) if not has_ended else "",
        chart=beside.chart,
        link=page,
        links=tuple((label, address) for label, address in links if address),
        details=tuple(
            (label, value)
            for label, value in (
                ("Metric", watched(rule.kind, rule.metric, rule.config)),
                ("Since", f"{began:%Y-%m-%d %H:%M} UTC" if not has_ended else ""),
                ("Lasted", lasted),
            )
            if value
        ),
    )


def _beside(alert: Alert, threshold: float | None, *, now: datetime) -> Context:
    """What is normal, and the chart: read when it fires, and kept with what is told of it while it lasts."""
    if alert.fired_at != now:
        kept = Notice.objects.filter(key=key_of(alert)).values_list("payload", flat=True).first()
        if kept:
            told = messages.unpack(kept)
            return Context(told.normal, told.chart)
    return context.of(alert, threshold, at=(now - LAG).replace(second=0, microsecond=0), now=now)


def suspect(deploys: Sequence[Mapping[str, str]], began: datetime) -> str:
    """The last deploy before it began, and how long before: what to look at first, not what was its cause."""
    for one in deploys:
        minutes = int((began - datetime.fromisoformat(one["at"])).total_seconds() // 60)
        if minutes >= 0:
            where = f" in {one['environment']}" if one.get("environment") else ""
            return f"{one['release']}{where}, deployed {span(minutes)} before"
    return ""
