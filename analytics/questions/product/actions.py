"""The actions of a project as questions take them, and how often they happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics import engine
from analytics.models import Action
from analytics.questions.product import acts
from analytics.questions.product.acts import ACTION, Match, Scope
from events.models import Project


def named(project_id: int, *texts: object) -> dict[str, tuple[Match, ...]]:
    """The actions of a project by name; none where no text names one, so that most questions do not look."""
    if not any(isinstance(text, str) and ACTION in text for text in texts):
        return {}
    return {action.name: matches_of(action.matches) for action in Action.objects.filter(project_id=project_id)}


def names(project: Project) -> list[str]:
    """The actions as an event is named."""
    return [f"{ACTION}{name}" for name in project.actions.values_list("name", flat=True)]


def matches_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Match, ...]:
    """The matches of an action as they are stored. Raises BadQuestion."""
    return tuple(
        Match(one["event"], one["page"], one["text"], one["selector"], acts.conditions(one["only"])) for one in stored
    )


def counted(project: Project, actions: Mapping[str, Sequence[Match]], *, scope: Scope) -> dict[str, tuple[int, int]]:
    """How often each action happened, and to how many people: name -> (events, people). Raises BadQuestion."""
    if not actions:
        return {}
    bound: dict[str, Any] = {}
    within = acts.counted(scope, bound)
    columns = []
    for number, name in enumerate(actions):
        held = acts.meant(f"action_{number}", f"{ACTION}{name}", bound, actions)
        columns.append(f"count(*) FILTER (WHERE {held}) AS events_{number}")
        columns.append(f"count(DISTINCT {acts.who()}) FILTER (WHERE {held}) AS people_{number}")
    sql = f"SELECT {', '.join(columns)} FROM events e WHERE {within}"
    with engine.read(project.pk, {"events": scope.period}, with_persons=True) as facts:
        [row] = facts.ask(sql, bound)
    return {name: (row[f"events_{number}"], row[f"people_{number}"]) for number, name in enumerate(actions)}
