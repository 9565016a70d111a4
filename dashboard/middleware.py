"""How long a login lasts: half an hour without a request, half a day in all."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

IDLE = timedelta(minutes=30)
# A request only writes the session when it was last noted this long ago.
_NOTED_EVERY = timedelta(minutes=1)
_BEGAN, _SEEN = "obs_began", "obs_seen"
# A page that asks for news by itself is no sign of a person.
_POLLS = ("/pulse.json",)


class SessionLimits:
    """Logs out whoever has been idle, or logged in, for too long; stands behind AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _limit(request, now=timezone.now().timestamp())
        return self.get_response(request)


def _limit(request: HttpRequest, *, now: float) -> None:
    session = request.session
    began, seen = session.get(_BEGAN, now), session.get(_SEEN, now)
    if is_over(began=began, seen=seen, now=now):
        logout(request)
        return
    is_news = _BEGAN not in session or now - seen >= _NOTED_EVERY.total_seconds()
    if is_news and not request.path.endswith(_POLLS):
        session[_BEGAN], session[_SEEN] = began, now


def is_over(*, began: float, seen: float, now: float) -> bool:
    """Whether a login that began and was last used then has ended; seconds since 1970."""
    return now - seen >= IDLE.total_seconds() or now - began >= settings.SESSION_COOKIE_AGE
