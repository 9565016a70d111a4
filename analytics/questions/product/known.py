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
    """An event that happened, and to how many where they are counted."""

    name: str
    people: int | None


def known_events(project: Project, *, scope: Scope, most: int = 40, with_people: bool = False) -> tuple[Known, ...]:
    """The events that happened, the most frequent first."""
    bound: dict[str, Any] = {"most": most}
    people = f"count(DISTINCT {acts.who()})" if with_people else "NULL::BIGINT"
    sql = f"""SELECT e.event AS name, {people} AS people FROM events e
              WHERE {acts.counted(scope, bound)} AND e.event IS NOT NULL
              GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $most"""
    with engine.read(project.pk, {"events": scope.period}) as facts:
        return tuple(Known(**row) for row in facts.ask(sql, bound))
