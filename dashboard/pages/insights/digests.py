"""A saved insight as it stands in the weekly mail: its numbers against the week before, and a small picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings

from alerts.delivery import marks, pictures
from analytics.engine import EngineError
from analytics.questions.product.acts import BadQuestion
from dashboard.frame import formatting, state
from dashboard.frame.state import State
from dashboard.models import SavedView
from dashboard.pages.insights import saved
from dashboard.pages.insights.answers import ANSWERS, Answer, Number
from events.models import Project

WEEK = timedelta(days=7)
MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One number of the week in words."""

    name: str
    value: str
    before: str
    change: str


@dataclass(frozen=True, slots=True)
class Digest:
    """`refused` says why there is no answer; `picture` is a PNG, empty where there is nothing to draw."""

    view_id: int
    name: str
    url: str
    rows: tuple[Row, ...] = ()
    picture: bytes = b""
    refused: str = ""


def subscribed(
    project: Project,
    user: Any,
    *,
    sees_persons: bool,
    week: date,
    now: datetime,
    made: dict[tuple[int, bool], Digest],
) -> list[Digest]:
    """What `user` gets of the week that began on the Monday `week`; `made` keeps what others get too, by the view and
    whether they see persons."""
    found = []
    for view in saved.subscribed(project, user).select_related("project"):
        told = (view.pk, sees_persons)
        if told not in made:
            made[told] = digest(view, sees_persons=sees_persons, week=week, now=now)
        found.append(made[told])
    return found


def digest(view: SavedView, *, sees_persons: bool, week: date, now: datetime) -> Digest:
    """The insight asked for the week, whatever period it was saved with, and for the week before."""
    url = f"{settings.OBS_PUBLIC_URL}{view.url}"
    try:
        found, rows = compared(
            view.project, saved.tab_of(view), view.query, sees_persons=sees_persons, week=week, now=now
        )
    except (BadQuestion, EngineError) as error:
        return Digest(view.pk, view.name, url, refused=str(error))
    points = [[at.isoformat(), value] for at, value in found.points]
    drawn = {"series": points, "marks": marks.along(view.project, points)}
    picture = pictures.draw(drawn) if len(points) > 1 else b""
    return Digest(view.pk, view.name, url, rows, picture)


def compared(
    project: Project, name: str, query: str, *, sees_persons: bool, week: date, now: datetime
) -> tuple[Answer, tuple[Row, ...]]:
    """The answer to a question for a week, and its numbers beside those of the week before. Raises BadQuestion, and
    EngineError."""
    found, before = (
        _answer(project, name, query, start, sees_persons=sees_persons, now=now) for start in (week, week - WEEK)
    )
    earlier = {number.name: number for number in before.measured}
    return found, tuple(_row(number, earlier.get(number.name)) for number in found.measured[:MOST_ROWS])


def change(number: Number, before: Number | None) -> str:
    """`+12 %`, of a share `+1.5 points`; in words where there is nothing to divide by."""
    if number.value is None or before is None or before.value is None:
        return "nothing to compare with"
    moved = number.value - before.value
    if not moved:
        return "the same"
    if number.is_share:
        return f"{moved * 100:+.1f} points"
    return f"{moved / abs(before.value):+.0%}".replace("%", " %") if before.value else "from nothing"


def _row(number: Number, before: Number | None) -> Row:
    return Row(number.name, _said(number), _said(before) if before else "–", change(number, before))


def _said(number: Number) -> str:
    if number.is_share:
        return formatting.percent(number.value, digits=1)
    return formatting.compact(number.value)


def of_week(week: date, *, environment: str = "", sees_persons: bool, now: datetime) -> State:
    """What a page would show of the week that began on the Monday `week`."""
    period = {"from": week.isoformat(), "to": (week + WEEK).isoformat()}
    return replace(state.parse({"env": environment, **period}, now=now), sees_persons=sees_persons)


def _answer(project: Project, name: str, query: str, week: date, *, sees_persons: bool, now: datetime) -> Answer:
    asked = dict(parse_qsl(query, keep_blank_values=True))
    shown = of_week(week, environment=asked.get("env", ""), sees_persons=sees_persons, now=now)
    if name == "funnels" and not asked.get("steps"):
        raise BadQuestion("This funnel has no steps.")
    return ANSWERS[name](project, shown, asked)
