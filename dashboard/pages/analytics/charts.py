"""The chart of web analytics."""

from collections.abc import Mapping
from datetime import datetime

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import visits
from analytics.questions.product.web import Web, web
from dashboard.charts import figures, markers
from dashboard.charts.definition import Chart
from dashboard.charts.figures import Figure
from dashboard.frame import people_words
from dashboard.frame.state import State
from events.models import Project


def _visitors(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    where = {name: parameters[name] for name in visits.DIMENSIONS if parameters.get(name)}
    with_bots = parameters.get("bots") == "1"
    found = readers.ask(
        web, project, sees_persons=state.sees_persons, period=Period(state.start, state.end), where=where,
        environment=state.environment, with_bots=with_bots,
    )  # fmt: skip
    return drawn(project, state, found)


def drawn(project: Project, state: State, found: Web) -> Figure:
    """The chart of what was found in the period of `state`."""
    series = {
        name: [float(counted[place]) for counted in found.trend]
        for place, name in enumerate((people_words.visitors(project).lower(), "visits", "page views"))
    }
    made = figures.lines(
        found.starts, series if found.total.visits else {}, noun="In the last step", end=state.end,
        unit="count", markers=markers.of(project, state),
    )  # fmt: skip
    return made.saying(*people_words.notes(project, state))


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
