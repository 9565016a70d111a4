"""Web analytics on one page: six numbers, one chart, four lists; a click on a row leaves what has to do with it."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import visits
from analytics.questions.product.web import web
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards
from dashboard.exports import tables
from dashboard.frame import comparison, empty_states, filters, layout, people_words, query_errors
from dashboard.pages.analytics import charts, lists, presenting
from events.models import Project
from events.values.modes import ANONYMOUS, CONSENT, NAMING

_ROWS = 10


@compressed
@page("analytics.view")
@query_errors.said
def analytics(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Who came, from where, to which pages."""
    shown = layout.state_for(request, project)
    asked = request.GET.dict()
    where, tabs = filters.chosen(asked, visits.DIMENSIONS), presenting.tabs(asked)
    with_bots = asked.get("bots") == "1"
    about: dict[str, Any] = {
        "where": where, "environment": shown.environment, "with_bots": with_bots, "sees_persons": shown.sees_persons,
    }  # fmt: skip
    names = tuple(dict.fromkeys(tabs.values()))
    found = readers.ask(web, project, period=Period(shown.start, shown.end), lists=names, most=_ROWS, **about)
    against = comparison.of(project, shown)
    before = readers.ask(web, project, period=against.baseline.before, **about)
    parameters: dict[str, Any] = {**where, **({"bots": "1"} if with_bots else {})}
    compared = before if shown.compare == "prev" else None
    figure = charts.drawn(project, shown, found, compared, now=timezone.now())
    is_empty = not (found.total.visits or where)
    context = {
        "tiles": presenting.tiles(
            found.total,
            before.total,
            against=against,
            url=reverse("dashboard:chart", args=[project.slug, "visitors"]),
            visitors=people_words.visitors(project),
        ),
        "cards": [cards.card(project, "visitors", state=shown, width="all", figure=figure, **parameters)],
        "lists": presenting.cards(found, tabs, query=request.GET),
        "map": presenting.world(found, query=request.GET),
        "with_bots": with_bots,
        "is_anonymous": project.analytics == ANONYMOUS,
        "visitors": people_words.visitors(project),
        "notes": people_words.notes(project, shown),
        "mode": project.get_analytics_display(),
        "is_asking": project.analytics == CONSENT,
        "is_off": project.analytics == "off",
        "counts_people": project.analytics in NAMING,
        "people_url": presenting.people_url(reverse("dashboard:insights-trends", args=[project.slug]), shown.query),
        "start": empty_states.of(project, "analytics", now=timezone.now()) if is_empty else None,
    }
    template = "dashboard/analytics/page.html"
    return layout.draw(request, template, context, project=project, section="analytics", shown=shown, where=where)


@page("analytics.export")
@query_errors.said
def list_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """One list whole: `?by=page`, with `format=json` or `parquet` in another form."""
    shown = layout.state_for(request, project)
    by = lists.dimension(request.GET.get("by", ""))
    found = lists.found(
        project, by, sees_persons=shown.sees_persons, period=Period(shown.start, shown.end),
        where=filters.chosen(request.GET.dict(), visits.DIMENSIONS), environment=shown.environment,
        with_bots=request.GET.get("bots") == "1",
    )  # fmt: skip
    columns = [filters.TITLES[by], people_words.visitors(project), "Visits", "Views"]
    lines = ([line.value, line.visitors, line.visits, line.views] for line in found.lists[by])
    form = tables.form_of(request.GET.get("format", ""))
    return tables.answer(form, name=f"{project.slug}-{by}", columns=columns, rows=lines)
