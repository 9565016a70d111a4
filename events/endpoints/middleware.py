"""The short way in for ingest: no session, no cookies, no CSRF, no page headers, because its requests have none."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver

# Addresses whose sender names the project by a key in the body or a header.
WITHOUT_PROJECT = (
    "/tunnel/", "/otlp/", "/_vercel/", "/v1/vitals", "/api/v1/timings/", "/api/v1/metrics/", "/e/", "/i/v0/e/",
    "/batch", "/flags", "/decide", "/array/", "/api/store/",
)  # fmt: skip

Respond = Callable[[HttpRequest], HttpResponseBase]


class IngestShortcut:
    """Stands first and answers the addresses of `events.urls` itself; bench/ingest.py says what that saves."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.resolver = get_resolver("events.urls")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not may_be_ingest(request.path_info):
            return self.get_response(request)
        try:
            match = self.resolver.resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def may_be_ingest(path: str) -> bool:
    """Whether `path` is worth resolving among ingest addresses: `/api/<number>/…`, or one without a project."""
    return (path.startswith("/api/") and path[5:6].isdigit() and path[5:7] != "0/") or path.startswith(WITHOUT_PROJECT)
