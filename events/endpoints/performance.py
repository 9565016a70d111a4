"""The edges of performance data: web vitals, OpenTelemetry, Vercel's scripts, and the plain JSON API."""

from abc import abstractmethod
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.views import View

from events.accounts.keys import Key
from events.endpoints import browser_scripts
from events.endpoints.admission import authentication
from events.endpoints.admission.authentication import Refused, plain_key
from events.endpoints.base import IngestView
from events.endpoints.browser_settings import objects
from events.endpoints.exchange import Answer
from events.protocols import otlp, timings, vercel, vitals
from events.protocols.contract import Decoded
from events.protocols.contract import Refused as RefusedItem
from events.protocols.product import canonical
from events.protocols.product import vercel as product_events
from events.protocols.sentry.auth import agreed
from events.protocols.vitals import Page
from events.values import lenient
from events.values.errors import UnsupportedEncoding


class VitalsView(IngestView):
    """`POST /api/<project>/vitals/?sentry_key=`: what Google's web-vitals reports, by sendBeacon or fetch."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return vitals.decode_vitals(data, context, page=page_of(self))


def page_of(view: IngestView) -> Page:
    """What query parameters and the Referer header say about the page that sends."""
    query = view.query
    return Page(
        url=query.get("url", "")[:2000] or view.environ.get("HTTP_REFERER", "")[:2000],
        release=query.get("release", "")[:200],
        environment=query.get("environment", "")[:64],
    )


class PlainKeyView(IngestView):
    """An endpoint that takes a key as it is, in headers of its own; the key alone may name its project."""

    project_without_address = None

    def find_key(self) -> str | None:
        return authentication.key_of_any(self.environ)


class BodyKeyView(PlainKeyView):
    """An endpoint whose sender may name the key in the body, and with it the project."""

    @abstractmethod
    def key_in(self, data: bytes) -> str | None:
        """The key as the body has it."""

    def agreed_key(self, data: bytes, project_id: int) -> Key:
        sent = self.key_in(data)
        named = agreed(self.key.public_key if self.key else None, plain_key(sent) if sent else None)
        if named is None:
            raise Refused("No key in the body, the query or the headers.")
        return self.key or self.admit(None, named)


class MirroringView(BodyKeyView):
    """An endpoint whose senders expect their origin in the answer, and any header they ask for let in."""

    def cross_origin(self) -> dict[str, str]:
        headers = super().cross_origin()
        origin = self.environ.get("HTTP_ORIGIN", "")
        if origin:
            headers |= {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Credentials": "true",
                "Vary": "Origin",
            }
        return headers

    def preflight(self) -> Answer:
        answer = super().preflight()
        asked = self.environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
        if asked:
            answer.headers["Access-Control-Allow-Headers"] = asked[:500]
        return answer


class VercelView(BodyKeyView):
    """What @vercel/analytics and @vercel/speed-insights post through our copies of their scripts, and their servers."""

    takes_vitals = False

    def key_in(self, data: bytes) -> str | None:
        self.sent = vercel.parse(data)
        return vercel.key_of(self.sent)

    def decode(self, data: bytes, context: Any) -> Decoded:
        if self.takes_vitals:
            return vercel.decode_vitals(self.sent, context, page=page_of(self))
        if objects(self.environ):
            return Decoded(refused=(RefusedItem(canonical.KIND, "filtered", "visitor_objects"),))
        return product_events.decode(self.sent, context)


class ScriptView(View):
    """`GET`: a script for other people's pages, the same for all of them."""

    script = ""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase | None:
        encoding = browser_scripts.preferred(request.headers.get("Accept-Encoding", ""))
        content = browser_scripts.read(self.script, encoding)
        response = HttpResponse(content, content_type="text/javascript; charset=utf-8")
        if encoding:
            response["Content-Encoding"] = encoding
        etag = response["ETag"] = browser_scripts.etag(self.script, encoding)
        patch_vary_headers(response, ["Accept-Encoding"])
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        is_pinned = self.script == f"posthog-{kwargs.get('version')}"
        kept: dict[str, Any] = {"max_age": 31_536_000, "immutable": True} if is_pinned else {"max_age": 3600}
        patch_cache_control(response, public=True, **kept)
        return get_conditional_response(request, etag=etag, response=response)


class OtlpView(PlainKeyView):
    """`POST …/v1/traces`, `…/v1/metrics`, `…/v1/logs`: OpenTelemetry over HTTP, protobuf or JSON."""

    signal = ""

    @property
    def is_json(self) -> bool:
        return self._kind == "application/json"

    @property
    def _kind(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    def decode(self, data: bytes, context: Any) -> Decoded:
        if not self.is_json and self._kind not in ("application/x-protobuf", "application/protobuf"):
            raise UnsupportedEncoding("Content-Type is application/x-protobuf or application/json", reason="type")
        return otlp.decode(self.signal, data, context, is_json=self.is_json)

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        return self._answer(otlp.success(self.signal, decoded, is_json=self.is_json), 200)

    def problem(self, status: int, detail: str) -> Answer:
        return self._answer(otlp.problem(status, detail, is_json=self.is_json), status)

    def _answer(self, content: bytes, status: int) -> Answer:
        return Answer(content, status, "application/json" if self.is_json else "application/x-protobuf")


class BatchView(PlainKeyView):
    """A batch of plain JSON: good items are kept, bad ones are named in the answer."""

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        answer = {
            "accepted": sum(item.quantity for item in decoded.items),
            "errors": [{"index": bad.index, "detail": bad.detail} for bad in decoded.refused],
        }
        return Answer(lenient.canonical(answer))


class TimingsView(BatchView):
    """`POST /api/v1/timings/`: up to 1,000 requests that the sender measured itself."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return timings.decode_timings(data, context)


class MetricsView(BatchView):
    """`POST /api/v1/metrics/`: up to 1,000 gauges, counters, distributions and histograms."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return timings.decode_metrics(data, context)
