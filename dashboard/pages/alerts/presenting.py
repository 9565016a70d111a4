"""Alerts as the pages show them: what fires first, the evidence of an alert as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse

from alerts.models import Alert, Rule
from alerts.rules.backtest import Backtest
from alerts.rules.contract import said
from alerts.rules.kinds import KINDS, watched
from dashboard.reading import zones
from events.models import Issue, Project

RECENT = timedelta(days=1)
WIDTH, HEIGHT = 720, 160
_GRAVITY = ("critical", "error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A series in a box of WIDTH × HEIGHT: its runs between gaps, the threshold's height, and what the axes say."""

    runs: tuple[str, ...]
    threshold: float | None
    highest: str
    lowest: str
    limit: str
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT


def draw(points: Sequence[Sequence[Any]], threshold: float | None, unit: str) -> Drawing | None:
    """The drawing of [moment, value or None], oldest first; None where there is no value at all."""
    values = [float(value) for _, value in points if value is not None]
    if not values:
        return None
    low, high = min([*values, 0.0]), max([*values, *([threshold] if threshold is not None else [])])
    spread = (high - low) or 1.0

    def height_of(value: float) -> float:
        return round(4 + (HEIGHT - 8) * (1 - (value - low) / spread), 1)

    step = WIDTH / max(1, len(points) - 1)
    runs: list[list[str]] = [[]]
    for place, (_, value) in enumerate(points):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{place * step:.1f},{height_of(float(value))}")
    drawn = tuple(" ".join(run if len(run) > 1 else run * 2) for run in runs if run)
    return Drawing(
        drawn, None if threshold is None else height_of(threshold), said(high, unit), said(low, unit),
        said(threshold, unit) if threshold is not None else "", _clock(points[0][0]), _clock(points[-1][0]),
    )  # fmt: skip


def of_backtest(found: Backtest, threshold: float | None, unit: str) -> Drawing | None:
    return draw([[at.isoformat(), value] for at, value in found.series], threshold, unit)


def on(project: Project) -> QuerySet[Alert]:
    """What is not well, the gravest first."""
    gravity = Case(
        *(When(rule__severity=name, then=Value(place)) for place, name in enumerate(_GRAVITY)),
        output_field=IntegerField(),
    )
    state = Case(When(state="firing", then=0), When(state="recovering", then=1), default=2, output_field=IntegerField())
    found = Alert.objects.filter(rule__project=project).exclude(state=Alert.State.OK)
    return found.select_related("rule", "acknowledged_by").order_by(state, gravity, "fired_at", "pk")


def ended(project: Project, *, now: datetime) -> QuerySet[Alert]:
    """What ended within a day, the latest first."""
    found = Alert.objects.filter(rule__project=project, state=Alert.State.OK, since__gt=now - RECENT)
    return found.exclude(fired_at=None).select_related("rule").order_by("-since")[:20]


def rules(project: Project, *, now: datetime) -> list[Rule]:
    """The project's rules with how many alerts are on, and how often they fired within a week."""
    lately = Q(alerts__transitions__after="firing", alerts__transitions__before__in=["ok", "pending"])
    lately &= Q(alerts__transitions__at__gt=now - timedelta(weeks=1))
    counted = project.rules.annotate(
        on=Count("alerts", filter=Q(alerts__state__in=["firing", "recovering"]), distinct=True),
        fired=Count("alerts__transitions", filter=lately, distinct=True),
    )
    return list(counted.order_by("-on", "name"))


def about(rule: Rule) -> dict[str, str]:
    """A rule in words: its kind and its metric."""
    kind = KINDS.get(rule.kind)
    return {"metric": watched(rule.kind, rule.metric, rule.config), "kind": kind.TITLE if kind else rule.kind}


def subject(alert: Alert) -> dict[str, str] | None:
    """The page of what the alert is about, of a rule of issues or of scheduled jobs; None where it is gone."""
    project = alert.rule.project
    if alert.rule.kind == "issue" and alert.labels.get("issue", "").isdecimal():
        issue = Issue.objects.filter(project=project, pk=int(alert.labels["issue"])).first()
        return (
            {"url": reverse("dashboard:issue", args=[project.slug, issue.pk]), "words": str(issue)} if issue else None
        )
    if alert.rule.kind == "monitor":
        monitor = project.monitors.filter(slug=alert.labels.get("monitor", "")).first()
        address = reverse("dashboard:monitor", args=[project.slug, monitor.pk]) if monitor else ""
        return {"url": address, "words": str(monitor)} if monitor else None
    return None


def matchers_of(alert: Alert) -> str:
    """What silences just this alert, as the form takes it."""
    labels: Mapping[str, str] = {"rule": alert.rule.name, **alert.labels}
    return ", ".join(f"{name}={value}" for name, value in labels.items() if "," not in value)


def _clock(moment: str) -> str:
    return f"{zones.current().local(datetime.fromisoformat(moment)):%d %b %H:%M %Z}"
