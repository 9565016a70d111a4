"""The saved insights of a project, and which of them come with the weekly report."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.frame import changes, layout, weekly_mail
from dashboard.models import Subscription
from dashboard.pages.insights import presenting, saved
from dashboard.pages.insights.presenting import TABS
from events.models import Project

_PAGE = 50


@page("insights.saved")
def saved_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The insights that are kept under a name: their own, and those that others share."""
    search = request.GET.get("q", "")
    found = saved.insights(project, request.user, search=search).select_related("project")
    listed = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    mine = set(Subscription.objects.filter(user_id=request.user.pk or 0).values_list("view_id", flat=True))
    context = {
        **presenting.head("saved", project, layout.state_of(request)),
        "listed": listed,
        "lines": [(view, TABS[saved.tab_of(view)].title, view.pk in mine) for view in listed],
        "search": search,
        "is_member": weekly_mail.is_offered(project, request.user),
    }
    return layout.draw(request, "dashboard/insights/saved.html", context, project=project, section="insights")


@require_POST
@page("insight.subscribe", obj="view_id")
def subscribe(request: HttpRequest, project: Project, view_id: int) -> HttpResponseBase:
    """Whether the person who asks gets the insight with the weekly report."""
    view = get_object_or_404(saved.insights(project, request.user).select_related("project"), pk=view_id)
    wants = request.POST.get("wants") == "1"
    changes.told(request, lambda: saved.subscribe(view, user=request.user, wants=wants, now=timezone.now()))
    return redirect("dashboard:insights-saved", project.slug)
