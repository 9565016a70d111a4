"""Hosts: whether the machines have room."""

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.queries import hosts
from dashboard import cards, frame, starts, unanswered
from dashboard.access import page
from dashboard.presenters import machines
from events.models import Project


@page("resources.view")
@unanswered.said
def resources(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Each host's newest readings, and every gauge over time."""
    shown = frame.state_of(request)
    now = timezone.now()
    found = hosts.hosts(project, period=Period(shown.start, shown.end), now=now, environment=shown.environment)
    rows = machines.latest(found)
    context = {
        "columns": list(machines.GAUGES.values()),
        "rows": rows,
        "cards": [cards.card(project, f"host_{name}", state=shown) for name in machines.GAUGES] if rows else [],
        "start": None if rows else starts.of(project, "hosts", now=now),
    }
    return frame.draw(
        request, "dashboard/performance/resources.html", context, project=project, section="resources", shown=shown
    )
