"""Logging in and out, the theme, and the side bar."""

import math
from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access import pending
from dashboard.access.guard import site_page
from dashboard.frame import layout, redirects, side_bar
from events.accounts import audit, logins, second_factors
from events.values import addresses


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
