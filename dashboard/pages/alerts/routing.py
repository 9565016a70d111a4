"""Routes and maintenance as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError

from alerts import schedule
from alerts.forms import parts
from alerts.models import Maintenance, Route
from alerts.routing import holding, routes, windows
from alerts.routing.holding import Hold
from alerts.routing.windows import Window
from alerts.schedule import InvalidSchedule
from events.models import Project


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of something with these labels: the routes that take it, or why the labels cannot be read."""

    routes: tuple[Route, ...] = ()
    hold: Hold | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A route with what it does in words."""

    route: Route
    when: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A maintenance: what goes on of it now, what comes next, and its times in words."""

    made: Maintenance
    open: Window | None
    next: Window | None
    words: str


def listed(project: Project) -> list[Listed]:
    """The routes in the order in which they are tried."""
    routes_ = project.routes.prefetch_related("channels", "steps__channels")
    return [
        Listed(route, _when(route), tuple(parts.escalation_text(route.steps.all()).splitlines())) for route in routes_
    ]


def _when(route: Route) -> str:
    """When it speaks, in words."""
    if not (route.wait_seconds or route.interval_seconds):
        said = "at once"
    else:
        wait, interval = schedule.spoken(route.wait_seconds), schedule.spoken(route.interval_seconds)
        said = f"waits {wait}, speaks again after {interval}"
    repeat = f"repeats after {schedule.spoken(route.repeat_minutes * 60)}" if route.repeat_minutes else "never repeats"
    return f"{said}, {repeat}"


def trial(project: Project, text: str, *, now: datetime) -> Trial:
    """The routes of these labels, `team=web, severity=error`."""
    try:
        labels = parts.pairs(text)
    except ValidationError as error:
        return Trial(problem=" ".join(error.messages))
    listed = list(project.routes.prefetch_related("channels"))
    return Trial(tuple(routes.taking(listed, labels)), holding.load(project.pk, now=now).of(0, labels))


def planned(project: Project, *, now: datetime) -> list[Planned]:
    """What goes on first, then what comes next; what is over is left out."""
    found = []
    for made in project.maintenances.select_related("created_by"):
        going_on, following = windows.open_at(made, now), windows.next_after(made, now)
        if going_on or following:
            found.append(Planned(made, going_on, following, _words(made)))
    return sorted(found, key=lambda one: (one.open is None, (one.open or one.next or Window(now, now)).starts_at))


def _words(made: Maintenance) -> str:
    if not made.cron:
        return "once"
    try:
        plan = schedule.read("cron", made.cron, made.zone)
    except InvalidSchedule:
        return made.cron
    return f"{plan.words}, for {schedule.spoken(made.minutes * 60)}"
