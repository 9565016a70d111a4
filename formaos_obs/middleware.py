"""The short ways past sessions and pages: to the health addresses, and for the pings of jobs."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver

from events.endpoints.middleware import hardened, is_known_host, refused
from formaos_obs import health

VIEWS = {"/healthz": health.healthz, "/readyz": health.readyz, "/metrics": health.metrics}


class HealthShortcut:
    """Answers a probe, which asks a pod or a container by its address, for whatever host it names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = VIEWS.get(request.path_info)
        if view is None:
            return self.get_response(request)
        response = hardened(view(request))
        response.headers["Cache-Control"] = "no-store"
        return response


class PingShortcut:
    """Answers the pings of jobs, which have neither a session nor a form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.resolver = get_resolver("alerts.urls")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/ping/"):
            return self.get_response(request)
        try:
            match = self.resolver.resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        if not is_known_host(request.META):
            return refused()
        request.resolver_match = match
        return hardened(match.func(request, *match.args, **match.kwargs))
