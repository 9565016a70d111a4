"""In which zone somebody reads times."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.frame import redirects
from dashboard.reading import zones
from dashboard.reading.zones import Zone

_YEAR = 31_536_000


@require_POST
def zone(request: HttpRequest) -> HttpResponse:
    """Keeps the chosen zone in a cookie, or leaves it to the browser; the page it came from is shown again."""
    response = redirect(redirects.safe_next(request))
    wanted = request.POST.get("zone", "")
    if wanted in zones.names():
        value = Zone(wanted, is_chosen=True).cookie
        response.set_cookie(zones.COOKIE, value, max_age=_YEAR, samesite="Lax", secure=settings.OBS_HTTPS)
    elif not wanted:
        # What was chosen goes; until zone.js says what the browser has, the zone stays as it is.
        value = Zone(zones.current().name).cookie
        response.set_cookie(zones.COOKIE, value, max_age=_YEAR, samesite="Lax", secure=settings.OBS_HTTPS)
    return response


def forget_choice(response: HttpResponse) -> HttpResponse:
    """The same answer, which ends what was chosen for this browser alone: what is newer counts."""
    if zones.current().is_chosen:
        value = Zone(zones.current().name).cookie
        response.set_cookie(zones.COOKIE, value, max_age=_YEAR, samesite="Lax", secure=settings.OBS_HTTPS)
    return response


def choices() -> dict[str, Any]:
    """What the form needs."""
    return {"zones": zones.names(), "zone": zones.current()}
