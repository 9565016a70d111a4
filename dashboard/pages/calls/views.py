"""Each call of the API, with the reader's own project and token."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.calls import described
from events.models import ApiToken, Project


@page("api.calls")
def call_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The calls by subject; `mine` is one of the reader's own, and says which calls it may make."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "")[:100].split())
    working = ApiToken.objects.filter(user_id=request.user.pk or 0, revoked_at=None).order_by("pk")
    mine = [one for one in working if _is_for(one, project)]
    asked = request.GET.get("mine", "")
    chosen = next((one for one in mine if str(one.pk) == asked), mine[0] if mine else None)
    scopes = set(chosen.scopes) if chosen else set()
    context = {
        "q": text,
        "mine": mine,
        "chosen": chosen,
        "subjects": [
            (
                subject,
                [
                    (call, call.at(project.slug), call.curl(project.slug, base=settings.OBS_PUBLIC_URL),
                     bool(chosen and call.scope and call.scope not in scopes))
                    for call in calls
                ],
            )
            for subject, calls in described.calls(text=text)
        ],
    }  # fmt: skip
    return layout.draw(request, "dashboard/calls/list.html", context, project=project, section="api")


def _is_for(token: ApiToken, project: Project) -> bool:
    """Whether the token still works here."""
    is_over = token.expires_at is not None and token.expires_at < timezone.now()
    return not is_over and token.project_id in (None, project.pk)
