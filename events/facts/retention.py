"""How long a project keeps a fact."""

from __future__ import annotations

from django.conf import settings

from events.facts.schema import FACTS
from events.models import Project


def days_kept(project: Project, fact: str) -> int:
    """Return how many days of a fact a project keeps: its own wish, else the shorter of the server's and the fact's.
    What is derived is kept as long as its source."""
    fact = FACTS[fact].source or fact
    wish = project.retention_days.get(fact) if isinstance(project.retention_days, dict) else None
    if type(wish) is int and wish > 0:
        return wish
    return min(settings.OBS_RETENTION_DAYS, FACTS[fact].retention_days)
