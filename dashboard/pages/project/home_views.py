"""All projects of whoever looks, and making one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.compression import compressed
from dashboard.access.guard import site_page
from dashboard.frame import layout
from dashboard.pages.project import naming
from events.accounts import access, project_life, projects
from events.models import Issue

_OPEN = Q(issues__status=Issue.Status.UNRESOLVED)


@compressed
@site_page("home.view")
def home(request: HttpRequest) -> HttpResponseBase:
    """The projects, or the first step when there is none."""
    visible = access.visible_projects(request.user).order_by("slug")
    counted = visible.annotate(
        open_issues=Count("issues", filter=_OPEN),
        fatal_issues=Count("issues", filter=_OPEN & Q(issues__level=Issue.Level.FATAL)),
    )
    return layout.draw(
        request,
        "dashboard/project/home.html",
        {
            "cards": list(counted[:200]),
            "deleted_count": project_life.deleted(request.user).count(),
        },
        section="home",
    )


@require_POST
@site_page("project.create", staff=True)
def project_create(request: HttpRequest) -> HttpResponseBase:
    """A new project of whoever asks; its setup page follows."""
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())
    slug = request.POST.get("slug", "").strip() or projects.slug_for(name)
    try:
        project = projects.create(slug, name or slug, owner=request.user, now=timezone.now())
    except ValidationError as error:
        for lines in naming.mended(error, slug=slug).values():
            messages.error(request, " ".join(lines))
        return redirect("dashboard:home")
    return redirect("dashboard:setup", project.slug)
