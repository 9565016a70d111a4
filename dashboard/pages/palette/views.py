"""The search of the palette."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.pages.palette import finding
from events.accounts import access
from events.models import Project


@require_POST
@page("palette.search")
def palette(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What `q` finds. It is posted, so that no address and no log has the id of a person."""
    found = finding.find(
        project,
        request.POST.get("q", ""),
        sees_persons=access.sees_persons(request.user, project),
        now=timezone.now(),
    )
    answer = {"hits": [asdict(hit) for hit in found.hits], "unanswered": found.unanswered}
    return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})
