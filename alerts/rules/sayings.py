"""What people are told of an alert: which channels, in which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.models import Alert
from alerts.rules import context
from alerts.rules.context import Context
from alerts.rules.contract import span
from alerts.rules.telling import News
from analytics.questions.watched.metrics import title_of

LAG = timedelta(minutes=1)  # up to when rules judge, as in evaluation
# How a rule's severity is written in the levels that channels filter by.
LEVELS = {"info": "info", "warning": "warning", "error": "error", "critical": "fatal"}


def message_of(alert: Alert, news: News, *, now: datetime) -> Message:
    """What happened, how bad against what is normal, since when, what was deployed just before, and where to look."""
    rule = alert.rule
    page = settings.OBS_PUBLIC_URL + reverse("dashboard:alert", args=[rule.project.slug, alert.pk])
    is_on = news in (News.FIRING, News.STILL)
    fired = alert.transitions.filter(after=Alert.State.FIRING).first()
    evidence = fired.evidence if fired else {}
    at = (now - LAG).replace(second=0, microsecond=0)
    beside = context.of(alert, evidence.get("threshold"), at=at, now=now) if is_on else Context()
    links = [("Acknowledge", f"{page}#acknowledge"), ("Runbook", rule.runbook)] if is_on else []
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
        normal=beside.normal,
        suspect=suspect(evidence.get("deploys", []), began) if is_on else "",
        chart=beside.chart,
        link=page,
        links=tuple((label, address) for label, address in links if address),
        details=tuple(
            (label, value)
            for label, value in (
                ("Metric", title_of(rule.metric)),
                ("Since", f"{began:%Y-%m-%d %H:%M} UTC" if news is not News.ENDED else ""),
                ("Lasted", lasted),
            )
            if value
        ),
    )


def suspect(deploys: Sequence[Mapping[str, str]], began: datetime) -> str:
    """The last deploy before it began, and how long before: what to look at first, not what was its cause."""
    for one in deploys:
        minutes = int((began - datetime.fromisoformat(one["at"])).total_seconds() // 60)
        if minutes >= 0:
            where = f" in {one['environment']}" if one.get("environment") else ""
            return f"{one['release']}{where}, deployed {span(minutes)} before"
    return ""
