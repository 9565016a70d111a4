"""What is said of an alert: to people in which words, and to incidents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.incidents import links
from alerts.incidents.contract import Signal
from alerts.models import Alert, AlertTransition
from alerts.rules.contract import span
from alerts.rules.standing import State, is_on
from alerts.rules.telling import News
from analytics.questions.watched.metrics import title_of

# How a rule's severity is written in the levels that channels filter by.
LEVELS = {"info": "info", "warning": "warning", "error": "error", "critical": "fatal"}


def message_of(
    alert: Alert, news: News, *, now: datetime, incident: int | None = None, evidence: Mapping[str, Any] | None = None
) -> Message:
    """With `incident`, where it is acknowledged; with the `evidence` of when it fired, what was deployed before."""
    deployed = [one["words"] for one in (evidence or {}).get("suspects") or () if one["score"] > 0]
    rule = alert.rule
    began = alert.fired_at or now
    lasted = span(int((now - began).total_seconds() // 60)) if news is News.ENDED else ""
    return Message(
        kind=news.value,
        dedup=notify.dedup_id("alert", alert.fingerprint, began.isoformat(), news.value, now.isoformat()),
        title=str(alert),
        project=rule.project.name,
        at=now.isoformat(),
        level=LEVELS[rule.severity],
        environment=alert.labels.get("environment", ""),
        release=alert.labels.get("release", ""),
        reason=alert.words,
        link=link_of(alert),
        details=tuple(
            (label, value)
            for label, value in (
                ("Metric", title_of(rule.metric)),
                ("Since", f"{began:%Y-%m-%d %H:%M} UTC" if news is not News.ENDED else ""),
                ("Lasted", lasted),
                ("Deployed before", deployed[0] if deployed else ""),
                ("Runbook", rule.runbook),
                ("Acknowledge", links.acknowledging(rule.project, incident) if news is not News.ENDED else ""),
            )
            if value
        ),
    )


def link_of(alert: Alert) -> str:
    """The address of the alert's page, for people outside."""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:alert", args=[alert.rule.project.slug, alert.pk])


def signals(
    transitions: Iterable[AlertTransition], news: Iterable[tuple[Alert, News]], silenced: Collection[str], *,
    now: datetime,
) -> list[Signal]:  # fmt: skip
    """What incidents must know: which alerts began and ended, and which are told only now."""
    found = [
        _signal(one.alert, at=one.at, is_on=is_on(State(one.after)), silenced=silenced, evidence=one.evidence)
        for one in transitions
        if is_on(State(one.before)) != is_on(State(one.after))
    ]
    known = {signal.key for signal in found}
    late = [alert for alert, heard in news if heard is News.FIRING and alert.fingerprint not in known]
    return found + [_signal(alert, at=alert.fired_at or now, is_on=True, silenced=silenced) for alert in late]


def _signal(
    alert: Alert, *, at: datetime, is_on: bool, silenced: Collection[str], evidence: dict[str, Any] | None = None
) -> Signal:
    rule = alert.rule
    where = {name: values[0] for name, values in rule.where.items() if len(values) == 1}
    return Signal(
        project_id=rule.project_id, source="rule", source_id=rule.pk, key=alert.fingerprint, row=alert.pk,
        title=str(alert), severity=rule.severity, at=at, is_on=is_on, words=alert.words, link=link_of(alert),
        labels={**rule.labels, **where, **alert.labels, "rule": rule.name},
        is_silenced=alert.fingerprint in silenced, evidence=evidence or {},
    )  # fmt: skip
