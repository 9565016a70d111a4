"""The edges of the first-party browser script: what it counts, and how it is steered."""

import hashlib
from typing import Any

from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from events.endpoints import browser_settings
from events.endpoints.admission.authentication import Refused
from events.endpoints.base import IngestView
from events.protocols import browser
from events.protocols.contract import Decoded


class BrowserView(IngestView):
    """`POST /api/<project>/browser/?sentry_key=`: page views, events, timings and clicks, text/plain by sendBeacon."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        environ = self.request._request.META
        settings = browser_settings.current(context.project_id)
        return browser.decode(data, context, refuse=browser_settings.refusal(settings, environ))


class BrowserConfigView(IngestView):
    """`GET /api/<project>/browser/config.json?sentry_key=`: the switch, consent and shares of `browser_settings`."""

    def get(self, request: Request, project_id: int) -> HttpResponse:
        if request.auth is None:
            raise Refused("No key: send ?sentry_key=.")
        document = browser_settings.published(project_id)
        etag = f'"{hashlib.sha256(document).hexdigest()[:16]}"'
        if etag in parse_etags(request._request.META.get("HTTP_IF_NONE_MATCH", "")):
            response = HttpResponse(status=304)
        else:
            response = HttpResponse(document, content_type="application/json")
        response["ETag"] = etag
        response["Cache-Control"] = f"public, max-age={browser_settings.BROWSER_SECONDS}"
        return response
