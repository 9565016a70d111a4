"""What people are told of an alert: which channels, in which words."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.models import Alert
from alerts.rules.contract import span
from alerts.rules.telling import News
from analytics.questions.watched.metrics import title_of

# How a rule's severity is written in the levels that channels filter by.
LEVELS = {"info": "info", "warning": "warning", "error": "error", "critical": "fatal"}


def message_of(alert: Alert, news: News, *, now: datetime) -> Message:
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
        thread=notify.dedup_id("alert", alert.fingerprint),
        link=settings.OBS_PUBLIC_URL + reverse("dashboard:alert", args=[rule.project.slug, alert.pk]),
        details=tuple(
            (label, value)
            for label, value in (
                ("Metric", title_of(rule.metric)),
                ("Since", f"{began:%Y-%m-%d %H:%M} UTC" if news is not News.ENDED else ""),
                ("Lasted", lasted),
                ("Runbook", rule.runbook),
            )
            if value
        ),
    )
