"""Database queries: the slowest, those with the most time, those in a loop; and one statement closely."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.performance import query_detail, slow_queries
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards, evidence_rows
from dashboard.frame import comparison, empty_states, formatting, layout, measures, other_values, query_errors
from dashboard.pages.performance import rates
from dashboard.pages.performance.lists import MOST_QUERIES
from events.models import Project

SORTS = {"time": "Most total time", "p95": "Slowest", "count": "Most runs"}
_PAGE = 25


@compressed
@page("queries.list")
@query_errors.said
def query_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The statements of the period, and those found to run in a loop."""
    shown = layout.state_of(request)
    now = timezone.now()
    period = Period(shown.start, shown.end)
    sort = request.GET.get("sort", "time")
    sort = sort if sort in slow_queries.SORTS else "time"
    against = comparison.of(project, shown)
    found = slow_queries.slow_queries(
        project,
        period=period,
        now=now,
        environment=shown.environment,
        sort=sort,
        most=MOST_QUERIES,
        baseline=against.baseline,
    )
    loops = slow_queries.loops(project, period=period, environment=shown.environment)
    listed = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "listed": listed,
        "folded": other_values.note(project, "queries", "fingerprint", state=shown, now=now),
        "rows": [
            (one, round(100 * one.time_share, 1), measures.change(one.change, against=against))
            for one in listed.object_list
        ],
        "loops": [
            (
                one,
                rates.endpoint_url(project, one.route, state=shown),
                evidence_rows.trace_url(project, one.trace_id, None),
            )
            for one in loops
        ],
        "sorts": SORTS,
        "sort": sort,
        "start": None if found or loops else empty_states.of(project, "queries", now=now),
    }
    return layout.draw(
        request, "dashboard/performance/queries.html", context, project=project, section="queries", shown=shown
    )


@compressed
@page("query.view")
@query_errors.said
def query(request: HttpRequest, project: Project, fingerprint: str) -> HttpResponseBase:
    """One statement without its literals: when, how long, from where."""
    shown = layout.state_of(request)
    against = comparison.of(project, shown)
    found = query_detail.query_detail(
        project, fingerprint=fingerprint.replace("\x00", ""), period=Period(shown.start, shown.end),
        now=timezone.now(), environment=shown.environment, baseline=against.baseline,
    )  # fmt: skip
    if found is None:
        return layout.draw(
            request, "dashboard/performance/query_none.html", {}, project=project, section="queries", shown=shown,
            status=404,
        )  # fmt: skip
    context = {
        "found": found,
        "total_ms": sum(one.total_ms for one in found.routes),
        "tiles": [
            measures.tile(
                "Runs",
                formatting.rate(found.rate.value),
                found.rate,
                url="#charts",
                points=found.counts,
                against=against,
                is_neutral=True,
            ),
            measures.tile(
                "p95", formatting.duration(found.p95), found.duration, url="#charts", points=found.p95s, against=against
            ),
        ],
        "routes": [(one, rates.endpoint_url(project, one.route, state=shown)) for one in found.routes],
        "samples": [(one, evidence_rows.trace_url(project, one.trace_id, one.at)) for one in found.slowest],
        "cards": [
            cards.card(project, "query_runs", state=shown, width="two", query=fingerprint),
            cards.card(project, "query_duration", state=shown, query=fingerprint),
        ],
    }
    return layout.draw(
        request, "dashboard/performance/query.html", context, project=project, section="queries", shown=shown
    )
