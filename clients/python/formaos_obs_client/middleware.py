"""Django middleware that times each request: duration, time in the queue, database, status and route.

    MIDDLEWARE = ["formaos_obs_client.Middleware", ...]    # first, so that it times the others as well
    OBS_DSN = "https://<key>@obs.example/<project>"         # without it the middleware takes itself out
    OBS_RELEASE, OBS_ENVIRONMENT, OBS_SERVICE               # optional

Routes are templates ("/orders/<int:pk>/"), never addresses; no header, address, user, query or body is looked at,
but `X-Request-Start` (when the proxy took the request) and `traceparent` (the trace it belongs to).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connections
from formaos_obs_client.sender import Sender

# A proxy's clock may be a little ahead; a request does not queue for an hour.
LONGEST_QUEUE_MS = 3_600_000.0
HEX = frozenset("0123456789abcdef")


class Middleware:
    """Works under WSGI and ASGI; an error of its own is swallowed, one of the application passes."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any], sender: Sender | None = None) -> None:
        self.get_response = get_response
        self.sender = sender or Sender(
            getattr(settings, "OBS_DSN", "") or "",
            release=getattr(settings, "OBS_RELEASE", "") or "",
            environment=getattr(settings, "OBS_ENVIRONMENT", "") or "",
            service=getattr(settings, "OBS_SERVICE", "") or "",
        )
        if not self.sender.is_on:
            raise MiddlewareNotUsed("OBS_DSN is not set")
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if self.is_async:
            return self.acall(request)
        clock = Clock(request, counts_queries=True)
        status = 500
        try:
            response = self.get_response(request)
            status = response.status_code
            return response
        finally:
            clock.stop(self.sender, status)

    async def acall(self, request: Any) -> Any:
        # Queries of asynchronous code run on connections of other threads, which cannot be told apart by request.
        clock = Clock(request, counts_queries=False)
        status = 500
        try:
            response = await self.get_response(request)
            status = response.status_code
            return response
        finally:
            clock.stop(self.sender, status)


class Clock:
    """The measuring of one request; `query` is wrapped around each of its queries."""

    __slots__ = ("at", "connections", "db_count", "db_ns", "query", "request", "started_ns")

    def __init__(self, request: Any, *, counts_queries: bool) -> None:
        self.request = request
        self.db_count = self.db_ns = 0
        self.query = self._query  # one object, by which it is found again
        self.connections: list[Any] | None = None
        if counts_queries:
            with suppress(Exception):
                self.connections = connections.all()
                for connection in self.connections:
                    connection.execute_wrappers.append(self.query)
        self.at = time.time()
        self.started_ns = time.perf_counter_ns()

    def _query(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter_ns()
        try:
            return execute(sql, params, many, context)
        finally:
            self.db_ns += time.perf_counter_ns() - started
            self.db_count += 1

    def stop(self, sender: Sender, status: int) -> None:
        """Take the wrappers off and queue the timing."""
        took_ns = time.perf_counter_ns() - self.started_ns
        with suppress(Exception):
            for connection in self.connections or ():
                with suppress(ValueError):
                    connection.execute_wrappers.remove(self.query)
            sender.put(self.timing(took_ns, status))

    def timing(self, took_ns: int, status: int) -> dict[str, Any]:
        """What the server is told, in the words of its `/api/v1/timings/`."""
        match = self.request.resolver_match
        timing = {
            "route": f"/{match.route}" if match is not None else "(no route)",
            "method": self.request.method,
            "status": status,
            "timestamp": self.at,
            "duration_ms": took_ns / 1e6,
        }
        if self.connections is not None:
            timing |= {"db_ms": self.db_ns / 1e6, "db_count": self.db_count}
        meta = self.request.META
        if "HTTP_X_REQUEST_START" in meta:
            timing["queue_ms"] = queue_ms(meta["HTTP_X_REQUEST_START"], self.at)
        if "HTTP_TRACEPARENT" in meta:
            timing["trace_id"] = trace_id(meta["HTTP_TRACEPARENT"])
        return timing


def queue_ms(header: str, now: float) -> float | None:
    """Milliseconds since `X-Request-Start`, which is seconds, milliseconds or microseconds, with or without "t="."""
    try:
        sent = float(header.removeprefix("t="))
    except ValueError:
        return None
    # Seconds have ten digits until the year 2286.
    sent = sent / 1e6 if sent > 1e14 else sent / 1e3 if sent > 1e11 else sent
    waited = (now - sent) * 1000
    return waited if 0 <= waited <= LONGEST_QUEUE_MS else None


def trace_id(header: str) -> str | None:
    """The trace of a W3C `traceparent`."""
    parts = header.split("-")
    return parts[1] if len(parts) >= 4 and len(parts[1]) == 32 and HEX.issuperset(parts[1]) else None
