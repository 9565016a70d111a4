"""The first page of a project: whether all is calm, and where to look if not."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from analytics.questions.errors import issue_list
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import evidence_rows
from dashboard.frame import comparison, layout
from dashboard.pages.alerts import firing
from dashboard.pages.overview import speed, standing, tiles, wall
from events.accounts import access
from events.issues.search import parse
from events.models import Issue, Project
from events.releases import deploys as arrivals
from events.runtime import together

_TOP = 11
_DEPLOYS = 8


@compressed
@page("overview.view")
def overview(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Numbers, errors over time, the issues that matter, the latest releases; the setup page before the first event."""
    if project.first_event_at is None and not Issue.objects.filter(project=project).exists():
        return redirect("dashboard:setup", project.slug)
    shown = layout.state_of(request)
    now = timezone.now()
    top = issue_list.issue_list(
        project,
        search=parse("is:unresolved", now=now),
        environment=shown.environment,
        start=shown.start,
        end=shown.end,
        sort="trend",
        user=request.user,
        now=now,
    )
    listed = together.asked(deploys=arrivals.arrived(project)[:_DEPLOYS], firing=firing.latest(project))
    deploys = listed["deploys"]
    against = comparison.of(project, shown)
    found = tiles.numbers(project, shown, against, now=now)
    counted = tiles.issues(project, shown, against)
    measured = speed.of(project, shown, found, against)
    drawn = [*tiles.overview_cards(project, shown), *measured.cards]
    context = {
        "tiles": speed.joined(tiles.overview(project, shown, found, against, counted=counted), measured),
        "cards": drawn,
        "screens": wall.screens(drawn),
        "top": top.rows[:_TOP],
        "open_total": top.total,
        "firing": firing.in_words(listed["firing"]),
        "standing": standing.of(project, shown, found, open_count=counted.open_count, now=now),
        "fatal": sum(row.issue.level == Issue.Level.FATAL for row in top.rows),
        "regressed": sum(row.issue.is_regressed for row in top.rows),
        "deploys": deploys,
        "last_deploy": deploys[0] if deploys else None,
        "wall": request.GET.get("wall") == "1",
        "releases": project.releases.order_by("-id")[:_DEPLOYS],
    }
    return layout.draw(
        request, "dashboard/overview/page.html", context, project=project, section="overview", shown=shown
    )


def pulse(request: HttpRequest, slug: str) -> HttpResponse:
    """How many issues were seen since `since`: 204 for none.

    A number without content, asked every two seconds by an open page, so it leaves no entry in the audit trail.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    project = access.get_project_or_404(request.user, slug)
    since = evidence_rows.moment(request.GET.get("since", ""))
    now = timezone.now()
    if since is None:
        return JsonResponse({"cursor": now.isoformat(), "count": 0})
    since = max(since, now - timedelta(days=1))
    count = Issue.objects.filter(project=project, last_seen_at__gt=since).count()
    return JsonResponse({"cursor": now.isoformat(), "count": count}) if count else HttpResponse(status=204)
