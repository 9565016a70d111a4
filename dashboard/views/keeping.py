"""Saved views and share links of a project, and the palette's search."""

from dataclasses import asdict

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import frame, palette, saved, shares
from dashboard.access import page
from dashboard.models import ShareLink
from dashboard.views import people
from events.accounts import access
from events.models import Project


@require_safe
@page("issues.search")
def palette_issues(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Issues whose title holds `q`."""
    hits = palette.issues(project, request.GET.get("q", ""))
    return JsonResponse({"hits": [asdict(hit) for hit in hits]}, headers={"Cache-Control": "private, no-store"})


@require_POST
@page("view.save")
def view_save(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The page in `next` is kept under a name and shown again."""
    try:
        view = saved.save(
            project,
            owner=request.user,
            name=request.POST.get("name", ""),
            url=request.POST.get("next", ""),
            is_shared=request.POST.get("is_shared") == "1",
            now=timezone.now(),
        )
        messages.success(request, f"“{view.name}” is saved.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(people.safe_next(request))


@require_POST
@page("view.delete", obj="view_id")
def view_delete(request: HttpRequest, project: Project, view_id: int) -> HttpResponseBase:
    """The view is forgotten."""
    view = get_object_or_404(saved.visible(project, request.user), pk=view_id)
    try:
        saved.delete(view, actor=request.user, now=timezone.now())
        messages.success(request, f"“{view.name}” is deleted.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(people.safe_next(request))


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
        link, path = shares.create(
            project,
            actor=request.user,
            name=posted.get("name", "").replace("\x00", ""),
            url=posted.get("of", ""),
            days=int(days) if days in map(str, shares.DAYS) else 0,
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
    shares.revoke(link, actor=request.user, now=timezone.now())
    messages.success(request, f"“{link.name}” is revoked.")
    return redirect("dashboard:share-list", project.slug)


def _shares(
    request: HttpRequest, project: Project, *, made: ShareLink | None = None, address: str = ""
) -> HttpResponseBase:
    context = {
        "links": project.share_links.select_related("created_by")[:100],
        "days": shares.DAYS,
        "of": request.GET.get("of") or request.POST.get("of") or f"/p/{project.slug}/",
        "made": made,
        "address": address,
        "now": timezone.now(),
    }
    return frame.draw(request, "dashboard/shares.html", context, project=project, section="shares")
