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
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())
    slug = request.POST.get("slug", "").strip() or projects.slug_for(name)
    try:
        project = projects.create(slug, name or slug, owner=request.user, now=timezone.now())
    except ValidationError as error:
        for line in _mended(error, slug=slug):
            messages.error(request, line)
        return redirect("dashboard:home")
    return redirect("dashboard:setup", project.slug)


def _mended(error: ValidationError, *, slug: str) -> list[str]:
    """What was wrong with a new project, and what to write instead."""
    if "slug" not in error.message_dict:
        return error.messages
    codes = {one.code for one in error.error_dict["slug"]}
    if not slug:
        return ["Give the project a name with letters or digits, or write a short form for addresses, such as shop."]
    if "unique" in codes:
        return [f"The short form “{slug[:64]}” is taken. Leave the field empty, and a free one is made from the name."]
    return ["A short form has lower-case letters, digits, - and _ only, 64 at most. Leave it empty to have one made."]
