"""Attributes of spans, logs and metrics as a plain dict, without what names a person."""

from __future__ import annotations

from typing import Any

from events.protocols.sentry import people
from events.protocols.sentry.context import Door
from events.protocols.sentry.links import tidy_query, tidy_words
from events.protocols.sentry.request import HEADERS
from events.protocols.sentry.texts import readable, trimmed

MOST = 128
NAME = 200
VALUE = 4096
DROPPED = frozenset(
    [
        "user.email",
        "user.name",
        "user.username",
        "user.full_name",
        "user.ip_address",
        "user.ip",
        "client.address",
        "client_address",
        "client.ip",
        "http.client_ip",
        "http.request.body.data",
        "http.request.cookies",
        "http.response.cookies",
    ]
)
# Kept when the project collects addresses, or people's names.
ADDRESSES = frozenset(["user.ip_address", "user.ip", "client.address", "client_address", "client.ip", "http.client_ip"])
NAMES = frozenset(["user.email", "user.name", "user.username", "user.full_name"])
QUERIES = frozenset(["http.query", "url.query", "http.fragment", "url.fragment"])
HEADER_PREFIXES = ("http.request.header.", "http.response.header.", "http.request.cookie")


def plain(sent: Any, door: Door) -> dict[str, Any]:
    """Return `{name: value}` of plain or typed (`{"value": v, "type": t}`) attributes, bounded and minimised."""
    kept: dict[str, Any] = {}
    if not isinstance(sent, dict):
        return kept
    for name, typed in sent.items():
        value = typed.get("value") if type(typed) is dict and "value" in typed else typed
        if value is None:
            continue
        if len(kept) == MOST:
            door.note("attributes_dropped")
            break
        if type(value) is str:
            value = _text(name, value)
        elif isinstance(value, dict | list):
            value = readable(value, VALUE)
        if value != "" and _is_allowed(name, door):
            kept[name if len(name) <= NAME else trimmed(name, NAME)] = value
    _put_user(kept, sent, door)
    return kept


def _text(name: str, value: str) -> str:
    if len(value) > VALUE:
        value = trimmed(value, VALUE)
    if name in QUERIES:
        return tidy_query(value)
    # Quick test first: hardly any attribute holds a URL with a query.
    return tidy_words(value) if "?" in value or "@" in value or "#" in value else value


def _is_allowed(name: str, door: Door) -> bool:
    if name in DROPPED:
        context = door.context
        return (name in ADDRESSES and context.collects_ip) or (name in NAMES and context.collects_user_data)
    if name.startswith(HEADER_PREFIXES):
        return name.rpartition(".")[2] in HEADERS
    return True


def _put_user(kept: dict[str, Any], sent: dict[str, Any], door: Door) -> None:
    """Replace what says who it was by the pseudonym that says who is the same."""
    for name in ("user.id", "user.email", "user.name", "user.username"):
        typed = sent.get(name)
        identity = readable(typed.get("value") if isinstance(typed, dict) else typed, NAME)
        if identity:
            kept["user.key"] = people.key(identity, door.context)
            break
    if "user.id" in kept and not (door.context.collects_user_data or people.is_anonymous(str(kept["user.id"]))):
        del kept["user.id"]
