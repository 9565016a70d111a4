"""Security: what was refused, reported or limited."""

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.security import security_events
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards
from dashboard.frame import comparison, empty_states, formatting, layout, measures, query_errors
from events.models import Project

_SHOWN = ("key_refused", "login_failed", "csp", "rate_limited", "scope_refused")


@compressed
@page("security.view")
@query_errors.said
def security(request: HttpRequest, project: Project) -> HttpResponseBase:
    """How often each kind happened, when, and what it was about."""
    shown = layout.state_of(request)
    now = timezone.now()
    kind = request.GET.get("kind", "")
    kind = kind if kind in formatting.SECURITY else ""
    period = Period(shown.start, shown.end)
    against = comparison.of(project, shown)
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
                formatting.SECURITY[name],
                formatting.compact(sum(found.kinds.get(name, ()))),
                found.comparisons.get(name),
                url=f"?{shown.with_(kind=name)}",
                points=found.kinds.get(name, ()),
                against=against,
            )
            for name in _SHOWN
        ],
        "kind": kind,
        "kinds": formatting.SECURITY,
        "findings": [(formatting.SECURITY.get(line.kind, line.kind), line) for line in lines],
        "card": cards.card(project, "security", state=shown, width="all", kind=kind),
        "start": None if found.kinds else empty_states.of(project, "security", now=now),
    }
    return layout.draw(
        request, "dashboard/security/page.html", context, project=project, section="security", shown=shown
    )
