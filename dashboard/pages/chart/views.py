"""A chart as JSON for a card, as CSV, and as a page with its table."""

from dataclasses import replace
from hashlib import sha256

import orjson
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from analytics.engine import EngineError
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards, evidence_links
from dashboard.exports import csv_tables, tables
from dashboard.frame import layout
from events.models import Project


@compressed
@page("chart.view")
def chart_json(request: HttpRequest, project: Project, name: str) -> HttpResponseBase:
    """The figure of a chart, with the moment it was asked."""
    now = timezone.now()
    shown, parameters = layout.state_for(request, project), request.GET.dict()
    try:
        figure = cards.figure(project, name, state=shown, parameters=parameters, now=now)
    except EngineError as error:
        return JsonResponse({"detail": str(error)}, status=503)
    links = evidence_links.of(project, name, figure, state=shown, parameters=parameters)
    body = orjson.dumps({**figure.as_dict(), "evidence": links.as_dict() if links else None}, default=str)
    etag = quote_etag(sha256(body).hexdigest()[:32])
    document = orjson.dumps({**orjson.loads(body), "as_of": now})
    response = HttpResponse(document, content_type="application/json", headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=response) or response


@page("chart.export")
def chart_csv(request: HttpRequest, project: Project, name: str) -> HttpResponseBase:
    """The table behind a chart."""
    figure = cards.figure(
        project, name, state=layout.state_for(request, project), parameters=request.GET.dict(), now=timezone.now()
    )
    response = HttpResponse(csv_tables.csv_text(figure.columns, figure.rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-{name}.csv"'
    return response


@page("chart.export")
def chart_file(request: HttpRequest, project: Project, name: str, form: str) -> HttpResponseBase:
    """The same in another form: JSON, Parquet."""
    if form not in tables.FORMS:
        raise Http404("No such form.")
    figure = cards.figure(
        project, name, state=layout.state_for(request, project), parameters=request.GET.dict(), now=timezone.now()
    )
    return tables.answer(form, name=f"{project.slug}-{name}", columns=figure.columns, rows=figure.rows)


@compressed
@page("chart.view")
def chart_page(request: HttpRequest, project: Project, name: str) -> HttpResponseBase:
    """A chart alone, with its table: what every chart is without JavaScript."""
    shown = layout.state_for(request, project)
    now = timezone.now()
    figure = cards.figure(project, name, state=shown, parameters=request.GET.dict(), now=now)
    taken = {key: request.GET[key] for key in cards.CHARTS[name].parameters if key in request.GET}
    card = cards.card(project, name, state=shown, height="tall", width="all", figure=figure, **taken)
    links = evidence_links.of(project, name, figure, state=shown, parameters=request.GET.dict())
    inline = {**figure.as_dict(), "evidence": links.as_dict() if links else None, "as_of": now}
    context = {"card": replace(card, figure=inline), "figure": figure, "rows": evidence_links.cells(figure, links)}
    return layout.draw(request, "dashboard/chart/page.html", context, project=project, section="overview", shown=shown)
