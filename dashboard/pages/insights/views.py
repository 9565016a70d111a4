"""Questions that people put together: the address is the question, so a page is shared and kept as it stands."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import actions, acts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.known import known_events
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards
from dashboard.frame import empty_states, layout, people_words, query_errors
from dashboard.frame.measures import Tile
from dashboard.pages.insights import losses, presenting, saved
from dashboard.pages.insights.answers import ANSWERS, Answer
from dashboard.pages.insights.asking import PARAMETERS
from events.models import Project
from events.values.modes import ANONYMOUS

_ROWS = 100


@compressed
@page("insights.trends")
@query_errors.said
def trends(request: HttpRequest, project: Project) -> HttpResponseBase:
    """How often something happens."""
    return _page(request, project, "trends")


@compressed
@page("insights.funnels")
@query_errors.said
def funnels(request: HttpRequest, project: Project) -> HttpResponseBase:
    """How many arrive."""
    return _page(request, project, "funnels")


@compressed
@page("insights.journeys")
@query_errors.said
def journeys(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Which ways people go."""
    return _page(request, project, "journeys")


@compressed
@page("insights.cohorts")
@query_errors.said
def cohorts(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Who comes back."""
    return _page(request, project, "cohorts")


@compressed
@page("insights.usage")
@query_errors.said
def usage(request: HttpRequest, project: Project) -> HttpResponseBase:
    """How a feature is used."""
    return _page(request, project, "usage")


def _page(request: HttpRequest, project: Project, name: str) -> HttpResponseBase:
    """The form of a question, and its answer: numbers, charts, and a table beside each; or why there is none."""
    shown = layout.state_for(request, project)
    asked = {key: request.GET[key] for key in PARAMETERS[name] if request.GET.get(key)}
    saved.note_asked(project, path=request.path, query=request.META.get("QUERY_STRING", ""), now=timezone.now())
    scope = Scope(Period(shown.start, shown.end), shown.environment)
    known = readers.ask(known_events, project, sees_persons=shown.sees_persons, scope=scope)
    events, names = [one.name for one in known], actions.names(project)
    answer, refused = Answer({}), ""
    try:
        # Without steps there is nothing to ask yet, which is no mistake.
        if name != "funnels" or asked.get("steps"):
            answer = ANSWERS[name](project, shown, asked)
    except BadQuestion as error:
        refused = str(error)
    drawn = [
        (cards.card(project, chart, state=shown, width="all", height="tall", figure=figure, **asked), figure)
        for chart, figure in answer.figures.items()
    ]
    context: dict[str, Any] = {
        **presenting.head(name, project, shown),
        "fields": presenting.fields(name, asked),
        "lists": {"events": [acts.EVERY, *names, *events], "columns": acts.COLUMNS},
        "known": events,
        "with_bots": asked.get("bots") == "1",
        "refused": refused,
        "is_anonymous": project.analytics == ANONYMOUS,
        "tiles": [Tile(*number[:2], number[2], "", drawn[0][0].page_url) for number in answer.numbers],
        "notes": (*answer.notes, *people_words.notes(project, shown)),
        "losses": losses.lines(project, shown, asked) if "funnel" in answer.figures else [],
        "drawn": [(card, figure, *presenting.numbers_of(figure, most=_ROWS), len(figure.rows) - _ROWS)
                  for card, figure in drawn],
        "start": empty_states.of(project, "analytics", now=timezone.now()) if not (events or asked) else None,
    }  # fmt: skip
    template = "dashboard/insights/page.html"
    return layout.draw(request, template, context, project=project, section="insights", shown=shown)
