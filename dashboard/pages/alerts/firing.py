"""What is on, as the page of alerts shows it: ours, of monitors and probes, and of others, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Prefetch, QuerySet
from django.urls import reverse

from alerts.models import Alert, EscalationStep, Notice, Notification, Rule, Silence
from alerts.routing import escalation, holding, telling
from alerts.routing.holding import Hold, Holds
from alerts.rules.contract import said
from analytics.questions.watched.metrics import METRICS
from dashboard.pages.alerts import presenting
from events.models import Project
from events.runtime import together

MOST = 200
_GRAVITY = ("critical", "error", "warning", "info")
_SOURCES = {"monitor": "Monitor", "probe": "Probe", "rule": "Rule"}


@dataclass(frozen=True, slots=True)
class Tick:
    """The latest message of one channel about it."""

    channel: str
    status: str
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told, why nobody is, and who is told next."""

    ticks: tuple[Tick, ...] = ()
    hold: Hold | None = None
    next_step: EscalationStep | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is on."""

    title: str
    group: str
    source: str
    severity: str
    url: str
    acknowledge_url: str
    labels: tuple[tuple[str, str], ...]
    words: str
    value: str
    against: str
    since: datetime | None
    acknowledged_by: str
    told: Told
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that one rule, or one source, put there."""

    title: str
    lines: tuple[Line, ...]


def groups(project: Project, *, now: datetime) -> list[Group]:
    """All that is on, what fires before what waits, then the gravest; the lines of one rule together."""
    holds = holding.load(project.pk, now=now)
    alerts = list(presenting.on(project).select_related("notice")[:MOST])
    of_alerts = {notice.alert_id: notice for notice in _notices(project).filter(alert__in=alerts)}
    lines = [_of_alert(project, alert, of_alerts.get(alert.pk), holds) for alert in alerts]
    others = _notices(project).filter(is_on=True, alert=None).select_related("foreign__source", "acknowledged_by")
    lines += [_of_notice(project, notice, holds) for notice in others[:MOST]]
    lines.sort(key=_order)
    return [Group(title, tuple(found)) for title, found in _together(lines)]


def told(notice: Notice | None, holds: Holds) -> Told:
    """What is known of the telling of a notice whose messages were read along."""
    if notice is None:
        return Told()
    latest: dict[int, Notification] = {}
    for message in sorted(notice.notifications.all(), key=lambda one: one.pk):
        if message.created_at >= notice.began_at:
            latest[message.channel_id] = message
    ticks = tuple(
        Tick(one.channel.name, one.status, f"{one.channel.name}: {one.get_status_display().lower()}")
        for one in latest.values()
    )
    step = escalation.next_step(notice)
    hold = telling.held_by(notice, holds) if notice.is_on else None
    if hold is None and notice.is_flapping:
        hold = telling.FLAPPING
    return Told(ticks, hold, *(step or (None, None)))


def notice_of(alert: Alert) -> Notice | None:
    """The notice of an alert, with its messages."""
    return _notices(alert.rule.project).filter(alert=alert).first()


def counts(project: Project, *, now: datetime) -> dict[str, int]:
    """How many things are on, how many rules there are, and how many silences hold, counted at once."""
    listed = {
        "on": Notice.objects.filter(project=project, is_on=True),
        "rule_count": Rule.objects.filter(project=project),
        "silences": Silence.objects.filter(project=project, starts_at__lte=now, ends_at__gt=now),
    }
    counted = {name: rows.order_by().values("project").annotate(many=Count("*")) for name, rows in listed.items()}
    return {name: sum(one["many"] for one in found) for name, found in together.asked(**counted).items()}


def latest(project: Project) -> QuerySet[Notice]:
    """What is on, the latest first."""
    return Notice.objects.filter(project=project, is_on=True).order_by("-began_at")[:MOST]


def in_words(notices: Iterable[Notice], *, most: int = 3) -> str:
    """What is on, in one sentence; "" for nothing."""
    found = list(notices)
    if not found:
        return ""
    gravity = {name: place for place, name in enumerate(_GRAVITY)}
    found.sort(key=lambda notice: gravity.get(notice.labels.get("severity", ""), 1))
    names = list(dict.fromkeys(str(notice.payload.get("title", "")) for notice in found))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    verb = "fires" if len(found) == 1 else "fire"
    return f"{len(found)} alert{'' if len(found) == 1 else 's'} {verb}: {', '.join(names[:most])}{more}"


def _notices(project: Project) -> Any:
    messages = Notification.objects.select_related("channel").defer("channel__config")
    return Notice.objects.filter(project=project).prefetch_related(Prefetch("notifications", queryset=messages))


def _of_alert(project: Project, alert: Alert, notice: Notice | None, holds: Holds) -> Line:
    rule = alert.rule
    metric = METRICS.get(rule.metric)
    unit, threshold = metric.unit if metric else "", rule.config.get("threshold")
    return Line(
        title=rule.name,
        group=f"rule {rule.pk}",
        source="rule",
        severity=rule.severity,
        url=reverse("dashboard:alert", args=[project.slug, alert.pk]),
        acknowledge_url=reverse("dashboard:alert-acknowledge", args=[project.slug, alert.pk]) if alert.fired_at else "",
        labels=tuple(alert.labels.items()),
        words=alert.words,
        value=said(alert.value, unit) if alert.value is not None else "",
        against=said(float(threshold), unit) if isinstance(threshold, int | float) else "",
        since=alert.fired_at if alert.fired_at and alert.state in ("firing", "recovering") else alert.since,
        acknowledged_by=_by(alert.acknowledged_at, alert.acknowledged_by),
        told=told(notice, holds),
        alert=alert,
    )


def _of_notice(project: Project, notice: Notice, holds: Holds) -> Line:
    foreign = notice.foreign
    own = {"rule", "source", "severity", "alertname", "monitor", "probe"}
    url = urlsplit(str(notice.payload.get("link", ""))).path
    return Line(
        title=str(notice),
        group=f"{notice.source} {foreign.source_id if foreign else ''}",
        source=foreign.source.name if foreign else _SOURCES.get(notice.source, notice.source),
        severity=str(notice.labels.get("severity", "error")),
        url=url,
        acknowledge_url=reverse("dashboard:foreign-acknowledge", args=[project.slug, foreign.pk]) if foreign else "",
        labels=tuple((name, value) for name, value in notice.labels.items() if name not in own and value)[:6],
        words=str(notice.payload.get("reason", "")),
        value=", ".join(f"{name} {value:g}" for name, value in foreign.values.items()) if foreign else "",
        against="",
        since=foreign.starts_at if foreign else notice.began_at,
        acknowledged_by=_by(notice.acknowledged_at, notice.acknowledged_by),
        told=told(notice, holds),
    )


def _by(at: datetime | None, person: Any) -> str:
    return "" if at is None else str(person or "somebody")


def _order(line: Line) -> tuple[int, int, str, str]:
    state = {"firing": 0, "recovering": 1, "pending": 2}.get(line.alert.state, 0) if line.alert else 0
    gravity = _GRAVITY.index(line.severity) if line.severity in _GRAVITY else 1
    return (state, gravity, line.group, line.title)


def _together(lines: Sequence[Line]) -> Iterable[tuple[str, list[Line]]]:
    for _, found in groupby(lines, key=lambda line: line.group):
        listed = list(found)
        yield (listed[0].title if listed[0].source == "rule" else listed[0].source), listed
