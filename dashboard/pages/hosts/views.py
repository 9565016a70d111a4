"""Hosts: whether the machines have room."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.hosts import hosts
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards
from dashboard.frame import comparison, empty_states, filters, layout, other_values, query_errors
from dashboard.pages.hosts import gauges
from events.models import Project


@compressed
@page("resources.view")
@query_errors.said
def resources(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Each host's newest readings, and every gauge over time."""
    shown = layout.state_of(request)
    now = timezone.now()
    where: dict[str, Any] = filters.chosen(request.GET.dict(), filters.HOSTS)
    about: dict[str, Any] = {"now": now, "environment": shown.environment, **where}
    against = comparison.of(project, shown)
    spans = Period(shown.start, shown.end), against.baseline.after, against.baseline.before
    # The first two are the same as a rule: asked once.
    asked = {span: hosts.hosts(project, period=span, **about) for span in dict.fromkeys(spans)}
    found, after, before = (asked[span] for span in spans)
    changed = gauges.changes(after, before, against=against)
    rows = [(host, list(zip(readings, changed.get(host, []), strict=False))) for host, readings in gauges.latest(found)]
    context = {
        "columns": list(gauges.GAUGES.values()),
        "rows": rows,
        "folded": "" if where else other_values.note(project, "metrics", "host", state=shown, now=now),
        "cards": [cards.card(project, f"host_{name}", state=shown, **where) for name in gauges.GAUGES] if rows else [],
        "start": None if rows or where else empty_states.of(project, "hosts", now=now),
    }
    template = "dashboard/hosts/page.html"
    return layout.draw(request, template, context, project=project, section="resources", shown=shown, where=where)
