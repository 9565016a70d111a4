"""The account of whoever looks: name, times and weeks, logins, and tokens."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access import sessions
from dashboard.access.guard import site_page
from dashboard.frame import layout
from dashboard.models import AccountSettings
from dashboard.pages.account import settling, token_words, zone_views
from dashboard.reading import weeks
from events.accounts import access, second_factors, tokens
from events.models import ApiToken


@site_page("account.view")
def account(request: HttpRequest) -> HttpResponseBase:
    """All that is one's own."""
    return _shown(request)


@require_POST
@site_page("account.view")
def account_change(request: HttpRequest) -> HttpResponseBase:
    """The name, and how times and weeks are read wherever one logs in."""
    given = {name: request.POST.get(name, "") for name in settling.FIELDS}
    try:
        settling.put(cast(User, request.user), given, now=timezone.now())
    except ValidationError as error:
        return _shown(request, status=422, given=given, errors=error.message_dict)
    response = redirect("dashboard:account")
    messages.success(request, "Kept, for every browser you log in with.")
    return zone_views.forget_choice(response)


@require_POST
@site_page("account.view")
def login_end(request: HttpRequest, shown: str) -> HttpResponseBase:
    """One login of one's own is over; of this one, it is as logging out."""
    if not sessions.end(request, shown, now=timezone.now()):
        raise Http404("No such login.")
    messages.success(request, "That login is over.")
    return redirect("dashboard:account")


@require_POST
@site_page("account.view")
def login_end_others(request: HttpRequest) -> HttpResponseBase:
    """All others of one's own are over."""
    ended = sessions.end_others(request, now=timezone.now())
    messages.success(request, f"{ended} other login{'' if ended == 1 else 's'} ended.")
    return redirect("dashboard:account")


@require_POST
@site_page("token.create")
def token_create(request: HttpRequest) -> HttpResponseBase:
    """A new token, its secret shown on this answer and never again."""
    now = timezone.now()
    days = request.POST.get("days", "")
    lasting = timedelta(days=int(days) if days in map(str, token_words.DAYS) else tokens.DAYS)
    expires_at = None if days == token_words.NEVER else now + lasting
    name = request.POST.get("name", "").replace("\x00", "").strip() or "token"
    slug = request.POST.get("project", "")
    project = access.get_project_or_404(request.user, slug) if slug else None
    chosen = request.POST.getlist("scopes")
    try:
        if not chosen:
            raise ValueError("tick at least one thing that it may do")
        token, secret = tokens.create(
            request.user, name=name, scopes=chosen, project=project, expires_at=expires_at, now=now
        )
    except ValueError as error:
        messages.error(request, f"No token was made: {error}.")
        return redirect("dashboard:account")
    line = token_words.curl(token.scopes, secret=secret)
    response = _shown(request, secret=secret, made=token, curl=line)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@site_page("token.revoke")
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponseBase:
    """The token stops working; only its owner gets here with it."""
    token = get_object_or_404(ApiToken.objects.filter(user_id=request.user.pk or 0), pk=token_id)
    tokens.revoke(token, actor=request.user, now=timezone.now())
    messages.success(request, f"{token.name} has ended: whatever used it is refused from now on.")
    return redirect("dashboard:account")


def _shown(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponseBase:
    now, user = timezone.now(), cast(User, request.user)
    language_day = weeks.NAMES[weeks.of_languages(request.headers.get("Accept-Language", "")[:200])]
    context = {
        "given": settling.of(user), "logins": sessions.of(request, now=now), "lines": token_words.lines(user, now=now),
        "words": [(scope, *said) for scope, said in token_words.SCOPES.items()], "days": token_words.DAYS,
        "default_days": tokens.DAYS, "now": now, "has_second_factor": second_factors.is_on(user),
        "week_starts": [(one.value, one.label) for one in AccountSettings.WeekStart if one.value],
        "language_day": language_day, "curl": token_words.curl([tokens.READ]), **zone_views.choices(), **more,
    }  # fmt: skip
    return layout.draw(request, "dashboard/account/page.html", context, section="account", status=status)
