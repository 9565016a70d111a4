"""The short way in for ingest: no session, no cookies, no CSRF, no page headers, because its requests have none."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

import re2
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, get_resolver

# Addresses whose sender names the project by a key in the body or a header.
WITHOUT_PROJECT = (
    "/tunnel/", "/otlp/", "/_vercel/", "/v1/", "/api/v1/timings/", "/api/v1/metrics/", "/api/v1/events/", "/e/", "/i/",
    "/batch", "/capture", "/track", "/engage", "/s/", "/api/store/", "/js-sdk-loader/", "/api/event", "/api/send",
    "/beacon/", "/sourceConfig", "/js/", "/script.js",
)  # fmt: skip

# What Django's middleware would add to an answer that no page is; also where ALLOWED_HOSTS refuses one.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_UNKNOWN_HOST = "This server does not answer to that host name; ALLOWED_HOSTS lists those it does."

_SLASHES = re2.compile(r"/{2,}")
Respond = Callable[[HttpRequest], HttpResponseBase]


class Shortcut(ABC):
    """Answers the addresses of one list itself, without a session or a form; `is_meant` says which are worth a look."""

    urls: ClassVar[str]

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.resolver = get_resolver(self.urls)

    @staticmethod
    @abstractmethod
    def is_meant(path: str) -> bool:
        """Whether `path` is worth resolving."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self.is_meant(request.path_info):
            return self.get_response(request)
        match = self.resolved(request.path_info)
        if match is None:
            return self.get_response(request)
        if not is_known_host(request.META):
            return refused()
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return hardened(response)

    def resolved(self, path: str) -> ResolverMatch | None:
        """Who answers `path`; None where nobody of the list does."""
        try:
            return self.resolver.resolve(path)
        except Resolver404:
            return None


class IngestShortcut(Shortcut):
    """Stands first; bench/ingest.py says what that saves."""

    urls = "events.urls"

    @staticmethod
    def is_meant(path: str) -> bool:
        return may_be_ingest(path)

    def resolved(self, path: str) -> ResolverMatch | None:
        """Also with slashes too many, as a DSN that ends in one makes them, and without the last: who sends does not
        follow a redirect with its body."""
        return super().resolved(path) or super().resolved(_SLASHES.sub("/", f"{path}/"))


_HOST = ("HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "SERVER_NAME", "SERVER_PORT")


def is_known_host(environ: Mapping[str, Any]) -> bool:
    """Whether ALLOWED_HOSTS has the host that a request names."""
    return _is_known_host(tuple(environ.get(name, "") for name in _HOST), tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=256)
def _is_known_host(named: tuple[str, ...], allowed: tuple[str, ...]) -> bool:
    """Kept by what decides it, since Django takes as long for it as for all the rest of the way in."""
    request = HttpRequest()
    request.META = {name: value for name, value in zip(_HOST, named, strict=True) if value}
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def hardened(response: HttpResponse) -> HttpResponse:
    """The answer with the headers that forbid a browser to take it for anything else."""
    for name, value in headers().items():
        response.headers.setdefault(name, value)
    return response


def headers() -> dict[str, str]:
    """What every answer of ingest carries besides its own."""
    if not settings.SECURE_HSTS_SECONDS:
        return HEADERS
    return {
        **HEADERS,
        "Strict-Transport-Security": f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload",
    }


def refused() -> HttpResponse:
    """The answer to a request for another host name, readable for the page whose SDK sent it."""
    response = JsonResponse({"detail": _UNKNOWN_HOST}, status=400)
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Sentry-Error"] = _UNKNOWN_HOST
    return hardened(response)


def may_be_ingest(path: str) -> bool:
    """Whether `path` is worth resolving among ingest addresses: `/api/<number>/…`, or one without a project."""
    if "//" in path:
        path = _SLASHES.sub("/", path)
    of_project = path.startswith("/api/") and path[5:6].isdigit() and path[5:7] != "0/"
    return of_project or f"{path}/".startswith(WITHOUT_PROJECT)


def may_carry_files(path: str) -> bool:
    """Whether an address of ingest takes files: envelopes, tunnelled or not, and attachments by themselves."""
    return path.rstrip("/").endswith(("/envelope", "/attachments")) or path.lstrip("/").startswith("tunnel/")
