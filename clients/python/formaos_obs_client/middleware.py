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
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connections
from django.db.backends.signals import connection_created
from formaos_obs_client.sender import Sender

# A proxy's clock may be a little ahead; a request does not queue for an hour.
LONGEST_QUEUE_MS = 3_600_000.0
HEX = frozenset("0123456789abcdef")

# Nanoseconds of each query of the request at hand. The threads of an asynchronous request see copies of its context,
# and in them this very list, to which several may append at once.
queries: ContextVar[list[int] | None] = ContextVar("formaos_obs_queries", default=None)


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
        # Connections belong to threads, and asynchronous servers make some for each request: they are met as they open.
        connection_created.connect(watch, dispatch_uid="formaos_obs_client")
        for connection in connections.all(initialized_only=True):
            watch(connection)

    def __call__(self, request: Any) -> Any:
        if self.is_async:
            return self.acall(request)
        clock = Clock(request)
        status = 500
        try:
            response = self.get_response(request)
            status = response.status_code
            return response
        finally:
            clock.stop(self.sender, status)

    async def acall(self, request: Any) -> Any:
        clock = Clock(request)
        status = 500
        try:
            response = await self.get_response(request)
            status = response.status_code
            return response
        finally:
            clock.stop(self.sender, status)


def watch(connection: Any, **signal: Any) -> None:
    """Have the queries of a connection timed from now on."""
    # First of all, because Django takes the last one off when the block of an `execute_wrapper` ends.
    if timed not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, timed)


def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """What the query returns; its time is noted where it runs for a request."""
    noted = queries.get()
    if noted is None:
        return execute(sql, params, many, context)
    started = time.perf_counter_ns()
    try:
        return execute(sql, params, many, context)
    finally:
        noted.append(time.perf_counter_ns() - started)


class Clock:
    """The measuring of one request."""

    __slots__ = ("at", "outer", "queries", "request", "started_ns")

    def __init__(self, request: Any) -> None:
        self.request = request
        self.queries: list[int] = []
        self.outer = queries.set(self.queries)
        self.at = time.time()
        self.started_ns = time.perf_counter_ns()

    def stop(self, sender: Sender, status: int) -> None:
        """Note no more queries and queue the timing."""
        took_ns = time.perf_counter_ns() - self.started_ns
        with suppress(Exception):
            queries.reset(self.outer)
        with suppress(Exception):
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
            "db_ms": sum(self.queries) / 1e6,
            "db_count": len(self.queries),
        }
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
