"""How long a login lasts (half an hour without a request, half a day in all), whether it needs a second factor, and
that nobody keeps what it showed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from dashboard.access import guard
from events.values import addresses, browsers

IDLE = timedelta(minutes=30)
# A request only writes the session when it was last noted this long ago.
_NOTED_EVERY = timedelta(minutes=1)
BEGAN, SEEN = "obs_began", "obs_seen"
# Of where a login is used, for the list of one's own: families of browser and device, and the network.
DEVICE, NETWORK = "obs_device", "obs_network"
# Set in a session that was begun, or confirmed, with a second factor.
SECOND_FACTOR = "obs_second_factor"
# All that staff without a second factor may do where one is required.
_ENROLMENT = {"second-factor", "second-factor-begin", "second-factor-confirm", "logout", "theme", "side-bar", "zone"}
# A page that asks for news by itself is no sign of a person.
_POLLS = ("/pulse.json", "/setup/state.json", "/presence.json", "/logs/tail/")


class KeptByNobody:
    """Forbids browsers and proxies to keep any page, table or file: all that passes here is for one person.

    Stands below the static files; the scripts that any page may load say themselves that they are public.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.headers.get("Cache-Control", "").startswith("public"):
            response.headers["Cache-Control"] = "private, no-store"
        return response


class SessionLimits:
    """Logs out whoever has been idle, or logged in, for too long; stands behind AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _limit(request, now=timezone.now().timestamp())
        return self.get_response(request)


class SecondFactorRequired:
    """Sends staff who have no second factor to its enrolment, where OBS_REQUIRE_TOTP says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """The way to the enrolment, or nothing: an address is looked at before its view."""
        if not settings.OBS_REQUIRE_TOTP or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if not request.user.is_staff or SECOND_FACTOR in request.session:
            return None
        match = request.resolver_match
        if match and match.app_name == "dashboard" and match.url_name in _ENROLMENT:
            return None
        guard.note_refusal(request, reason="second factor", status=302)
        return redirect("dashboard:second-factor")


def _limit(request: HttpRequest, *, now: float) -> None:
    session = request.session
    began, seen = session.get(BEGAN, now), session.get(SEEN, now)
    if is_over(began=began, seen=seen, now=now):
        logout(request)
        return
    is_news = BEGAN not in session or now - seen >= _NOTED_EVERY.total_seconds()
    asks_by_itself = request.path.endswith(_POLLS) or "wall" in request.GET
    if is_news and not asks_by_itself:
        session[BEGAN], session[SEEN] = began, now
        session[DEVICE] = browsers.label(request.headers.get("User-Agent", ""))
        session[NETWORK] = addresses.cut(addresses.of_request(request))


def is_over(*, began: float, seen: float, now: float) -> bool:
    """Whether a login that began and was last used then has ended; seconds since 1970."""
    return now - seen >= IDLE.total_seconds() or now - began >= settings.SESSION_COOKIE_AGE
