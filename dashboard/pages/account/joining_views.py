"""Where an invitation leads: join as who one is, or as somebody new. The address is the secret."""

from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.frame import layout
from events.accounts import audit, invitations
from events.models import Invitation
from events.values import addresses

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """The form of an open invitation; 404 for any other."""
    now = timezone.now()
    invitation = invitations.find(token, now=now)
    if invitation is None:
        raise Http404("No such invitation.")
    if request.method != "POST":
        return _form(request, invitation)
    try:
        with audit.scope(via="session", address=addresses.of_request(request)):
            if request.user.is_authenticated:
                invitations.accept(invitation, request.user, now=now)
            else:
                name, password = request.POST.get("username", ""), request.POST.get("password", "")
                user = invitations.accept_as_new(invitation, username=name, password=password, now=now)
                login(request, user, backend=_BACKEND)
                audit.record("login", actor=user, now=now)
    except ValidationError as error:
        return _form(request, invitation, errors=error.messages)
    return redirect("dashboard:overview", invitation.project.slug)


def _form(request: HttpRequest, invitation: Invitation, errors: list[str] | None = None) -> HttpResponse:
    context = {
        "invitation": invitation, "errors": errors or [], "theme": layout.theme_of(request),
        "username": request.POST.get("username", "")[:150], "path": request.path,
    }  # fmt: skip
    response = render(request, "dashboard/account/join.html", context, status=422 if errors else 200)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
