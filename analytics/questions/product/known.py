"""Which events there are to ask about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics import engine
from analytics.questions.product import acts
from analytics.questions.product.acts import Scope
from events.models import Project


@dataclass(frozen=True, slots=True)
class Known:
    """An event that happened, and to how many."""

    name: str
    people: int


def known_events(project: Project, *, scope: Scope, most: int = 40) -> tuple[Known, ...]:
    """The events that happened, the most frequent first."""
    bound: dict[str, Any] = {"most": most}
    sql = f"""SELECT e.event AS name, count(DISTINCT {acts.who()}) AS people FROM events e
              WHERE {acts.counted(scope, bound)} AND e.event IS NOT NULL
              GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $most"""
    with engine.read(project.pk, {"events": scope.period}) as facts:
        return tuple(Known(**row) for row in facts.ask(sql, bound))
