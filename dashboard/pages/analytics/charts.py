"""The chart of web analytics."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import visits
from analytics.questions.product.web import Web, web
from dashboard.charts import figures, markers
from dashboard.charts.definition import Chart, earlier
from dashboard.charts.figures import Figure
from dashboard.frame import people_words
from dashboard.frame.state import State
from events.models import Project


def _visitors(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    where = {name: parameters[name] for name in visits.DIMENSIONS if parameters.get(name)}
    with_bots = parameters.get("bots") == "1"
    about: dict[str, Any] = {
        "sees_persons": state.sees_persons, "where": where, "environment": state.environment, "with_bots": with_bots,
    }  # fmt: skip
    found = readers.ask(web, project, period=Period(state.start, state.end), **about)
    before = readers.ask(web, project, period=Period(*state.previous), **about) if state.compare == "prev" else None
    return drawn(project, state, found, before, now=now)


def drawn(project: Project, state: State, found: Web, before: Web | None = None, *, now: datetime) -> Figure:
    """The chart of what was found in the period of `state`, with the visitors of the period `before`."""
    visitors = people_words.visitors(project).lower()
    series = {name: _counts(found, place) for place, name in enumerate((visitors, "visits", "page views"))}
    then = {visitors: _counts(before, 0)} if before is not None and before.total.visits else {}
    made = figures.lines(
        found.starts, series if found.total.visits else {}, noun="In the last step", end=state.end,
        unit="count", markers=markers.of(project, state), before=then, earlier=earlier(state),
        is_unfinished=bool(found.starts) and found.starts[-1] + found.step > now,
    )  # fmt: skip
    return made.saying(*people_words.notes(project, state))


def _counts(found: Web, place: int) -> list[float]:
    return [float(counted[place]) for counted in found.trend]


CHARTS = {
    "visitors": Chart(
        "Visitors",
        "",
        "People who were there, their visits, and the pages they saw; a visit is counted where it began.",
        _visitors,
        (*visits.DIMENSIONS, "bots"),
        start="analytics",
    )
}
