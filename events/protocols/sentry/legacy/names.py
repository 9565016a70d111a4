"""Names and shapes of older clients, brought to those of today before the door steps read them."""

from __future__ import annotations

from typing import Any

# The tail of `sentry.interfaces.…`, as raven's clients and Sentry's own classes spelled it, and today's name.
INTERFACES = {
    "exception": "exception",
    "message": "logentry",
    "logentry": "logentry",
    "stacktrace": "stacktrace",
    "user": "user",
    "http": "request",
    "request": "request",
    "breadcrumbs": "breadcrumbs",
    "contexts": "contexts",
    "threads": "threads",
    "debugmeta": "debug_meta",
    "sdk": "sdk",
}
PREFIX = "sentry.interfaces."


def renamed(raw: dict[str, Any]) -> dict[str, Any]:
    """`raw` under today's names; where both are there and say something, today's name wins."""
    old = [name for name in raw if name.startswith(PREFIX)]
    for name in old:
        today = INTERFACES.get(name.rpartition(".")[2].replace("_", "").lower())
        if today is not None:
            value = raw.pop(name)
            if raw.get(today) is None:
                raw[today] = value
    return raw


def put_stacktrace(cleaned: dict[str, Any]) -> None:
    """A stack beside the only exception is that exception's: older clients sent the two apart."""
    found = cleaned.get("exception", {}).get("values", [])
    if len(found) == 1 and "stacktrace" in cleaned and "stacktrace" not in found[0]:
        found[0]["stacktrace"] = cleaned.pop("stacktrace")


def is_number(value: Any) -> bool:
    """Whether a level is one of Python's numbers, also written as text."""
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) < 4
    return isinstance(value, int | float) and not isinstance(value, bool)


def level(number: float) -> str:
    """The level of a number of Python's logging."""
    levels = ((50, "fatal"), (40, "error"), (30, "warning"), (20, "info"))
    return next((name for least, name in levels if number >= least), "debug")
