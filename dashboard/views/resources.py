"""Hosts: whether the machines have room."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.hosts import hosts
from dashboard import cards, compared, frame, starts, unanswered
from dashboard.access import page
from dashboard.presenters import folded, machines
from events.models import Project


@page("resources.view")
@unanswered.said
def resources(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Each host's newest readings, and every gauge over time."""
    shown = frame.state_of(request)
    now = timezone.now()
    about: dict[str, Any] = {"now": now, "environment": shown.environment}
    against = compared.of(project, shown)
    spans = Period(shown.start, shown.end), against.baseline.after, against.baseline.before
    # The first two are the same as a rule: asked once.
    asked = {span: hosts.hosts(project, period=span, **about) for span in dict.fromkeys(spans)}
    found, after, before = (asked[span] for span in spans)
    changed = machines.changes(after, before, against=against)
    rows = [
        (host, list(zip(readings, changed.get(host, []), strict=False))) for host, readings in machines.latest(found)
    ]
    context = {
        "columns": list(machines.GAUGES.values()),
        "rows": rows,
        "folded": folded.note(project, "metrics", "host", state=shown, now=now),
        "cards": [cards.card(project, f"host_{name}", state=shown) for name in machines.GAUGES] if rows else [],
        "start": None if rows else starts.of(project, "hosts", now=now),
    }
    return frame.draw(
        request, "dashboard/performance/resources.html", context, project=project, section="resources", shown=shown
    )
