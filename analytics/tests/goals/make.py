"""Goals as tests need them."""

from datetime import datetime
from typing import Any

from analytics.goals import changing
from analytics.models import Goal
from events.models import Project


def goal(project: Project, *, now: datetime, **changes: Any) -> Goal:
    sent = {"name": "Orders", "event": "paid", "target": 10, "per": "week", **changes}
    return changing.put(Goal(project=project, created_at=now), sent, actor="test", now=now)
