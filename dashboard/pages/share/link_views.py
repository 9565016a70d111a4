"""The share links of a project: the list, a new one, its end."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.models import ShareLink
from dashboard.pages.share import links
from events.accounts import access
from events.models import Project


@require_safe
@page("shares.list", role=access.EDITOR)
def share_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The links of the project, and the form for another."""
    return _shares(request, project)


@require_POST
@page("share.create", role=access.EDITOR)
def share_create(request: HttpRequest, project: Project) -> HttpResponseBase:
    """A new link, its address shown on this answer and never again."""
    days, posted = request.POST.get("days", ""), request.POST
    try:
        link, path = links.create(
            project,
            actor=request.user,
            name=posted.get("name", "").replace("\x00", ""),
            url=posted.get("of", ""),
            days=int(days) if days in map(str, links.DAYS) else 0,
            is_period_fixed=posted.get("period") == "fixed",
            now=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("dashboard:share-list", project.slug)
    response = _shares(request, project, made=link, address=request.build_absolute_uri(path))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@page("share.revoke", role=access.EDITOR, obj="share_id")
def share_revoke(request: HttpRequest, project: Project, share_id: int) -> HttpResponseBase:
    """The link stops working."""
    link = get_object_or_404(ShareLink, project=project, pk=share_id)
    links.revoke(link, actor=request.user, now=timezone.now())
    messages.success(request, f"“{link.name}” is revoked.")
    return redirect("dashboard:share-list", project.slug)


def _shares(
    request: HttpRequest, project: Project, *, made: ShareLink | None = None, address: str = ""
) -> HttpResponseBase:
    context = {
        "links": project.share_links.select_related("created_by")[:100],
        "days": links.DAYS,
        "of": request.GET.get("of") or request.POST.get("of") or f"/p/{project.slug}/",
        "made": made,
        "address": address,
        "now": timezone.now(),
    }
    return layout.draw(request, "dashboard/share/links.html", context, project=project, section="shares")
