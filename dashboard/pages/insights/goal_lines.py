"""Goals in words: their number, their target, how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from django.urls import reverse

from analytics.goals import standings
from analytics.goals.standings import Standing
from analytics.models import Goal
from dashboard.frame import formatting
from events.models import Project

_WORDS = {"met": "met", "open": "not met yet", "kept": "kept so far", "passed": "passed"}
_OVER = {"met": "met", "open": "missed", "kept": "kept", "passed": "passed"}
_TONES = {"met": "good", "kept": "good", "passed": "bad"}


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal as it is shown. `width` is its progress in percent, at most 100; `url` is the trend that it is of."""

    goal: Goal
    standing: Standing
    value: str
    before: str
    target: str
    words: str
    tone: str
    width: float
    url: str

    @property
    def points(self) -> list[float]:
        return [number or 0.0 for number in self.standing.numbers]


def lines(project: Project, *, sees_persons: bool, now: datetime) -> list[GoalLine]:
    """The goals as they stand now, as told to who sees persons or does not."""
    goals = project.goals.select_related("project")
    return [_line(goal, standings.standing(goal, sees_persons=sees_persons, now=now)) for goal in goals]


def of_week(project: Project, monday: date, *, sees_persons: bool) -> list[GoalLine]:
    """The goals as they stood when the week before this Monday was over: daily ones with the days they were met on,
    monthly ones with the month so far."""
    end = datetime.combine(monday, time(), tzinfo=UTC)
    return [_week(goal, end, sees_persons=sees_persons) for goal in project.goals.select_related("project")]


def _week(goal: Goal, end: datetime, *, sees_persons: bool) -> GoalLine:
    days_before = 6 if goal.per == Goal.Per.DAY else 1
    found = standings.standing(goal, sees_persons=sees_persons, now=end, before=days_before)
    line, words = _line(goal, found), _said(found, _WORDS if goal.per == Goal.Per.MONTH else _OVER)
    if goal.per == Goal.Per.DAY and not found.refused:
        good = sum(standings.judged(goal, number) in ("met", "kept") for number in found.numbers)
        words = f"on {good} of {len(found.numbers)} days"
    return GoalLine(goal, found, line.value, line.before, line.target, words, line.tone, line.width, line.url)


def _line(goal: Goal, found: Standing) -> GoalLine:
    target = f"{goal.get_direction_display()} {formatting.compact(goal.target)} a {goal.per}"
    width = min(100.0, max(0.0, 100 * (found.progress or 0)))
    return GoalLine(
        goal, found, formatting.compact(found.value), formatting.compact(found.before), target, _said(found, _WORDS),
        _TONES.get(found.state, ""), width, _url(goal),
    )  # fmt: skip


def _said(found: Standing, words: dict[str, str]) -> str:
    return found.refused or words.get(found.state, "nothing measured yet")


def _url(goal: Goal) -> str:
    asked = {
        "event": goal.event, "measure": goal.measure, "of": goal.of, "only": goal.only, "unit": goal.per,
        "tz": goal.zone, "from": {"day": "-30d", "week": "-90d", "month": "-52w"}[goal.per],
    }  # fmt: skip
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('dashboard:insights-trends', args=[goal.project.slug])}?{query}"
