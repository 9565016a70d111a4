"""Logging in and out, the theme, and the tokens of whoever looks."""

import math
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access import pending
from dashboard.access.guard import site_page
from dashboard.frame import layout, redirects, side_bar
from dashboard.pages.account import zone_views
from events.accounts import audit, logins, second_factors, tokens
from events.models import ApiToken
from events.values import addresses

TOKEN_DAYS = (30, tokens.DAYS, 365)
NEVER = "never"


class LoginView(auth_views.LoginView):
    template_name = "dashboard/account/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        if second_factors.is_on(form.get_user()):
            pending.begin(self.request, form.get_user(), wanted=self.get_success_url(), now=timezone.now())
            return redirect("dashboard:login-code")
        response = super().form_valid(form)
        address = addresses.of_request(self.request)
        audit.record("login", actor=form.get_user(), via="session", address=address, now=timezone.now())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(theme=layout.theme_of(self.request), **kwargs)


def locked(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """What a locked out visitor sees: for how long."""
    name = str((credentials or {}).get("username") or "")
    wait = logins.locked_for(name, address=addresses.of_request(request), now=timezone.now())
    minutes = math.ceil(wait.total_seconds() / 60)
    context = {"minutes": minutes, "theme": layout.theme_of(request)}
    answer = render(request, "dashboard/account/locked.html", context, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keeps the chosen theme in a cookie; the page it came from is shown again."""
    response = redirect(redirects.safe_next(request))
    chosen = request.POST.get("theme", "")
    if chosen in layout.THEMES:
        response.set_cookie(layout.THEME_COOKIE, chosen, max_age=31_536_000, samesite="Lax", secure=settings.OBS_HTTPS)
    return response


@require_POST
@site_page("account.side-bar")
def side_bar_move(request: HttpRequest) -> HttpResponseBase:
    """Remembers whether the side bar stands beside the page; the page it came from is shown again."""
    response = redirect(redirects.safe_next(request))
    value = side_bar.moved(side_bar.left_by(request), request.POST.get("side", ""))
    name = side_bar.cookie_name(request.user)
    response.set_cookie(name, value, max_age=31_536_000, samesite="Lax", secure=settings.OBS_HTTPS)
    return response


@site_page("account.view")
def account(request: HttpRequest) -> HttpResponseBase:
    """The API tokens of whoever looks."""
    mine = ApiToken.objects.filter(user_id=request.user.pk or 0).select_related("project").order_by("-created_at")[:100]
    context = {
        "tokens": mine,
        "scopes": sorted(tokens.SCOPES),
        "days": TOKEN_DAYS,
        "now": timezone.now(),
        **zone_views.choices(),
    }
    return layout.draw(request, "dashboard/account/page.html", context, section="account")


@require_POST
@site_page("token.create")
def token_create(request: HttpRequest) -> HttpResponseBase:
    """A new token, its secret shown on this answer and never again."""
    now = timezone.now()
    days = request.POST.get("days", "")
    lasting = timedelta(days=int(days) if days in map(str, TOKEN_DAYS) else tokens.DAYS)
    expires_at = None if days == NEVER else now + lasting
    name = request.POST.get("name", "").strip() or "token"
    try:
        token, secret = tokens.create(
            request.user, name=name, scopes=request.POST.getlist("scopes"), expires_at=expires_at, now=now
        )
    except ValueError as error:
        messages.error(request, f"No token was made: {error}.")
        return redirect("dashboard:account")
    mine = ApiToken.objects.filter(user_id=request.user.pk or 0).select_related("project").order_by("-created_at")[:100]
    context = {
        "tokens": mine,
        "scopes": sorted(tokens.SCOPES),
        "days": TOKEN_DAYS,
        "now": now,
        **zone_views.choices(),
        "secret": secret,
        "made": token,
    }
    response = layout.draw(request, "dashboard/account/page.html", context, section="account")
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@site_page("token.revoke")
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponseBase:
    """The token stops working; only its owner gets here with it."""
    token = get_object_or_404(ApiToken.objects.filter(user_id=request.user.pk or 0), pk=token_id)
    tokens.revoke(token, actor=request.user, now=timezone.now())
    messages.success(request, f"{token.name} is revoked.")
    return redirect("dashboard:account")
