"""Web vitals: how the pages feel to the people who use them."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.vitals import vitals as query
from dashboard.access.guard import page
from dashboard.charts import cards
from dashboard.frame import comparison, empty_states, layout, other_values, query_errors
from dashboard.frame.vital_formatting import PERCENTILES, percentile_of, said
from dashboard.pages.vitals import vital_cards
from events.models import Project
from events.values.vitals import THRESHOLDS

DEVICES = {"": "All devices", "mobile": "Mobile", "desktop": "Desktop", "tablet": "Tablet"}


@page("vitals.view")
@query_errors.said
def vitals(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Five metrics, the routes in three bands, what a release made worse, and what was behind it."""
    shown = layout.state_of(request)
    now = timezone.now()
    metric = request.GET.get("metric", "LCP")
    metric = metric if metric in THRESHOLDS else "LCP"
    device = request.GET.get("device", "")
    device = device if device in DEVICES else ""
    percentile, q = percentile_of(request.GET.get("p", ""))
    about: dict[str, Any] = {
        "period": Period(shown.start, shown.end),
        "q": q,
        "device": device,
        "environment": shown.environment,
    }
    against = comparison.of(project, shown)
    found = query.vitals(project, now=now, baseline=against.baseline, **about)
    chosen: dict[str, Any] = {"metric": metric, "p": percentile, "device": device}
    routes = query.route_vitals(project, metric=metric, now=now, baseline=against.baseline, **about)
    context = {
        "vitals": [vital_cards.card(vital, against=against) for vital in found.metrics],
        "score": found.score,
        "parts": vital_cards.parts(found.score),
        "metric": metric,
        "percentile": percentile,
        "percentiles": PERCENTILES,
        "device": device,
        "devices": DEVICES,
        "bands": vital_cards.of(metric, routes, against=against),
        "folded": other_values.note(project, "vitals", "route", state=shown, now=now),
        "regressions": [
            (
                one,
                said(one.metric, one.comparison.before),
                said(one.metric, one.comparison.value),
            )
            for one in query.regressions(project, now=now, **about)
        ],
        "culprits": [(one, said(metric, one.value)) for one in query.culprits(project, metric=metric, **about)],
        "countries": vital_cards.countries(metric, query.countries(project, metric=metric, **about)),
        "good": said(metric, THRESHOLDS[metric][0]),
        "poor": said(metric, THRESHOLDS[metric][1]),
        "cards": [
            cards.card(project, "vital_trend", state=shown, width="two", **chosen),
            cards.card(project, "vital_heatmap", state=shown, metric=metric, device=device),
        ],
        "start": None if any(one.count for one in found.metrics) else empty_states.of(project, "vitals", now=now),
    }
    return layout.draw(request, "dashboard/vitals/page.html", context, project=project, section="vitals", shown=shown)
