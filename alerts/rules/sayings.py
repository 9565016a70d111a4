"""What is said of an alert: to people in which words, and to incidents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from alerts.delivery import messages, notify
from alerts.delivery.messages import Message
from alerts.incidents import following
from alerts.incidents import links as incident_links
from alerts.incidents.contract import Signal
from alerts.models import Alert, AlertTransition, Notice, Notification, Rule
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
    has_ended = not is_on(State(alert.state))
    fired = alert.transitions.filter(after=Alert.State.FIRING).first()
    evidence = fired.evidence if fired else {}
    beside = Context() if has_ended else _beside(alert, evidence.get("threshold"), now=now)
    incident = None if has_ended else following.of_alert("rule", alert.fingerprint)
    acknowledging = incident_links.acknowledging(rule.project, incident) or f"{link_of(alert)}#acknowledge"
    links = [] if has_ended else [("Acknowledge", acknowledging), ("Runbook", rule.runbook)]
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
        suspect=_suspect(evidence, began) if not has_ended else "",
        chart=beside.chart,
        link=link_of(alert),
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


def _suspect(evidence: Mapping[str, Any], began: datetime) -> str:
    """The deploy that the evidence points at, else the last one before."""
    pointed = [one["words"] for one in evidence.get("suspects") or () if one["score"] > 0]
    return pointed[0] if pointed else suspect(evidence.get("deploys", []), began)


def suspect(deploys: Sequence[Mapping[str, str]], began: datetime) -> str:
    """The last deploy before it began, and how long before: what to look at first, not what was its cause."""
    for one in deploys:
        minutes = int((began - datetime.fromisoformat(one["at"])).total_seconds() // 60)
        if minutes >= 0:
            where = f" in {one['environment']}" if one.get("environment") else ""
            return f"{one['release']}{where}, deployed {span(minutes)} before"
    return ""


def link_of(alert: Alert) -> str:
    """The address of the alert's page, for people outside."""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:alert", args=[alert.rule.project.slug, alert.pk])


def signals(
    transitions: Iterable[AlertTransition], heard_of: Iterable[Alert], silenced: Collection[str], *, now: datetime
) -> list[Signal]:
    """What incidents must know: which alerts began and ended, and which are told only now."""
    found = [
        _signal(one.alert, at=one.at, is_on=is_on(State(one.after)), silenced=silenced, evidence=one.evidence)
        for one in transitions
        if is_on(State(one.before)) != is_on(State(one.after))
    ]
    known = {signal.key for signal in found}
    lasting = {
        alert.fingerprint: alert
        for alert in heard_of
        if is_on(State(alert.state)) and alert.fingerprint not in known and alert.fingerprint not in silenced
    }
    late = following.untold("rule", lasting) if lasting else ()
    return found + [
        _signal(lasting[key], at=lasting[key].fired_at or now, is_on=True, silenced=silenced) for key in late
    ]


def _signal(
    alert: Alert, *, at: datetime, is_on: bool, silenced: Collection[str], evidence: dict[str, Any] | None = None
) -> Signal:
    rule = alert.rule
    return Signal(
        project_id=rule.project_id, source="rule", source_id=rule.pk, key=alert.fingerprint, row=alert.pk,
        title=str(alert), severity=rule.severity, at=at, is_on=is_on, words=alert.words, link=link_of(alert),
        labels={name: value for name, value in labels_of(rule, alert.labels).items() if name != "severity"},
        is_silenced=alert.fingerprint in silenced, evidence=evidence or {},
    )  # fmt: skip
