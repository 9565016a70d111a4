"""Views under a name: kept and forgotten."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.frame import changes, redirects, saved_views
from events.models import Project


@require_POST
@page("view.save")
def view_save(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The page in `next` is kept under a name and shown again."""

    def change() -> str:
        view = saved_views.save(
            project,
            owner=request.user,
            name=request.POST.get("name", ""),
            url=request.POST.get("next", ""),
            is_shared=request.POST.get("is_shared") == "1",
            now=timezone.now(),
        )
        return f"“{view.name}” is saved."

    changes.told(request, change)
    return redirect(redirects.safe_next(request))


@require_POST
@page("view.delete", obj="view_id")
def view_delete(request: HttpRequest, project: Project, view_id: int) -> HttpResponseBase:
    """The view is forgotten."""
    view = get_object_or_404(saved_views.visible(project, request.user), pk=view_id)

    def change() -> str:
        saved_views.delete(view, actor=request.user, now=timezone.now())
        return f"“{view.name}” is deleted."

    changes.told(request, change)
    return redirect(redirects.safe_next(request))
