"""Objectives as the pages show them: a bar of what is left, a burn for each window, states in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.incidents.postmortem import length
from alerts.models import Alert, AlertTransition, Objective, Rule
from alerts.rules.contract import span
from alerts.rules.kinds.burn_rate import about, times
from alerts.slos import house, indicators, reports
from alerts.slos.reports import Report, State
from analytics.statistics.burn import Pair, Verdict
from dashboard.pages.alerts.presenting import draw
from events.models import Project

# The words of a state and its tone, the worst first.
STATES = {
    State.FAST: ("burns fast", "bad"),
    State.SLOW: ("burns slowly", "warn"),
    State.SPENT: ("budget spent", "bad"),
    State.NO_DATA: ("no data", ""),
    State.LITTLE: ("not enough traffic", ""),
    State.WELL: ("well", "good"),
}


@dataclass(frozen=True, slots=True)
class Burn:
    """One pair of windows in a line of a table."""

    windows: str
    role: str
    limit: str
    long: str
    short: str
    tone: str
    words: str
    rule: Rule | None = None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One objective; `width` is what is left of the budget as the width of a bar, 0 to 100."""

    objective: Objective
    words: str
    good: str
    left: str
    width: float | None
    gone: str
    state: str
    tone: str
    burns: tuple[Burn, ...]


def listed(project: Project, *, now: datetime) -> list[Shown]:
    """The project's objectives, the worst first."""
    order = list(STATES)
    found = [reports.report(objective, now=now) for objective in project.objectives.all()]
    return [shown(report) for report in sorted(found, key=lambda one: (order.index(one.state), one.objective.name))]


def missing(project: Project) -> list[str]:
    """The house's objectives that the project does not have."""
    taken = set(project.objectives.values_list("name", flat=True))
    return [promise.name for promise in house.HOUSE if promise.name not in taken]


def resolving(project: Project, *, now: datetime) -> dict[str, str]:
    """The promise about incidents: its words, whether it is kept, and the tone of that."""
    found = house.resolving(project, now=now)
    if found.length.median is None:
        words = "no incident was resolved in 30 days"
    else:
        words = f"{length(found.length.median)}, 90 % within {length(found.length.p90)}; n = {found.length.n}"
    if found.unresolved:
        words += f"; {found.unresolved} not resolved"
    state, tone = {True: ("kept", "good"), False: ("not kept", "bad"), None: ("no data", "")}[found.is_kept]
    return {"words": words, "state": state, "tone": tone}


def detail(objective: Objective, *, now: datetime) -> dict[str, Any]:
    """What the page of one objective shows."""
    report = reports.report(objective, now=now)
    course = reports.course(objective, now=now)
    budget = report.budget
    return {
        "shown": shown(report),
        "report": report,
        "drawing": draw([[at.isoformat(), value] for at, value in course], 0.0, "%"),
        "allowed": f"{budget.allowed:,.0f}" if budget.allowed >= 10 else f"{budget.allowed:.2g}",
        "snapped": indicators.snapped(objective),
        "history": list(
            AlertTransition.objects.filter(alert__rule__objective=objective).select_related("alert__rule")[:50]
        ),
    }


def shown(report: Report) -> Shown:
    objective, left = report.objective, report.budget.left
    words, tone = STATES[report.state]
    return Shown(
        objective,
        indicators.words(objective),
        "–" if report.good is None else f"{report.good:.5g} %",
        _left(left),
        None if left is None else round(min(100.0, max(0.0, 100 * left)), 1),
        gone(report),
        words,
        tone,
        _burns(report),
    )


def _left(left: float | None) -> str:
    """With as many digits that a budget of which something is spent is hardly ever all there."""
    if left is None:
        return "no data"
    return f"{100 * left:,.0f} %" if left <= -1 else f"{100 * left:.4g} %"


def gone(report: Report) -> str:
    """When the budget is gone, in words."""
    left = report.budget.left
    if left is None:
        return "–"
    if left <= 0:
        return "now"
    if report.present is None:
        return "not enough traffic to say"
    return "not at this rate" if report.gone is None else f"in {about(report.gone)}"


def windows(pair: Pair) -> str:
    return f"{span(pair.long)} / {span(pair.short)}"


def _burns(report: Report) -> tuple[Burn, ...]:
    rules = {rule.config.get("pair"): rule for rule in report.objective.rules.prefetch_related("alerts")}
    found = []
    for row in report.rows:
        long, short = row.burning.long, row.burning.short
        rule = rules.get(row.pair.name)
        tone = {Verdict.BREACH: "bad" if row.pair.is_page else "warn"}.get(row.burning.verdict, "")
        found.append(
            Burn(
                windows(row.pair),
                "page" if row.pair.is_page else "ticket",
                times(row.burning.limit),
                "–" if long is None else times(long),
                "–" if short is None else times(short),
                tone,
                row.words,
                rule,
                next(iter(rule.alerts.all()), None) if rule else None,
            )
        )
    return tuple(found)
