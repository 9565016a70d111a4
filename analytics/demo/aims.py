"""What the demo's shop wants to reach, whom it means, and a name for what it watches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from analytics.actions import changing as actions
from analytics.flags import changing as flags
from analytics.goals import changing as goals
from analytics.models import Action, Audience, Goal
from events.models import Project

# Near to what fourteen days of the demo bring, so that one is met and one is not yet.
GOALS: tuple[dict[str, Any], ...] = (
    {"name": "Orders of a week", "event": "order paid", "measure": "total", "target": 400, "per": "week"},
    {"name": "Revenue of a week", "event": "order paid", "measure": "sum", "of": "total", "target": 400_000,
     "per": "week"},
    {"name": "Buyers of a day", "event": "order paid", "measure": "people", "target": 40, "per": "day"},
)  # fmt: skip
AUDIENCES: dict[str, dict[str, Any]] = {
    "Framework contracts": {"key": "plan", "operator": "exact", "value": ["framework"], "type": "person"},
    "Approvers": {"key": "role", "operator": "exact", "value": ["approver"], "type": "person"},
}
ACTION, MATCHES = "Checkout seen", [{"event": "$pageview", "page": "/checkout"}]


def set_up(project: Project, *, actor: str, now: datetime) -> None:
    """Goals, audiences and an action; where the project has some of a kind, those stay alone."""
    if not project.goals.exists():
        for told in GOALS:
            goals.put(Goal(project=project, created_at=now), told, actor=actor, now=now)
    if not project.audiences.exists():
        for name, one in AUDIENCES.items():
            definition = {"type": "OR", "values": [{"type": "AND", "values": [one]}]}
            flags.put_audience(Audience(project=project), name=name, definition=definition, actor=actor, now=now)
    if not project.actions.exists():
        actions.put(Action(project=project), name=ACTION, matches=MATCHES, actor=actor, now=now)
