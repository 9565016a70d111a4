"""From nothing to the first event: the DSN, the lines to paste, a sign when it works."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.project import snippets
from dashboard.samples import sample_error
from events.accounts import access, dsn
from events.models import Issue, Project


@page("setup.view")
def setup(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The DSN and how each platform is told it; green once an event arrived."""
    key = dsn.current_key(project, now=timezone.now())
    address = dsn.of(key, base_url=settings.OBS_PUBLIC_URL) if key else ""
    listed = snippets.of(address, base_url=settings.OBS_PUBLIC_URL, slug=project.slug) if key else []
    chosen = request.GET.get("sdk", "")
    current = next((one for one in listed if one.name == chosen), listed[0] if listed else None)
    context = {
        "key": key,
        "dsn": address,
        "snippets": listed,
        "current": current,
        "has_events": project.first_event_at is not None,
        "latest": Issue.objects.filter(project=project).order_by("-last_seen_at").first(),
    }
    return layout.draw(request, "dashboard/project/setup.html", context, project=project, section="setup")


def setup_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether the first event arrived; 204 while it has not.

    One bit, asked every second by the open setup page, so it leaves no entry in the audit trail.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    project = access.get_project_or_404(request.user, slug)
    if project.first_event_at is None:
        return HttpResponse(status=204)
    return JsonResponse({"first_event_at": project.first_event_at.isoformat()})


@require_POST
@page("setup.sample", role=access.EDITOR)
def send_sample(request: HttpRequest, project: Project) -> HttpResponseBase:
    """A sample error goes in by the door that every SDK uses."""
    key = dsn.current_key(project, now=timezone.now())
    if key is None:
        messages.error(request, "This project has no active ingest key.")
    else:
        sample_error.send(key, now=timezone.now())
        messages.success(request, "A test error is on its way: it shows up within two seconds.")
    return redirect("dashboard:setup", project.slug)
