"""One trace: where the time went, what failed, what was written."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.traces import trace as query
from dashboard.access.guard import page
from dashboard.charts import evidence_rows
from dashboard.frame import layout, query_errors
from dashboard.pages.traces import waterfall
from events.facts.schema import SPANS
from events.models import Project

_NEAR = timedelta(days=1)


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
    context = {
        "trace": found,
        "rows": waterfall.rows(found),
        "ticks": waterfall.ticks(found),
        "services": waterfall.services(found),
        "errors": evidence_rows.issues(project, found.errors),
        "logs": [(line, evidence_rows.line_url(project, line.log_id, line.at)) for line in found.logs],
    }
    return layout.draw(request, "dashboard/traces/page.html", context, project=project, section="performance")
