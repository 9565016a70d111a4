"""What a request ended with, as an HTTP code: from codes and words, in every place where SDKs put them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Codes of HTTP by name of the attribute, today's convention first.
HTTP = (
    "http.response.status_code", "http.status_code", "http.response_status_code", "response.status_code", "status_code",
    "http.status",
)  # fmt: skip
# Codes of remote calls: gRPC's numbers and names, in today's and older words of OpenTelemetry, and Connect's.
REMOTE = (
    "rpc.response.status_code", "rpc.grpc.status_code", "grpc.status_code", "grpc.code", "rpc.status_code",
    "rpc.connect_rpc.error_code",
)  # fmt: skip
# JSON-RPC's own codes (jsonrpc.org, 5.1), those of the request's fault with a code of HTTP.
_JSON_RPC = ("rpc.jsonrpc.error_code", "jsonrpc.error_code")
_JSON_RPC_CODES = {"-32700": 400, "-32600": 400, "-32601": 404, "-32602": 400}
# Sentry's words and gRPC's names for one list of statuses (google.rpc.Code), in the order of their numbers, with the
# codes of HTTP that each stands for. None says nothing of success or failure.
_CODES: tuple[tuple[str, int | None], ...] = (
    ("ok", 200), ("cancelled", 499), ("unknown", None), ("invalid_argument", 400), ("deadline_exceeded", 504),
    ("not_found", 404), ("already_exists", 409), ("permission_denied", 403), ("resource_exhausted", 429),
    ("failed_precondition", 400), ("aborted", 409), ("out_of_range", 400), ("unimplemented", 501), ("internal", 500),
    ("unavailable", 503), ("data_loss", 500), ("unauthenticated", 401),
)  # fmt: skip
# `canceled` is the American spelling; "unset" is OpenTelemetry's for a span of which nobody said how it ended.
_WORDS = dict(_CODES) | {"canceled": 499, "unset": None, "success": 200, "internal_error": 500, "": None}
_FAILED = 500


def of(attributes: Mapping[str, Any], word: str | None) -> int | None:
    """The code of a request: the one it says, else what its remote call or its word for the status stands for.

    A word that nobody knows is a failure, as is every word that stands for none of `ok`, `cancelled` and `unknown`.
    """
    for name in HTTP:
        code = number(attributes.get(name))
        if code is not None and 100 <= code <= 599:
            return code
    for name in REMOTE:
        if (said := attributes.get(name)) is not None and said != "":
            return _of_remote(said)
    for name in _JSON_RPC:
        if (said := str(attributes.get(name) or 0).strip()) not in ("", "0"):
            return _JSON_RPC_CODES.get(said, _FAILED)
    return of_word(word)


def of_word(word: str | None) -> int | None:
    named = (word or "").strip().lower().replace(" ", "_")
    if (code := number(named)) is not None:
        # A word that is a number is a code of HTTP, or of gRPC, as old SDKs have it.
        return code if 100 <= code <= 599 else _of_number(code)
    return _WORDS.get(named, _FAILED)


def _of_remote(said: Any) -> int | None:
    code = number(said)
    if code is not None:
        return _FAILED if code == 2 else _of_number(code)
    word = str(said).strip().lower().replace(" ", "_").removeprefix("status_code_")
    # Of a remote call, UNKNOWN is what a server answers whose handler failed in a way of its own.
    return _FAILED if word == "unknown" else of_word(word)


def _of_number(code: int) -> int | None:
    return _CODES[code][1] if 0 <= code < len(_CODES) else _FAILED


def number(value: Any) -> int | None:
    """`value` as a whole number, also when it is written as text."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) <= 10:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else None
