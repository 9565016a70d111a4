"""The short ways past sessions and pages: to the health addresses, for flags, and for the pings of jobs."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from analytics.urls import DEFINED, may_be_evaluated
from events.endpoints.middleware import Shortcut, hardened
from formaos_obs import health, stores

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


class LivingConnections:
    """Lets a page begin with a connection that works; stands below the static files, which need none.

    Events take no such turn: they have the spool.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        stores.drop_dead_connections()
        return self.get_response(request)


class PingShortcut(Shortcut):
    """Answers the pings of jobs, which have neither a session nor a form."""

    urls = "alerts.urls"

    @staticmethod
    def is_meant(path: str) -> bool:
        return path.startswith("/ping/")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self.is_meant(request.path_info):
            stores.drop_dead_connections()  # a ping comes once, and has no spool
        return super().__call__(request)


class FlagShortcut(Shortcut):
    """Answers what SDKs ask of flags, which have neither a session nor a form."""

    urls = "analytics.urls"

    @staticmethod
    def is_meant(path: str) -> bool:
        return may_be_evaluated(path) or path.startswith(DEFINED)
