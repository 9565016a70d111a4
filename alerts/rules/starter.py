"""Rules to begin with: the product's own promises, silence where there was traffic, and problems that spread."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.models import Rule
from alerts.rules import rule_setup
from alerts.rules.rule_setup import Wanted
from events.models import Project

STARTER = (
    Wanted(
        name="More than one request in two hundred fails", kind="threshold", metric="requests.error_rate",
        config={"side": "above", "threshold": "0.5", "recovery": "0.3", "window": "15", "min_samples": "200"},
        for_minutes=5, keep_minutes=5, severity="error",
    ),
    Wanted(
        name="One request in twenty fails", kind="threshold", metric="requests.error_rate",
        config={"side": "above", "threshold": "5", "recovery": "2", "window": "5", "min_samples": "50"},
        for_minutes=2, keep_minutes=5, severity="critical",
    ),
    Wanted(
        name="Requests are slow", kind="threshold", metric="requests.p95",
        config={"side": "above", "threshold": "1500", "recovery": "1200", "window": "15", "min_samples": "50"},
        for_minutes=10, keep_minutes=10, severity="warning",
    ),
    Wanted(
        name="Pages are slow to show", kind="threshold", metric="vitals.LCP.p75",
        config={"side": "above", "threshold": "4000", "recovery": "2500", "window": "60", "min_samples": "50"},
        for_minutes=30, keep_minutes=30, severity="warning", every_minutes=5,
    ),
    Wanted(
        name="Many more errors than usual", kind="anomaly", metric="errors.count",
        config={"side": "above", "sensitivity": "6", "window": "30"},
        for_minutes=10, keep_minutes=10, severity="error", every_minutes=5,
    ),
    Wanted(
        name="Requests have stopped", kind="absence", metric="requests.count", config={"window": "30"},
        severity="critical",
    ),
    Wanted(
        name="One problem meets many people", kind="issue", metric="issues.changes",
        config={"trigger": "users", "more_than": "100", "window": "60", "query": "is:unresolved level:error"},
        severity="error", every_minutes=5,
    ),
    Wanted(
        name="A problem grows far beyond its week", kind="issue", metric="issues.changes",
        config={"trigger": "escalating", "query": "is:unresolved"}, severity="warning", every_minutes=10,
    ),
)  # fmt: skip


def add(project: Project, *, actor: Any, now: datetime) -> list[Rule]:
    """Those of the starter set whose names the project does not have yet."""
    taken = set(project.rules.values_list("name", flat=True))
    return [rule_setup.create(project, wanted, actor=actor, now=now) for wanted in STARTER if wanted.name not in taken]
