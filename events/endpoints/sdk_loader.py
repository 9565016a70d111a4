"""The script that loads Sentry's SDK for a page: its address holds the key, so a page needs one tag and no build."""

from functools import cache
from pathlib import Path

from django.conf import settings

from events.accounts import dsn
from events.endpoints.admission import authentication
from events.endpoints.admission.authentication import plain_key
from events.endpoints.base import IngestView
from events.endpoints.exchange import Answer
from events.values import lenient


class LoaderView(IngestView):
    """`GET /js-sdk-loader/<key>.min.js`: loads the bundle at OBS_JS_BUNDLE_URL once the page needs it."""

    methods = ("GET", "OPTIONS")
    project_without_address = None

    def open_doors(self) -> None:
        """Whoever may read the page may read its key: neither an origin nor a rate is asked for."""
        self.key = authentication.usable(None, plain_key(self.arrival.named["public_key"]), now=self.arrival.now)

    def get(self) -> Answer:
        assert self.key is not None
        if not settings.OBS_JS_BUNDLE_URL:
            return self.problem(404, "No bundle is named: OBS_JS_BUNDLE_URL says which SDK is loaded.")
        config = {
            "bundle": settings.OBS_JS_BUNDLE_URL,
            "dsn": dsn.written(self.key.public_key, self.key.project_id, base_url=settings.OBS_PUBLIC_URL),
        }
        headers = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
        content = _source().replace(b"/*CONFIG*/", lenient.canonical(config))
        return Answer(content, content_type="text/javascript; charset=utf-8", headers=headers)


@cache
def _source() -> bytes:
    return (Path(__file__).parent / "loader.js").read_bytes()
