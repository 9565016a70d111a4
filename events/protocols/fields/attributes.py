"""Attributes of spans, logs and metrics as a plain dict, without what names a person."""

from __future__ import annotations

from typing import Any

from events.protocols.fields import people
from events.protocols.fields.context import Door
from events.protocols.fields.links import tidy_query, tidy_words
from events.protocols.fields.request import HEADERS
from events.protocols.fields.texts import readable, trimmed
from events.scrubbing import databases
from events.values import countries

MOST = 128
# What a database was asked is cut after its values are out.
LONGEST = 262_144
_OF_DATABASES = ("db.", "redis.", "sql.")
NAME = 200
VALUE = 4096
DROPPED = frozenset(
    [
        # Set here, never by a sender: it must be a pseudonym.
        "user.key",
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
IDENTITIES = ("user.id", "user.email", "user.name", "user.username")
PEOPLE = frozenset(IDENTITIES)
QUERIES = frozenset(["http.query", "url.query", "http.fragment", "url.fragment"])
HEADER_PREFIXES = ("http.request.header.", "http.response.header.", "http.request.cookie")


def plain(sent: Any, door: Door) -> dict[str, Any]:
    """Return `{name: value}` of plain or typed (`{"value": v, "type": t}`) attributes, bounded and minimised."""
    kept: dict[str, Any] = {}
    if not isinstance(sent, dict):
        return kept
    for name, typed in sent.items():
        value = typed["value"] if type(typed) is dict and "value" in typed else typed
        kind = type(value)
        if name.startswith(_OF_DATABASES) and databases.is_bound(name):
            continue
        if name in databases.TEXTS:
            value = _asked(value, databases.system_of(sent))
        elif kind is str:
            # Quick tests first: hardly any attribute is long or holds a URL with a query.
            if len(value) > VALUE or "?" in value or "@" in value or "#" in value or name in QUERIES:
                value = _text(name, value)
        elif kind is dict or kind is list:
            value = readable(value, VALUE)
        if (
            value is None
            or value == ""
            or ((name in DROPPED or name.startswith("http.")) and not _is_allowed(name, door))
        ):
            continue
        if len(kept) == MOST:
            door.note("attributes_dropped")
            break
        kept[name if len(name) <= NAME else trimmed(name, NAME)] = value
    _put_user(kept, sent, door)
    return kept


def put_country(kept: dict[str, Any], sent: Any, door: Door) -> None:
    """Add to a span's attributes the country of the visitor's address among those `sent`; the address itself is not."""
    located = door.context.located
    if located is None or not isinstance(sent, dict) or ADDRESSES.isdisjoint(sent) or countries.named(kept):
        return
    typed = next(sent[name] for name in ADDRESSES if name in sent)
    address = typed.get("value") if isinstance(typed, dict) else typed
    found = located(address) if isinstance(address, str) else None
    if found:
        kept[countries.ATTRIBUTE] = found


def _asked(value: Any, system: str) -> str:
    text = value[:LONGEST] if isinstance(value, str) else readable(value, VALUE)
    return databases.form(text, system=system)[:VALUE]


def _text(name: str, value: str) -> str:
    value = trimmed(value, VALUE)
    return tidy_query(value) if name in QUERIES else tidy_words(value)


def _is_allowed(name: str, door: Door) -> bool:
    if name in DROPPED:
        context = door.context
        return (name in ADDRESSES and context.collects_ip) or (name in NAMES and context.collects_user_data)
    if name.startswith(HEADER_PREFIXES):
        return name.rpartition(".")[2] in HEADERS
    return True


def _put_user(kept: dict[str, Any], sent: dict[str, Any], door: Door) -> None:
    """Replace what says who it was by the pseudonym that says who is the same."""
    if PEOPLE.isdisjoint(sent):
        return
    for name in IDENTITIES:
        typed = sent.get(name)
        identity = readable(typed.get("value") if isinstance(typed, dict) else typed, NAME)
        if identity:
            kept["user.key"] = people.key(identity, door.context)
            break
    if "user.id" in kept and not (door.context.collects_user_data or people.is_anonymous(str(kept["user.id"]))):
        del kept["user.id"]
