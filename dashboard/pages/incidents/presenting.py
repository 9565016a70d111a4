"""Incidents as the pages show them: what is open first, numbers in words, evidence as drawings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from alerts.incidents import numbers, timeline
from alerts.incidents.numbers import Length
from alerts.incidents.postmortem import length
from alerts.models import Incident, IncidentAlert
from alerts.models.incident import Severity
from dashboard.pages.alerts.presenting import Drawing, draw
from events.models import Project

_GRAVITY = ("critical", "error", "warning", "info")
COLUMNS = (
    "id", "title", "severity", "state", "environment", "began_at", "acknowledged_at", "resolved_at",
    "minutes_to_acknowledge", "minutes_to_resolve", "opened_by", "led_by", "alerts",
)  # fmt: skip
KINDS = {
    "alert": "Alert", "deploy": "Deploy", "flag": "Flag", "release": "Release", "silence": "Silence",
    "message": "Message", "failure": "Not delivered", "look": "Look", "comment": "Comment", "opened": "Opened",
    "changed": "Changed", "acknowledged": "Acknowledged", "resolved": "Resolved", "reopened": "Reopened",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is filtered by; `state` is open, resolved or "" for all."""

    state: str = ""
    severity: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    words: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One alert of an incident with the evidence of when it fired, drawn without asking anything again."""

    alert: IncidentAlert
    evidence: Mapping[str, Any]
    drawing: Drawing | None


def asked(given: Mapping[str, str]) -> Asked:
    state, severity = given.get("state", ""), given.get("severity", "")
    return Asked(
        state if state in ("open", "resolved") else "", severity if severity in Severity.values else "",
        given.get("query", "").replace("\0", "")[:200].strip(),
    )  # fmt: skip


def filters(now: Asked) -> list[list[Choice]]:
    """Links to the other states and severities, each keeping the rest."""

    def choice(words: str, state: str, severity: str) -> Choice:
        given = {"state": state, "severity": severity, "query": now.text}
        query = urlencode({name: value for name, value in given.items() if value})
        return Choice(words, f"?{query}", (state, severity) == (now.state, now.severity))

    states = (("", "All"), ("open", "Not resolved"), ("resolved", "Resolved"))
    severities = (("", "Every severity"), *((name, Severity(name).label) for name in _GRAVITY))
    return [
        [choice(words, state, now.severity) for state, words in states],
        [choice(words, now.state, severity) for severity, words in severities],
    ]


def listed(project: Project, by: Asked) -> QuerySet[Incident]:
    """What is not resolved first, the gravest of it before the rest; then the latest."""
    found = Incident.objects.filter(project=project)
    if by.state:
        over = Q(state=Incident.State.RESOLVED)
        found = found.filter(over if by.state == "resolved" else ~over)
    if by.severity:
        found = found.filter(severity=by.severity)
    if by.text:
        found = found.filter(Q(title__icontains=by.text) | Q(alerts__title__icontains=by.text)).distinct()
    is_over = Case(When(state=Incident.State.RESOLVED, then=1), default=0, output_field=IntegerField())
    gravity = Case(
        When(state=Incident.State.RESOLVED, then=Value(9)),
        *(When(severity=name, then=Value(place)) for place, name in enumerate(_GRAVITY)),
        output_field=IntegerField(),
    )
    ordered = found.annotate(is_over=is_over, gravity=gravity).order_by("is_over", "gravity", "-began_at", "-pk")
    people = ordered.select_related("commander", "opened_by")
    return people.prefetch_related("alerts").defer("frozen", "suspects", "moved", "summary")


def rows(incidents: Iterable[Incident]) -> Iterator[tuple[Any, ...]]:
    """The table that is exported."""
    for one in incidents:
        first, over = one.first_acknowledged_at, one.resolved_at
        yield (
            one.pk, one.title, one.severity, one.state, one.environment, one.began_at.isoformat(),
            first.isoformat() if first else "", over.isoformat() if over else "",
            _minutes(first, one.began_at), _minutes(over, one.began_at),
            str(one.opened_by or "alerts"), str(one.commander or ""), len(one.alerts.all()),
        )  # fmt: skip


def cards(project: Project, *, start: datetime, end: datetime) -> list[Card]:
    """The numbers of a period, each with how many it rests on."""
    found = numbers.numbers(project.pk, start=start, end=end)
    soon = found.soon
    share = f"{100 * (soon.total - soon.bad) / soon.total:.0f} %" if soon.total else "–"
    return [
        Card("Incidents", str(found.incidents), f"{found.unresolved} not resolved"),
        _card("Time to acknowledge", found.to_acknowledge),
        _card("Time to resolve", found.to_resolve),
        Card("Resolved within 10 min", share, f"of {soon.total} resolved"),
    ]


def _card(title: str, found: Length) -> Card:
    if found.median is None:
        return Card(title, "–", "n = 0")
    return Card(title, length(found.median), f"median; 90 % within {length(found.p90)}; n = {found.n}")


def detail(incident: Incident, *, now: datetime) -> dict[str, Any]:
    """What the page of one incident shows."""
    alerts = [shown(alert) for alert in incident.alerts.all()]
    over = incident.resolved_at
    return {
        "incident": incident,
        "alerts": alerts,
        "on": sum(one.alert.ended_at is None for one in alerts),
        "entries": timeline.of(incident, now=now),
        "kinds": KINDS,
        "lasted": length((over or now) - incident.began_at),
        "to_acknowledge": _span(incident.first_acknowledged_at, incident.began_at),
        "now": now,
    }


def shown(alert: IncidentAlert) -> Shown:
    known = alert.evidence
    return Shown(alert, known, draw(known.get("series", []), known.get("threshold"), known.get("unit", "")))


def _span(moment: datetime | None, began: datetime) -> str:
    return length(moment - began) if moment else ""


def _minutes(moment: datetime | None, began: datetime) -> str:
    return f"{max(0.0, (moment - began).total_seconds() / 60):.1f}" if moment else ""
