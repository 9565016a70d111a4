"""Views under a name: kept and forgotten."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.frame import redirects, saved_views
from events.models import Project


@require_POST
@page("view.save")
def view_save(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The page in `next` is kept under a name and shown again."""
    try:
        view = saved_views.save(
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
    return redirect(redirects.safe_next(request))


@require_POST
@page("view.delete", obj="view_id")
def view_delete(request: HttpRequest, project: Project, view_id: int) -> HttpResponseBase:
    """The view is forgotten."""
    view = get_object_or_404(saved_views.visible(project, request.user), pk=view_id)
    try:
        saved_views.delete(view, actor=request.user, now=timezone.now())
        messages.success(request, f"“{view.name}” is deleted.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(redirects.safe_next(request))
