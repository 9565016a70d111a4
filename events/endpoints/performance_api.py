"""The plain JSON API as the OpenAPI document has it; `performance` and `product` answer its requests."""

from django.http import Http404
from django.urls import URLPattern, path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from events.endpoints import performance_forms as forms

_ANSWERS = {
    200: forms.Taken,
    400: OpenApiResponse(forms.Refusal, "The body is no batch; nothing of it was kept."),
    403: OpenApiResponse(forms.Refusal, "No ingest key, an unknown one, or one that is switched off."),
    413: OpenApiResponse(forms.Refusal, "More than 1,000 items, or too many bytes."),
    415: OpenApiResponse(forms.Refusal, "A Content-Encoding that is not supported."),
    429: OpenApiResponse(forms.Refusal, "Too fast; Retry-After says how long to wait."),
    503: OpenApiResponse(forms.Refusal, "Nothing can be stored now; Retry-After says when to try again."),
}


_ELSEWHERE = "the addresses of ingest lead to the endpoint that answers"


class Key(BaseAuthentication):
    """An ingest key, for the document."""


class KeyScheme(OpenApiAuthenticationExtension):
    """How the document names it."""

    target_class = Key
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-Obs-Key"}


class _Documented(APIView):
    authentication_classes = [Key]
    schema = AutoSchema()


class Timings(_Documented):
    @extend_schema(operation_id="timings", request=forms.Timings, responses=_ANSWERS)
    def post(self, request: Request) -> Response:
        """Server timings: up to 1,000 requests that the sender measured itself."""
        raise Http404(_ELSEWHERE)


class Metrics(_Documented):
    @extend_schema(operation_id="metrics", request=forms.Metrics, responses=_ANSWERS)
    def post(self, request: Request) -> Response:
        """Metrics: up to 1,000 gauges, counters, distributions and histograms."""
        raise Http404(_ELSEWHERE)


class Events(_Documented):
    @extend_schema(
        operation_id="events",
        request=forms.Events,
        responses=_ANSWERS | {400: OpenApiResponse(forms.Taken, "Not one event of the body can be kept.")},
    )
    def post(self, request: Request) -> Response:
        """Product events: up to 1,000, or one by itself."""
        raise Http404(_ELSEWHERE)


# Only for the document: `performance_urls` and `product.urls` lead to the endpoints themselves.
urlpatterns: list[URLPattern] = [
    path("api/v1/timings/", Timings.as_view()),
    path("api/v1/metrics/", Metrics.as_view()),
    path("api/v1/events/", Events.as_view()),
]
