"""Traces: which ones a search finds; one with where the time went, what failed, what was written."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.traces import trace as query
from analytics.questions.traces import trace_errors
from analytics.questions.traces import trace_list as listed
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import evidence_rows
from dashboard.frame import empty_states, layout, query_errors
from dashboard.pages.traces import asking, waterfall
from events.facts.schema import SPANS
from events.models import Project

_NEAR = timedelta(days=1)
# A trace is over within it; its errors are looked for so far around the traces of a page.
_LASTS = timedelta(hours=1)


@compressed
@page("traces.list")
@query_errors.said
def trace_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The traces of the period that the fields ask for."""
    shown = layout.state_of(request)
    form = asking.form(request.GET.dict())
    period = Period(shown.start, shown.end)
    found = listed.trace_list(
        project, period=period, asked=form.asked, environment=shown.environment, order=form.order, page=form.page
    )
    moments = [row.at for row in found.rows]
    errors = (
        trace_errors.trace_errors(
            project, [row.trace_id for row in found.rows], period=Period(min(moments), max(moments) + _LASTS)
        )
        if moments
        else {}
    )
    longest = max((row.duration_ms for row in found.rows), default=0.0)
    context = {
        "form": form,
        "rows": [
            (row, evidence_rows.trace_url(project, row.trace_id, row.at), len(errors.get(row.trace_id, ())))
            for row in found.rows
        ],
        "longest": longest,
        "has_more": found.has_more and form.page < asking.MOST_PAGES,
        "services": listed.service_names(project, period=period),
        "outcomes": asking.OUTCOMES,
        "orders": asking.ORDERS,
        "start": empty_states.of(project, "requests", now=timezone.now())
        if not found.rows and form.asked.is_all and form.page == 1
        else None,
    }
    return layout.draw(request, "dashboard/traces/list.html", context, project=project, section="traces", shown=shown)


@compressed
@page("trace.view")
@query_errors.said
def trace(request: HttpRequest, project: Project, trace_id: str) -> HttpResponseBase:
    """The spans of a trace as a waterfall, with its errors and log lines."""
    if not evidence_rows.is_trace_id(trace_id):
        raise Http404("A trace's id is hex digits.")
    now = timezone.now()
    at = evidence_rows.moment(request.GET.get("at", ""))
    kept = timedelta(days=SPANS.retention_days + 1)
    period = Period(at - _NEAR, at + _NEAR) if at else Period(now - kept, now + _NEAR)
    found = query.trace(project, trace_id=trace_id, period=period)
    if not (found.spans or found.errors or found.logs):
        raise Http404("Nothing is kept of this trace.")
    rows = waterfall.rows(found)
    context = {
        "trace": found,
        "title": waterfall.title(found),
        "rows": rows,
        "ticks": waterfall.ticks(found),
        "services": waterfall.services(found),
        "lanes": waterfall.lanes(found),
        "kinds": [kind for kind in waterfall.KINDS if any(row.kind == kind for row in rows)],
        "critical": sorted((row for row in rows if row.critical_ms), key=lambda row: -row.critical_ms)[:5],
        "has_gaps": any(row.gaps for row in rows),
        "failed": sum(row.is_failed for row in rows),
        "errors": evidence_rows.issues(project, found.errors),
        "logs": [(line, evidence_rows.line_url(project, line.log_id, line.at)) for line in found.logs],
    }
    return layout.draw(request, "dashboard/traces/page.html", context, project=project, section="traces")
