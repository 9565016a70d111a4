"""The charts of questions that people put together."""

from collections.abc import Mapping
from datetime import datetime

from analytics.questions.product.acts import BadQuestion
from dashboard.charts import product_figures
from dashboard.charts.definition import Ask, Chart
from dashboard.charts.figures import Figure
from dashboard.frame import people_words
from dashboard.frame.state import State
from dashboard.pages.insights.answers import ANSWERS
from dashboard.pages.insights.asking import PARAMETERS
from dashboard.pages.insights.presenting import TABS
from events.models import Project


def _of(question: str, name: str) -> Ask:
    """One figure of a question; of one that makes no sense, what is wrong with it."""

    def ask(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
        try:
            figure = ANSWERS[question](project, state, parameters).figures[name]
        except BadQuestion as error:
            return product_figures.nothing(str(error))
        return figure.saying(*people_words.notes(project, state))

    return ask


CHARTS = {
    name: Chart(
        title, unit, definition, _of(question, name), PARAMETERS[question], shared="asked", start="analytics",
        page=f"insights-{question}" if name == TABS[question].charts[0] else "",
    )
    for name, question, title, unit, definition in (
        ("trend", "trends", "Trend", "", "How often it happened, to how many, or what its numbers come to."),
        ("funnel", "funnels", "Funnel", "people", "People who came to each step at least."),
        ("journeys", "journeys", "Journeys", "sessions", "From station to station: pages and events."),
        ("cohorts", "cohorts", "Coming back", "% of people", "Of the people who began, who was there again later."),
        ("feature_lives", "usage", "New, returning, resurrecting, dormant", "people",
         "People by whether they used it in the step before; dormant ones did and do not any more."),
        ("feature_share", "usage", "Share of active people", "%", "People who used it, of all who did anything."),
        ("feature_often", "usage", "How often", "people", "In how many steps of the period people used it."),
    )
}  # fmt: skip
