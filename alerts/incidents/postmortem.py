"""An incident as Markdown: what is known, in the order that a post-mortem has, to be finished by people.

All text is escaped but the summary, which people write in Markdown; even there nothing is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.incidents import links, timeline
from alerts.models import Incident, IncidentAlert

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~!&])")


def markdown(incident: Incident, *, now: datetime) -> str:
    """The whole document."""
    parts = [
        [f"# {plain(incident.title)}", "", links.page(incident.project, incident.pk), ""],
        _facts(incident, now=now),
        ["## Summary", "", incident.summary.replace("<", "&lt;") or "_What happened, in two sentences._", ""],
        _impact(incident, now=now),
        _evidence(incident),
        _list("Suspects", [plain(one.get("words", "")) for one in incident.suspects]),
        _list("What else moved", [plain(one.get("words", "")) for one in incident.moved]),
        ["## Timeline", "", *_timeline(incident, now=now), ""],
        ["## Causes", "", "_To be written._", "", "## What follows", "", "- [ ] _To be written._", ""],
    ]
    return "\n".join(line for part in parts for line in part)


def plain(text: object) -> str:
    """One line of text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def _facts(incident: Incident, *, now: datetime) -> list[str]:
    over = incident.resolved_at
    facts = {
        "Project": incident.project.name,
        "Severity": incident.get_severity_display(),
        "State": incident.get_state_display(),
        "Environment": incident.environment,
        "Began": stamp(incident.began_at),
        "Acknowledged": _after(incident.first_acknowledged_at, incident.began_at),
        "Resolved": _after(over, incident.began_at),
        "Lasted": length((over or now) - incident.began_at),
        "Led by": str(incident.commander or ""),
    }
    rows = [f"| {name} | {plain(value)} |" for name, value in facts.items() if value]
    return ["| | |", "|---|---|", *rows, ""]


def _impact(incident: Incident, *, now: datetime) -> list[str]:
    alerts = list(incident.alerts.all())
    if not alerts:
        return []
    lines = []
    for one in alerts:
        until = length((one.ended_at or incident.resolved_at or now) - one.began_at)
        labels = ", ".join(f"{name} {value}" for name, value in one.labels.items())
        lines.append(f"{plain(one.title)}: {plain(one.words)} ({until}; {plain(labels)})")
    return _list("Impact", lines)


def _evidence(incident: Incident) -> list[str]:
    found: list[str] = []
    for one in incident.alerts.all():
        if one.evidence:
            found += [f"### {plain(one.title)}", "", *_of_alert(one), ""]
    return ["## Evidence", "", *found] if found else []


def _of_alert(one: IncidentAlert) -> Iterator[str]:
    known: Mapping[str, Any] = one.evidence
    rule = known.get("rule") or {}
    if rule:
        yield f"- Rule: {plain(rule.get('name', ''))}, {plain(rule.get('kind', ''))} on {plain(rule.get('metric', ''))}"
    if known.get("words"):
        yield f"- Known then: {plain(known['words'])}"
    for top in known.get("contributors", ()):
        yield f"- {plain(top.get('words', ''))}"
    for sample in known.get("events", ()):
        yield f"- Event {plain(sample.get('event_id', ''))}: {plain(sample.get('title', ''))} {sample.get('link', '')}"
    for deploy in known.get("deploys", ()):
        to = f"{plain(deploy.get('release', ''))} to {plain(deploy.get('environment', ''))}"
        yield f"- Deployed {to} at {deploy.get('at', '')}"
    if known.get("budget"):
        yield f"- Budget: {plain(known['budget'].get('words', ''))}"


def _timeline(incident: Incident, *, now: datetime) -> Iterator[str]:
    for entry in timeline.of(incident, now=now):
        who = f" **{plain(entry.actor)}**" if entry.actor else ""
        yield f"- {stamp(entry.at)}{who} {entry.kind}: {plain(entry.text)}"


def _list(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {line}" for line in lines), ""] if lines else []


def _after(moment: datetime | None, began: datetime) -> str:
    return f"{stamp(moment)}, after {length(moment - began)}" if moment else ""


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def length(span: timedelta | None) -> str:
    """How long, as people say it: 45 s, 12 min, 3 h 5 min, 2 d 4 h."""
    if span is None:
        return "–"
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
