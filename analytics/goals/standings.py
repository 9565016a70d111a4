"""How a goal stands: its number in the running day, week or month against the target, and in those before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.models import Goal
from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import actions, acts, calendar, trends
from analytics.questions.product.acts import BadQuestion, Scope

BEFORE = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """`numbers[-1]` is of the running bucket, which began at `starts[-1]`; None where there is no mean. `state` is met,
    open (not yet met), kept (not passed so far) or passed; empty without a number. `progress` is the part of the
    target, and `refused` says why nothing can be said."""

    starts: tuple[datetime, ...] = ()
    numbers: tuple[float | None, ...] = ()
    state: str = ""
    progress: float | None = None
    refused: str = ""

    @property
    def value(self) -> float | None:
        return self.numbers[-1] if self.numbers else None

    @property
    def before(self) -> float | None:
        """The number of the last bucket that is over."""
        return self.numbers[-2] if len(self.numbers) > 1 else None


def standing(goal: Goal, *, sees_persons: bool, now: datetime, before: int = BEFORE) -> Standing:
    """How it stands at a moment, and how it stood in the `before` days, weeks or months that were over then, as told to
    who sees persons or does not."""
    try:
        zone = calendar.zone_of(goal.zone)
        at = Period(now - timedelta(microseconds=1), now)
        over = calendar.calendar(at, goal.per, zone, before=before)
        scope = Scope(
            Period(over.edges[0], now), where=acts.conditions(goal.only),
            actions=actions.named(goal.project_id, goal.event),
        )  # fmt: skip
        found = readers.ask(
            trends.trends, goal.project, sees_persons=sees_persons, event=goal.event, measure=goal.measure, of=goal.of,
            scope=scope, calendar=over,
        )  # fmt: skip
    except BadQuestion as error:
        return Standing(refused=str(error))
    empty = trends.EMPTY.get(goal.measure)
    numbers = found.lines[0].numbers if found.lines else (empty,) * len(over.starts)
    value = numbers[-1]
    return Standing(over.starts, numbers, judged(goal, value), None if value is None else value / goal.target)


def judged(goal: Goal, value: float | None) -> str:
    """What a number is to the goal."""
    if value is None:
        return ""
    if goal.direction == Goal.Direction.AT_LEAST:
        return "met" if value >= goal.target else "open"
    return "kept" if value <= goal.target else "passed"


def check_people(goal: Goal) -> None:
    """Raises BadQuestion where people would be counted over days of whom nobody is known for longer than one."""
    if goal.measure == Goal.Measure.PEOPLE and goal.per != Goal.Per.DAY and goal.project.analytics in trends.DAILY:
        raise BadQuestion(trends.KNOWN_FOR_A_DAY)
