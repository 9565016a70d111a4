"""Whether a week kept a promise, and whether that is more than chance. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analytics.questions.promises.weeks import Week


class Verdict(StrEnum):
    """What a week is to a goal; too little measured is neither kept nor missed."""

    KEPT = "kept"
    MISSED = "missed"
    LITTLE = "little"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Goal:
    """A number to stay below, or to reach: `is_floor`. Of fewer than `least` samples nothing is said."""

    target: float
    is_floor: bool = False
    least: int = 1

    def holds(self, value: float) -> bool:
        return value >= self.target if self.is_floor else value < self.target


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict; `is_sure` where the whole 95 % interval lies on the same side of the goal."""

    verdict: Verdict
    is_sure: bool = False


def judge(week: Week, goal: Goal) -> Judged:
    """What the week is to the goal."""
    if week.value is None:
        return Judged(Verdict.NOTHING)
    if week.samples < goal.least:
        return Judged(Verdict.LITTLE)
    holds = goal.holds(week.value)
    ends = [end for end in (week.low, week.high) if end is not None]
    is_sure = len(ends) == 2 and all(goal.holds(end) == holds for end in ends)
    return Judged(Verdict.KEPT if holds else Verdict.MISSED, is_sure)


def distance(week: Week, goal: Goal) -> float | None:
    """By how much the goal was missed, in the week's own unit; None where it was not."""
    if week.value is None or goal.holds(week.value):
        return None
    return abs(week.value - goal.target)
