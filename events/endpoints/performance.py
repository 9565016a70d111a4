"""The edges of performance data: web vitals, OpenTelemetry, Vercel's scripts, and the plain JSON API."""

from abc import abstractmethod
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views import View
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from events.accounts.keys import Key
from events.endpoints import browser_scripts
from events.endpoints import performance_forms as forms
from events.endpoints.admission.authentication import PlainKeyAuthentication, Refused, plain_key
from events.endpoints.base import IngestView
from events.protocols import otlp, timings, vercel, vitals
from events.protocols.contract import Decoded
from events.protocols.sentry.auth import agreed
from events.protocols.vitals import Page
from events.values import lenient
from events.values.errors import UnsupportedEncoding


class VitalsView(IngestView):
    """`POST /api/<project>/vitals/?sentry_key=`: what Google's web-vitals reports, by sendBeacon or fetch."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return vitals.decode_vitals(data, context, page=page_of(self.request))


def page_of(request: Request) -> Page:
    """What query parameters and the Referer header say about the page that sends."""
    query = request._request.GET
    return Page(
        url=query.get("url", "")[:2000] or request._request.META.get("HTTP_REFERER", "")[:2000],
        release=query.get("release", "")[:200],
        environment=query.get("environment", "")[:64],
    )


class BodyKeyView(IngestView):
    """An endpoint whose sender may name the key in the body, and with it the project."""

    authentication_classes = [PlainKeyAuthentication]

    @abstractmethod
    def key_in(self, data: bytes) -> str | None:
        """The key as the body has it."""

    def agreed_key(self, request: Request, data: bytes, project_id: int) -> Key:
        sent = self.key_in(data)
        named = agreed(request.auth.public_key if request.auth else None, plain_key(sent) if sent else None)
        if named is None:
            raise Refused("No key in the body, the query or the headers.")
        return request.auth or self.admit(request, None, named)


class VercelView(BodyKeyView):
    """What @vercel/analytics and @vercel/speed-insights post through our copies of their scripts, and their servers."""

    takes_vitals = False

    def key_in(self, data: bytes) -> str | None:
        self.sent = vercel.parse(data)
        return vercel.key_of(self.sent)

    def decode(self, data: bytes, context: Any) -> Decoded:
        if self.takes_vitals:
            return vercel.decode_vitals(self.sent, context, page=page_of(self.request))
        return vercel.decode_event(self.sent)


class ScriptView(View):
    """`GET`: a script for other people's pages, the same for all of them."""

    script = ""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        encoding = browser_scripts.preferred(request.headers.get("Accept-Encoding", ""))
        content = browser_scripts.read(self.script, encoding)
        response = HttpResponse(content, content_type="text/javascript; charset=utf-8")
        if encoding:
            response["Content-Encoding"] = encoding
        patch_vary_headers(response, ["Accept-Encoding"])
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        is_pinned = self.script == f"posthog-{kwargs.get('version')}"
        kept: dict[str, Any] = {"max_age": 31_536_000, "immutable": True} if is_pinned else {"max_age": 3600}
        patch_cache_control(response, public=True, **kept)
        return response


class OtlpView(IngestView):
    """`POST …/v1/traces`, `…/v1/metrics`, `…/v1/logs`: OpenTelemetry over HTTP, protobuf or JSON."""

    authentication_classes = [PlainKeyAuthentication]
    signal = ""

    @property
    def is_json(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() == "application/json"

    def decode(self, data: bytes, context: Any) -> Decoded:
        if not self.is_json and not self.content_type.startswith("application/x-protobuf"):
            raise UnsupportedEncoding("Content-Type is application/x-protobuf or application/json", reason="type")
        return otlp.decode(self.signal, data, context, is_json=self.is_json)

    def accepted(self, decoded: Decoded, key: Key) -> HttpResponse:
        return self.answer(otlp.success(self.signal, decoded, is_json=self.is_json), 200)

    def handle_exception(self, exc: Exception) -> Any:
        said = super().handle_exception(exc)
        response = self.answer(otlp.problem(str(said.data.get("detail", "")), is_json=self.is_json), said.status_code)
        for name in ("Retry-After", "X-Sentry-Rate-Limits"):
            if name in said:
                response[name] = said[name]
        return response

    def answer(self, content: bytes, status: int) -> HttpResponse:
        media_type = "application/json" if self.is_json else "application/x-protobuf"
        return HttpResponse(content, status=status, content_type=media_type)


class KeyScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names the ingest key."""

    target_class = PlainKeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-Obs-Key"}


_ANSWERS = {
    200: forms.Taken,
    400: OpenApiResponse(forms.Refusal, "The body is no batch; nothing of it was kept."),
    403: OpenApiResponse(forms.Refusal, "No ingest key, an unknown one, or one that is switched off."),
    413: OpenApiResponse(forms.Refusal, "More than 1,000 items, or too many bytes."),
    415: OpenApiResponse(forms.Refusal, "A Content-Encoding that is not supported."),
    429: OpenApiResponse(forms.Refusal, "Too fast; Retry-After says how long to wait."),
    503: OpenApiResponse(forms.Refusal, "Nothing can be stored now; Retry-After says when to try again."),
}


class BatchView(IngestView):
    """A batch of plain JSON: good items are kept, bad ones are named in the answer."""

    authentication_classes = [PlainKeyAuthentication]

    def accepted(self, decoded: Decoded, key: Key) -> HttpResponse:
        answer = {
            "accepted": sum(item.quantity for item in decoded.items),
            "errors": [{"index": bad.index, "detail": bad.detail} for bad in decoded.refused],
        }
        return HttpResponse(lenient.canonical(answer), content_type="application/json")


class TimingsView(BatchView):
    schema = AutoSchema()

    def decode(self, data: bytes, context: Any) -> Decoded:
        return timings.decode_timings(data, context)

    @extend_schema(operation_id="timings", request=forms.Timings, responses=_ANSWERS)
    def post(self, request: Request, project_id: int = 0) -> HttpResponse | Response:
        """Server timings: up to 1,000 requests that the sender measured itself."""
        return super().post(request, project_id)


class MetricsView(BatchView):
    schema = AutoSchema()

    def decode(self, data: bytes, context: Any) -> Decoded:
        return timings.decode_metrics(data, context)

    @extend_schema(operation_id="metrics", request=forms.Metrics, responses=_ANSWERS)
    def post(self, request: Request, project_id: int = 0) -> HttpResponse | Response:
        """Metrics: up to 1,000 gauges, counters, distributions and histograms."""
        return super().post(request, project_id)
