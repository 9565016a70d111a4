"""A scorecard put together: each promise's weeks, its goal, and what the last week is to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.incidents import numbers
from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import actions, calendar, features
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.trends import DAILY
from analytics.questions.promises import judging, weeks
from analytics.questions.promises.judging import Goal, Judged
from analytics.questions.promises.weeks import Course, Week
from analytics.statistics import comparisons
from dashboard.models import Scorecard
from dashboard.pages.scorecard import goals
from events.models import Project

COUNT = 12
# Fewer say nothing about a week: what a comparison asks for as well, looks of half an hour, an incident.
LEAST_REQUESTS, LEAST_VISITS, LEAST_LOOKS, LEAST_PEOPLE = 100, comparisons.ENOUGH, 30, 10


@dataclass(frozen=True, slots=True)
class Promise:
    """One line: `name` is failures, page_load, uptime, resolve or adoption; `of` is what was looked at, or the
    feature. Lengths of time are milliseconds, shares of one. `refused` says why nothing can be measured."""

    name: str
    of: str
    goal: Goal
    course: Course
    judged: tuple[Judged, ...]
    unresolved: int = 0
    refused: str = ""
    is_daily: bool = False

    @property
    def last(self) -> Week:
        return self.course.last

    @property
    def verdict(self) -> Judged:
        return self.judged[-1]


@dataclass(frozen=True, slots=True)
class Card:
    """The weeks that end with the one shown; `is_running` while that one is not over."""

    weeks: tuple[datetime, ...]
    promises: tuple[Promise, ...]
    is_running: bool

    @property
    def week(self) -> datetime:
        return self.weeks[-1]

    @property
    def end(self) -> datetime:
        return self.week + weeks.WEEK


def card(project: Project, week: datetime, *, sees_persons: bool, now: datetime, count: int = COUNT) -> Card:
    """The card of the week that begins at `week`, midnight in UTC of any day, and of those before it."""
    starts, wanted = weeks.starts(week, count=count), goals.of(project)
    found = weeks.measured(project, weeks=starts, now=now)
    resolved, unresolved = _resolved(project, starts)
    lines = [
        _promise("failures", "requests", Goal(wanted.failures / 100, least=LEAST_REQUESTS), found.failures),
        _promise("page_load", "visits", Goal(wanted.page_load_ms, least=LEAST_VISITS), found.page_load),
        _promise("uptime", found.uptime_of, Goal(wanted.uptime / 100, is_floor=True, least=LEAST_LOOKS), found.uptime),
        _promise("resolve", "incidents", Goal(wanted.resolve_minutes * 60_000), resolved, unresolved=unresolved),
        *(_adoption(project, name, wanted, starts, sees_persons=sees_persons, now=now) for name in wanted.features),
    ]
    return Card(starts, tuple(lines), starts[-1] + weeks.WEEK > now)


def _promise(name: str, of: str, goal: Goal, course: Course, *, unresolved: int = 0, is_daily: bool = False) -> Promise:
    judged = tuple(judging.judge(week, goal) for week in course.weeks)
    return Promise(name, of, goal, course, judged, unresolved, is_daily=is_daily)


def _resolved(project: Project, starts: Sequence[datetime]) -> tuple[Course, int]:
    """The median time to resolve the incidents that began in each week, and how many of the last are not over."""
    found = numbers.ended(project.pk, start=starts[0], end=starts[-1] + weeks.WEEK)
    lasted = [
        [one.lasted / timedelta(milliseconds=1) for one in found if one.lasted is not None and _in(one.began_at, start)]
        for start in starts
    ]
    medians = [comparisons.medians(now, before) for now, before in zip(lasted, [[], *lasted[:-1]], strict=True)]
    course = [Week(start, one.value, len(values)) for start, values, one in zip(starts, lasted, medians, strict=True)]
    unresolved = sum(one.lasted is None and _in(one.began_at, starts[-1]) for one in found)
    return Course(tuple(course), medians[-1]), unresolved


def _in(at: datetime, start: datetime) -> bool:
    return start <= at < start + weeks.WEEK


def _adoption(
    project: Project, name: str, wanted: Scorecard, starts: Sequence[datetime], *, sees_persons: bool, now: datetime
) -> Promise:
    """The share of each week's people who used a feature: an event, a path or an action."""
    goal, until = Goal(wanted.adoption / 100, is_floor=True, least=LEAST_PEOPLE), starts[-1] + weeks.WEEK
    try:
        found = readers.ask(
            features.features,
            project,
            sees_persons=sees_persons,
            events=[name],
            scope=Scope(Period(starts[0], max(starts[0], min(now, until))), actions=actions.named(project.pk, name)),
            calendar=calendar.calendar(
                Period(starts[0], until), "week", ZoneInfo("UTC"), before=1, first_day=starts[0].weekday()
            ),
        )
    except BadQuestion as error:
        nothing = weeks.shares(starts, [0] * len(starts), [0] * len(starts))
        judged = tuple(judging.judge(week, goal) for week in nothing.weeks)
        return Promise("adoption", name, goal, nothing, judged, refused=str(error))
    return _promise("adoption", name, goal, weeks.adopted(starts, found), is_daily=project.analytics in DAILY)
