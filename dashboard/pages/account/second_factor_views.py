"""The second step of a login, and setting up, renewing and ending it."""

import math
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from dashboard.access import confirmation, pending
from dashboard.access.guard import site_page
from dashboard.access.middleware import SECOND_FACTOR
from dashboard.frame import layout
from dashboard.pages.account import qr
from events.accounts import audit, logins, second_factors
from events.values import addresses


@sensitive_post_parameters()
@never_cache
def login_code(request: HttpRequest) -> HttpResponse:
    """Asks whoever gave the right password for the code, then lets them in."""
    now = timezone.now()
    waiting = pending.read(request, now=now)
    if waiting is None:
        return redirect("dashboard:login")
    user, wanted = waiting
    if request.method != "POST":
        return _draw(request, "login_code")
    verdict = second_factors.verify(user, request.POST.get("code", ""), now=now)
    address = addresses.of_request(request)
    if verdict.is_right:
        pending.end(request)
        login(request, user)
        request.session[SECOND_FACTOR] = True
        detail = {"second_factor": verdict.taken_as}
        audit.record("login", actor=user, via="session", detail=detail, address=address, now=now)
        return redirect(wanted)
    if verdict.wait_seconds:
        return _draw(request, "login_code", wait=math.ceil(verdict.wait_seconds), status=429)
    logins.note_wrong_code(user, address=address, now=now)
    return _draw(request, "login_code", is_wrong=True)


@never_cache
@site_page("second_factor.view")
def second_factor(request: HttpRequest) -> HttpResponseBase:
    """Where it stands: off, begun (with the secret to scan), or on."""
    return _show(request)


@sensitive_post_parameters()
@require_POST
@site_page("second_factor.begin")
def begin(request: HttpRequest) -> HttpResponseBase:
    """A fresh secret, for whoever gives the password."""
    if not _knows_password(request):
        return _show(request, is_wrong_password=True)
    second_factors.begin(request.user, now=timezone.now())
    return redirect("dashboard:second-factor")


@sensitive_post_parameters()
@require_POST
@never_cache
@site_page("second_factor.confirm")
def confirm(request: HttpRequest) -> HttpResponseBase:
    """The first code turns it on: other logins end, the recovery codes are on this answer and never again."""
    made = second_factors.confirm(request.user, request.POST.get("code", ""), now=timezone.now())
    if not made:
        return _show(request, is_wrong_code=True)
    _renew_login(request, has_second_factor=True)
    return _draw(request, "second_factor_codes", codes=made)


@sensitive_post_parameters()
@require_POST
@never_cache
@site_page("second_factor.codes")
def codes(request: HttpRequest) -> HttpResponseBase:
    """New recovery codes, for whoever gives the password."""
    if not _knows_password(request):
        return _show(request, is_wrong_password=True)
    made = second_factors.renew_recovery_codes(request.user, now=timezone.now())
    if not made:
        return redirect("dashboard:second-factor")
    _renew_login(request, has_second_factor=True)
    return _draw(request, "second_factor_codes", codes=made)


@sensitive_post_parameters()
@require_POST
@site_page("second_factor.disable")
def disable(request: HttpRequest) -> HttpResponseBase:
    """Off again, for whoever gives the password; other logins end."""
    if not _knows_password(request):
        return _show(request, is_wrong_password=True)
    if second_factors.disable(request.user, actor=request.user, now=timezone.now()):
        _renew_login(request, has_second_factor=False)
        messages.success(request, "The second factor is off; other logins of yours have ended.")
    return redirect("dashboard:second-factor")


def _show(request: HttpRequest, **found: Any) -> HttpResponse:
    factor = second_factors.waiting(request.user)
    context: dict[str, Any] = {"is_on": second_factors.is_on(request.user), **found}
    if factor:
        address = second_factors.uri(factor, username=request.user.get_username())
        context |= {"secret": second_factors.written_secret(factor), "uri": address, "qr": qr.draw(address)}
    elif context["is_on"]:
        context["codes_left"] = second_factors.recovery_codes_left(request.user)
    return _draw(request, "second_factor", **context)


def _draw(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    context["theme"] = layout.theme_of(request)
    return render(request, f"dashboard/account/{name}.html", context, status=status)


def _knows_password(request: HttpRequest) -> bool:
    return confirmation.knows_password(request, request.POST.get("password", ""))


def _renew_login(request: HttpRequest, *, has_second_factor: bool) -> None:
    """This login gets a new name, all others of the person end."""
    request.session.cycle_key()
    if has_second_factor:
        request.session[SECOND_FACTOR] = True
    else:
        request.session.pop(SECOND_FACTOR, None)
    request.session.save()
    logins.end(request.user, keep=request.session.session_key or "")
