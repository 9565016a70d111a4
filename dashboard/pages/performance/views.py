"""Performance: rate, errors, duration; every endpoint, and one of them closely."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.performance import cuts, endpoint_detail, endpoints, request_rates
from analytics.questions.releases import release_change
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards, evidence_rows, world_map
from dashboard.frame import comparison, empty_states, filters, layout, other_values, query_errors
from dashboard.pages.performance import rates
from dashboard.pages.performance.lists import MOST_ENDPOINTS
from events.models import Project

SORTS = {"time": "Most time", "p95": "Slowest", "count": "Most requests", "failures": "Most errors"}
_PAGE = 25


@compressed
@page("performance.view")
@query_errors.said
def performance(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Rate, errors and duration of all requests, and the endpoints by their share of the time."""
    shown = layout.state_of(request)
    now = timezone.now()
    period = Period(shown.start, shown.end)
    sort = request.GET.get("sort", "time")
    sort = sort if sort in endpoints.SORTS else "time"
    text = request.GET.get("filter", "")[:200]
    by = request.GET.get("by", "")
    by = by if by in cuts.COLUMNS else cuts.COLUMNS[0]
    against = comparison.of(project, shown)
    where: dict[str, Any] = filters.chosen(request.GET.dict(), filters.REQUESTS)
    about: dict[str, Any] = {
        "period": period, "now": now, "environment": shown.environment, **request_rates.counted_by(where),
    }  # fmt: skip
    of_facts = {**where, "environment": shown.environment}
    found = endpoints.endpoints(project, sort=sort, most=MOST_ENDPOINTS, baseline=against.baseline, **about)
    fitting = [one for one in found if text.lower() in one.route.lower()]
    listed = Paginator(fitting, _PAGE).get_page(request.GET.get("page"))
    measured = request_rates.request_rates(project, baseline=against.baseline, **about)
    changed = release_change.release_change(project, **filters.without(about, "release"))
    cut = cuts.request_cut(project, by=by, period=period, where=of_facts)
    context = {
        "tiles": rates.tiles(measured, changed, against=against),
        "change": changed,
        "rows": rates.endpoints(project, listed.object_list, state=shown, against=against, where=where),
        "listed": listed,
        "folded": "" if where else other_values.note(project, "requests", "route", state=shown, now=now),
        "by": by,
        "cuts": [(name, filters.TITLES[name]) for name in cuts.COLUMNS],
        "cut": cut,
        "map": world_map.drawn(
            {one.name: one.count for one in cut},
            noun="requests",
            url=lambda code: filters.address(request.GET, "country", code),
        )
        if by == "country"
        else None,
        "sort": sort,
        "where": where,
        "filter": text,
        "cards": [
            cards.card(project, "throughput", state=shown, **where),
            cards.card(project, "failures", state=shown, **where),
            cards.card(project, "latency", state=shown, **where),
            cards.card(project, "latency_heatmap", state=shown, width="two", height="tall", **where),
            cards.card(project, "latency_by_release", state=shown, height="tall", **where),
        ],
        "start": None if measured.count or where else empty_states.of(project, "requests", now=now),
    }
    return layout.draw(
        request,
        "dashboard/performance/page.html",
        context,
        project=project,
        section="performance",
        shown=shown,
        where=where,
    )


@compressed
@page("endpoint.view")
@query_errors.said
def endpoint(request: HttpRequest, project: Project) -> HttpResponseBase:
    """One endpoint: how its durations spread, its slow requests, queries and errors, two of its releases compared."""
    shown = layout.state_of(request)
    route = request.GET.get("route", "").replace("\x00", "")[:300]
    if not route:
        return redirect(f"{request.path.removesuffix('endpoint/')}?{shown.query}")
    now = timezone.now()
    period = Period(shown.start, shown.end)
    where: dict[str, Any] = {**filters.chosen(request.GET.dict(), filters.REQUESTS), "route": route}
    about: dict[str, Any] = {
        "period": period, "now": now, "environment": shown.environment, **request_rates.counted_by(where),
    }  # fmt: skip
    of_releases = filters.without(about, "release")
    found = endpoint_detail.endpoint_detail(project, **about)
    against = comparison.of(project, shown)
    measured = request_rates.request_rates(project, baseline=against.baseline, **about)
    named = [shape.release for shape in found.releases if shape.release]
    chosen = request.GET.get("a", ""), request.GET.get("b", "")
    pair = rates.pair(named, *chosen)
    context = {
        "route": route,
        "where": filters.without(where, "route"),
        "found": found,
        "tiles": rates.tiles(measured, release_change.release_change(project, **of_releases), against=against),
        "samples": [(one, evidence_rows.trace_url(project, one.trace_id, one.at)) for one in found.slowest],
        "errors": evidence_rows.issues(project, found.errors),
        "releases": named,
        "pair": endpoint_detail.releases_compared(project, release=pair[0], other=pair[1], **of_releases)
        if pair
        else None,
        "cards": [
            cards.card(project, "duration_histogram", state=shown, **where),
            cards.card(project, "latency", state=shown, **where),
            cards.card(project, "throughput", state=shown, **where),
            cards.card(project, "latency_heatmap", state=shown, width="two", **where),
            cards.card(project, "latency_by_release", state=shown, **where),
        ],
    }
    # Which endpoint it is, is what the page is about: the way out of it is the way back.
    others = filters.without(where, "route")
    return layout.draw(
        request, "dashboard/performance/endpoint.html", context, project=project, section="performance", shown=shown,
        where=others,
    )  # fmt: skip
