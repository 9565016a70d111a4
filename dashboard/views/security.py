"""Security: what was refused, reported or limited."""

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.security import security_events
from dashboard import cards, compared, frame, starts, unanswered, words
from dashboard.access import page
from dashboard.presenters import measures
from events.models import Project

_SHOWN = ("key_refused", "login_failed", "csp", "rate_limited", "scope_refused")


@page("security.view")
@unanswered.said
def security(request: HttpRequest, project: Project) -> HttpResponseBase:
    """How often each kind happened, when, and what it was about."""
    shown = frame.state_of(request)
    now = timezone.now()
    kind = request.GET.get("kind", "")
    kind = kind if kind in words.SECURITY else ""
    period = Period(shown.start, shown.end)
    against = compared.of(project, shown)
    found = security_events.security_events(
        project, period=period, now=now, environment=shown.environment, baseline=against.baseline
    )
    lines = found.lines
    if kind:
        lines = security_events.security_events(
            project, period=period, now=now, environment=shown.environment, kind=kind
        ).lines
    context = {
        "tiles": [
            measures.tile(
                words.SECURITY[name],
                words.compact(sum(found.kinds.get(name, ()))),
                found.comparisons.get(name),
                url=f"?{shown.with_(kind=name)}",
                points=found.kinds.get(name, ()),
                against=against,
            )
            for name in _SHOWN
        ],
        "kind": kind,
        "kinds": words.SECURITY,
        "findings": [(words.SECURITY.get(line.kind, line.kind), line) for line in lines],
        "card": cards.card(project, "security", state=shown, width="all", kind=kind),
        "start": None if found.kinds else starts.of(project, "security", now=now),
    }
    return frame.draw(
        request, "dashboard/performance/security.html", context, project=project, section="security", shown=shown
    )
