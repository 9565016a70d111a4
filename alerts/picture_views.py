"""The edge of pictures: Slack fetches the chart of a message, by an address that is signed and expires."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from alerts.delivery import pictures
from events.endpoints.admission.buckets import buckets
from events.values import addresses

logger = logging.getLogger(__name__)
PER_MINUTE = 60  # by network; Slack fetches each picture once or twice
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """The PNG and nothing else; a forged, old or unknown address is told no more than that there is nothing."""
    wait = buckets.take(f"picture:{addresses.of_request(request)}", rate_per_minute=PER_MINUTE)
    if wait:
        headers = {**HEADERS, "Retry-After": str(int(wait) + 1)}
        return HttpResponse("Too many.\n", status=429, content_type="text/plain", headers=headers)
    drawn = pictures.of_token(token)
    logger.info("A picture was asked for: %s", "drawn" if drawn else "nothing there")
    if not drawn:
        return HttpResponse("Not found.\n", status=404, content_type="text/plain", headers=HEADERS)
    return HttpResponse(drawn, content_type="image/png", headers=HEADERS)
