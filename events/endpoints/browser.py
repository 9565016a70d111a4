"""The edges of the first-party browser script: what it counts, and how it is steered."""

import hashlib
from typing import Any

from django.utils.http import parse_etags

from events.endpoints import browser_settings
from events.endpoints.admission.authentication import Refused
from events.endpoints.base import IngestView
from events.endpoints.exchange import Answer
from events.protocols import browser
from events.protocols.contract import Decoded


class BrowserView(IngestView):
    """`POST /api/<project>/browser/?sentry_key=`: page views, events, timings and clicks, text/plain by sendBeacon."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        settings = browser_settings.current(context.project_id)
        return browser.decode(data, context, refuse=browser_settings.refusal(settings, self.environ))


class BrowserConfigView(IngestView):
    """`GET /api/<project>/browser/config.json?sentry_key=`: the switch, consent and shares of `browser_settings`."""

    methods = ("GET", "OPTIONS")

    def get(self) -> Answer:
        if self.key is None:
            raise Refused("No key: send ?sentry_key=.")
        document = browser_settings.published(self.key.project_id)
        etag = f'"{hashlib.sha256(document).hexdigest()[:16]}"'
        is_known = etag in parse_etags(self.environ.get("HTTP_IF_NONE_MATCH", ""))
        cached = f"public, max-age={browser_settings.BROWSER_SECONDS}"
        headers = {"ETag": etag, "Cache-Control": cached}
        return Answer(status=304, headers=headers) if is_known else Answer(document, headers=headers)
