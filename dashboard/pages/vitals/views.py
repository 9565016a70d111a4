"""Web vitals: how the pages feel to the people who use them."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.vitals import cuts
from analytics.questions.vitals import vitals as query
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards, world_map
from dashboard.frame import comparison, empty_states, filters, layout, other_values, query_errors
from dashboard.frame.vital_formatting import PERCENTILES, percentile_of, said
from dashboard.pages.vitals import vital_cards
from dashboard.pages.vitals.lists import CUTS
from events.models import Project
from events.values.vitals import THRESHOLDS

DEVICES = {"": "All devices", "mobile": "Mobile", "desktop": "Desktop", "tablet": "Tablet"}


@compressed
@page("vitals.view")
@query_errors.said
def vitals(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Five metrics, the routes in three bands, what a release made worse, and what was behind it."""
    shown = layout.state_of(request)
    now = timezone.now()
    metric = request.GET.get("metric", "LCP")
    metric = metric if metric in THRESHOLDS else "LCP"
    where: dict[str, Any] = filters.chosen(request.GET.dict(), filters.VITALS)
    by = request.GET.get("by", "")
    by = by if by in CUTS else CUTS[0]
    percentile, q = percentile_of(request.GET.get("p", ""))
    period = Period(shown.start, shown.end)
    about: dict[str, Any] = {"period": period, "q": q, "environment": shown.environment, **query.counted_by(where)}
    of_facts: dict[str, Any] = {
        "metric": metric, "period": period, "q": q, "where": {**where, "environment": shown.environment},
    }  # fmt: skip
    against = comparison.of(project, shown)
    found = query.vitals(project, now=now, baseline=against.baseline, **about)
    chosen: dict[str, Any] = {"metric": metric, "p": percentile, **where}
    routes = query.route_vitals(project, metric=metric, now=now, baseline=against.baseline, **about)
    countries = query.countries(project, **of_facts)
    context = {
        "vitals": [vital_cards.card(vital, against=against) for vital in found.metrics],
        "score": found.score,
        "parts": vital_cards.parts(found.score),
        "metric": metric,
        "percentile": percentile,
        "percentiles": PERCENTILES,
        "device": where.get("device", ""),
        "devices": DEVICES,
        "by": by,
        "cuts": [(name, filters.TITLES[name]) for name in CUTS],
        "cut": vital_cards.cuts(metric, cuts.vital_cut(project, by=by, **of_facts)),
        "bands": vital_cards.of(metric, routes, against=against),
        "folded": "" if where else other_values.note(project, "vitals", "route", state=shown, now=now),
        "regressions": [
            (one, said(one.metric, one.comparison.before), said(one.metric, one.comparison.value))
            for one in query.regressions(project, now=now, **filters.without(about, "release"))
        ],
        "culprits": [(one, said(metric, one.value)) for one in query.culprits(project, **of_facts)],
        "map": world_map.drawn(
            {one.country: one.count for one in countries},
            noun="page loads",
            url=lambda code: filters.address(request.GET, "country", code),
        ),
        "countries": vital_cards.countries(metric, countries),
        "good": said(metric, THRESHOLDS[metric][0]),
        "poor": said(metric, THRESHOLDS[metric][1]),
        "cards": [
            cards.card(project, "vital_trend", state=shown, width="two", **chosen),
            cards.card(project, "vital_heatmap", state=shown, metric=metric, **where),
        ],
        "start": None
        if where or any(one.count for one in found.metrics)
        else empty_states.of(project, "vitals", now=now),
    }
    return layout.draw(
        request, "dashboard/vitals/page.html", context, project=project, section="vitals", shown=shown, where=where
    )
