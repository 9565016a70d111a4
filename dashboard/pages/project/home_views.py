"""All projects of whoever looks, and making one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import site_page
from dashboard.frame import layout
from events.accounts import access, projects
from events.models import Issue

_OPEN = Q(issues__status=Issue.Status.UNRESOLVED)


@site_page("home.view")
def home(request: HttpRequest) -> HttpResponseBase:
    """The projects, or the first step when there is none."""
    visible = access.visible_projects(request.user).order_by("slug")
    counted = visible.annotate(
        open_issues=Count("issues", filter=_OPEN),
        fatal_issues=Count("issues", filter=_OPEN & Q(issues__level=Issue.Level.FATAL)),
    )
    return layout.draw(request, "dashboard/project/home.html", {"cards": list(counted[:200])}, section="home")


@require_POST
@site_page("project.create", staff=True)
def project_create(request: HttpRequest) -> HttpResponseBase:
    """A new project of whoever asks; its setup page follows."""
    slug, name = request.POST.get("slug", "").strip(), request.POST.get("name", "").strip()
    try:
        project = projects.create(slug, name or slug, owner=request.user, now=timezone.now())
    except ValidationError as error:
        for line in error.messages:
            messages.error(request, line)
        return redirect("dashboard:home")
    return redirect("dashboard:setup", project.slug)
