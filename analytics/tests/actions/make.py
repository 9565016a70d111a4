"""Actions as tests need them."""

from datetime import datetime
from typing import Any

from analytics.actions import changing
from analytics.models import Action
from events.models import Project


def action(project: Project, *matches: dict[str, Any], now: datetime, name: str = "Buys") -> Action:
    new = Action(project=project, created_at=now)
    return changing.put(new, name=name, matches=matches or [{"event": "paid"}], actor="test", now=now)
