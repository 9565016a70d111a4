"""Saved insights, goals and actions as files and in the API; what an insight answers is a chart, with its own files."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import actions
from analytics.questions.product.acts import Scope
from dashboard.exports.lists import Asked, Listed, Row, named, table
from dashboard.pages.insights import goal_lines, saved

_TRIED = timedelta(days=7)
_GOAL = ("name", "event", "measure", "only", "direction", "target", "per", "zone")


def _saved(asked: Asked) -> Any:
    return saved.insights(asked.project, asked.user, search=asked.said("q"))


def _goals(asked: Asked) -> Iterator[Row]:
    for line in goal_lines.lines(asked.project, sees_persons=asked.sees_persons, now=asked.now):
        yield *(getattr(line.goal, name) for name in _GOAL), line.standing.value, line.standing.before, line.words


def actions_counted(asked_project: Any, *, sees_persons: bool, now: Any) -> list[tuple[Any, int, int]]:
    """The actions with how often each happened, and to how many, within the last seven days."""
    found = list(asked_project.actions.all())
    known = {action.name: actions.matches_of(action.matches) for action in found}
    counted = readers.ask(
        actions.counted, asked_project, sees_persons=sees_persons, actions=known,
        scope=Scope(Period(now - _TRIED, now)),
    )  # fmt: skip
    return [(action, *counted[action.name]) for action in found]


def _actions(asked: Asked) -> Iterator[Row]:
    for action, *counts in actions_counted(asked.project, sees_persons=asked.sees_persons, now=asked.now):
        yield action.name, action.matches, action.created_at, *counts


LISTS: dict[str, Listed] = {
    "saved-insights": table(
        "Saved insights", _saved,
        named("name", "path", "query", "is_shared", "created_at", "asked_at", owner="owner__username"),
        pages=("insights-saved",), takes=("q",),
    ),
    "goals": Listed("Goals", (*_GOAL, "value", "before", "words"), _goals, ("insights-goals",)),
    "actions": Listed(
        "Actions", ("name", "matches", "created_at", "events", "people"), _actions, ("insights-actions",)
    ),
}  # fmt: skip
