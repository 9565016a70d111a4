"""The threads of ingest: they pass by Django's handler, and answer what waits together in one go."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import close_old_connections
from django.urls import Resolver404, get_resolver

from events.endpoints import middleware
from events.endpoints.base import IngestView, respond
from events.endpoints.exchange import Arrival
from formaos_obs.front.requests import Answer, Request

logger = logging.getLogger(__name__)

# Requests that share a transaction; more would wait longer for each other than they save.
TOGETHER = 8
_FAILED = Answer(500, [("Content-Type", "text/plain")], b"The server failed.\n")


class Ingest:
    """`count` threads and what waits for them. What is at an address of ingest and no endpoint goes to `other`."""

    def __init__(
        self, count: int, *, other: Callable[[Request], None], call_soon: Callable[..., Any], urls: str = "events.urls"
    ) -> None:
        self.count = count
        self.urls = urls
        self.other = other
        self.call_soon = call_soon
        self._queue: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._is_started = False

    def submit(self, request: Request) -> None:
        """Have a thread answer; called by the event loop alone."""
        if not self._is_started:
            self._is_started = True
            for number in range(self.count):
                threading.Thread(target=self._run, name=f"{self.urls.partition('.')[0]}-{number}", daemon=True).start()
        self._queue.put(request)

    def _run(self) -> None:
        while True:
            requests = [self._queue.get()]
            try:
                while len(requests) < TOGETHER:
                    requests.append(self._queue.get_nowait())
            except queue.Empty:
                pass
            try:
                answered = self._answered(requests)
            except Exception:
                logger.exception("Ingest requests failed")
                answered = [(request, _FAILED) for request in requests]
            with suppress(RuntimeError):  # the loop has ended, and nobody is there to be answered
                self.call_soon(_finish, answered)

    def _answered(self, requests: Sequence[Request]) -> list[tuple[Request, Answer]]:
        """The answers of all that are for an endpoint; the others answer themselves."""
        taken: list[Request] = []
        views: list[IngestView] = []
        for request in requests:
            found = _endpoint(self.urls, request.path)
            # What is no endpoint, and what is sent to a foreign host name, goes the long way and is answered there.
            if found is None or not middleware.is_known_host(request.environ):
                self.other(request)
                continue
            view_class, named = found
            taken.append(request)
            views.append(view_class(Arrival(request.environ, named, datetime.now(UTC), _body(request))))
        said = respond(views)
        close_old_connections()
        common = middleware.headers()
        return [
            (
                request,
                Answer(
                    one.status, list({"Content-Type": one.content_type, **common, **one.headers}.items()), one.content
                ),
            )
            for request, one in zip(taken, said, strict=True)
        ]


@lru_cache(maxsize=1024)
def _endpoint(urls: str, path: str) -> tuple[type[IngestView], dict[str, Any]] | None:
    """The endpoint at a path, and what the path names; None for any other view, and none."""
    try:
        match = get_resolver(urls).resolve(path)
    except Resolver404:
        return None
    view_class: type = getattr(match.func, "view_class", object)
    return (view_class, match.kwargs) if issubclass(view_class, IngestView) else None


def _body(request: Request) -> Callable[[], bytes]:
    return lambda: request.body


def _finish(answered: list[tuple[Request, Answer]]) -> None:
    for request, answer in answered:
        request.client.finish(request, answer)
