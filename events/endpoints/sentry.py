"""The edges of ingest: what Sentry's SDKs call."""

from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from events.accounts.keys import Key
from events.endpoints.admission import body
from events.endpoints.admission.authentication import PathKeyAuthentication, PlainKeyAuthentication, Refused
from events.endpoints.base import IngestView
from events.protocols import sentry
from events.protocols.contract import Decoded

# The smallest GIF: what a page that sent its error by loading an image expects back.
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


class EnvelopeView(IngestView):
    """`POST /api/<project>/envelope/`: every current SDK; also the target of a tunnel, keyed by the envelope's DSN."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return sentry.decode_envelope(data, context)

    def dsn(self, data: bytes) -> sentry.Dsn | None:
        return sentry.dsn_of(data)


class TunnelView(EnvelopeView):
    """`POST /tunnel/`: the target of an SDK's `tunnel` option; the envelope's DSN says whose it is."""

    def agreed_key(self, request: Request, data: bytes, project_id: int = 0) -> Key:
        dsn = self.dsn(data)
        if dsn is None:
            raise Refused("A tunnelled envelope names its DSN in its header.")
        return super().agreed_key(request, data, dsn.project_id)


class StoreView(IngestView):
    """`POST /api/<project>/store/`: legacy SDKs, one JSON event, also wrapped as they wrap it; an envelope as well.

    `GET ?sentry_data=` is the same from a page of old that could only load an image.
    """

    def get(self, request: Request, project_id: int = 0) -> HttpResponse:
        response = self.post(request, project_id)
        if "image/" in request.META.get("HTTP_ACCEPT", ""):
            response = HttpResponse(PIXEL, content_type="image/gif")
        return response

    def body_of(self, environ: dict[str, Any]) -> bytes:
        if self.request.method == "GET":
            data = _sentry_data(environ.get("QUERY_STRING", ""))
        else:
            data = super().body_of(environ)
            if self.content_type.startswith("application/x-www-form-urlencoded") and b"sentry_data=" in data[:64]:
                data = _sentry_data(data.decode("utf-8", "replace"))
        return body.unwrapped(data, cap=settings.OBS_MAX_DECOMPRESSED_BYTES)

    def decode(self, data: bytes, context: Any) -> Decoded:
        if sentry.is_envelope(data, self.content_type):
            return sentry.decode_envelope(data, context)
        return sentry.decode_store(data, context)

    def dsn(self, data: bytes) -> sentry.Dsn | None:
        return sentry.dsn_of(data) if sentry.is_envelope(data, self.content_type) else None


class StoreByKeyView(StoreView):
    """`POST /api/store/`: the oldest address, which leaves the project to the key."""

    authentication_classes = [PlainKeyAuthentication]

    def agreed_key(self, request: Request, data: bytes, project_id: int = 0) -> Key:
        return super().agreed_key(request, data, request.auth.project_id if request.auth else project_id)


def _sentry_data(query: str) -> bytes:
    sent = parse_qs(query, max_num_fields=50).get("sentry_data", [""])[0]
    # Base64 that nobody quoted arrives with blanks for its plus signs.
    return (sent if sent.lstrip().startswith("{") else sent.replace(" ", "+")).encode("utf-8", "replace")


class CronView(IngestView):
    """`GET` or `POST /api/<project>/cron/<slug>/<key>/?status=`: a check-in by whatever can call an address."""

    authentication_classes = [PathKeyAuthentication]

    def get(self, request: Request, project_id: int, slug: str, public_key: str = "") -> HttpResponse:
        return self.post(request, project_id)

    def post(self, request: Request, project_id: int = 0, slug: str = "", public_key: str = "") -> HttpResponse:
        response = super().post(request, project_id)
        response.status_code = 202
        return response

    def body_of(self, environ: dict[str, Any]) -> bytes:
        return b"" if self.request.method == "GET" else super().body_of(environ)

    def decode(self, data: bytes, context: Any) -> Decoded:
        return sentry.decode_cron(data, self.kwargs["slug"], self.request.query_params, context)


class SecurityView(IngestView):
    """`POST /api/<project>/security/?sentry_key=`: CSP, NEL and Reporting API reports of browsers."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        query = self.request.query_params
        release, environment = query.get("sentry_release", ""), query.get("sentry_environment", "")
        return sentry.decode_security(data, self.content_type, context, release=release, environment=environment)
