"""How a log line is written: scrubbed, on one line, with the route of a request and never its path."""

import logging
import traceback
from typing import Any, TypeVar

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from events.scrubbing import scrub_text

LIMIT = 16_384
_ESCAPES = {number: f"\\x{number:02x}" for number in (*range(32), 127, 0x85)} | {10: "\\n", 13: "\\r", 9: "\\t"}
_ESCAPES |= {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Formatter(logging.Formatter):
    """One record, one line: secrets replaced, control characters and line ends escaped, at most LIMIT characters."""

    default_msec_format = "%s.%03dZ"
    default_time_format = "%Y-%m-%dT%H:%M:%S"

    def format(self, record: logging.LogRecord) -> str:
        return scrub_text(super().format(record)[:LIMIT]).translate(_ESCAPES)


Told = TypeVar("Told")
NO_ROUTE = "(no route)"
# A part of a path that may be a secret: nothing that a person typed to be read is this long and without a break.
_SECRET_LENGTH = 16


def route_of(path: str) -> str:
    """The pattern that `path` matches, as in `/share/<str:token>/`; for a path of nobody NO_ROUTE."""
    try:
        return f"/{resolve(path).route}"
    except Resolver404:
        return NO_ROUTE


class RouteNames(logging.Filter):
    """Puts the route in the place of the path in what is said of a request.

    A path may be a secret: that of a share link is, and that of one with a typing error, which no route matches. It
    stands at the loggers that name requests, before handlers and sentry-sdk's own see the record.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            path = request.path
            written = {path, path.encode("unicode_escape").decode("ascii"), request.get_full_path()}
            if isinstance(record.args, tuple):
                match = request.resolver_match
                route = f"/{match.route}" if match else route_of(request.path_info)
                record.args = tuple(route if isinstance(arg, str) and arg in written else arg for arg in record.args)
            if record.exc_info and record.exc_info[0] is not None:
                record.exc_text = without(path, "".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        return True


def without(path: str, told: Told) -> Told:
    """`told`, a text or a tree of texts, without the parts of `path` that may be secrets."""
    parts = [part for part in path.split("/") if len(part) >= _SECRET_LENGTH]
    # What a route ends with (`<str:token>.png`) is no part of what it names.
    parts += [stem for part in parts if len(stem := part.rpartition(".")[0]) >= _SECRET_LENGTH]
    return _replaced(told, parts) if parts else told


def _replaced(value: Any, parts: list[str]) -> Any:
    match value:
        case str():
            for part in parts:
                value = value.replace(part, "[path]")
        case dict():
            return {key: _replaced(item, parts) for key, item in value.items()}
        case list() | tuple():
            return [_replaced(item, parts) for item in value]
    return value
