"""How many values of a dimension were kept apart in a period, and how much counts as cells.OTHER."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analytics import rollups
from analytics.periods import Period
from analytics.rollups.cells import OTHER
from events.models import Project


@dataclass(frozen=True, slots=True)
class KeptApart:
    """`values` have numbers of their own; `folded` rows are those of all further values."""

    values: int
    folded: int


def kept_apart(
    project: Project, rollup: str, dimension: str, *, period: Period, now: datetime, environment: str = ""
) -> KeptApart:
    """Return what the rollup keeps apart by the dimension in the period."""
    cells = rollups.read(project.pk, rollup, period=period, now=now)
    counts = cells.by(dimension, where=rollups.only(environment=environment), is_counting=True).counts()
    folded = sum(count for (_, labels), count in counts.items() if labels[0] == OTHER)
    return KeptApart(sum(labels[0] not in ("", OTHER) for _, labels in counts), folded)
