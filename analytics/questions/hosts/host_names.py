"""Which hosts told of themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from analytics import rollups
from analytics.periods import Period
from events.models import Project

_HOUR = timedelta(hours=1)


def host_names(project: Project, *, period: Period, now: datetime) -> tuple[str, ...]:
    """Return the names of the hosts with any reading in the period, in their order."""
    cells = rollups.read(project.pk, "metrics", period=period, step=_HOUR, now=now)
    return tuple(sorted(host for (host,) in cells.by("host").groups() if host))
