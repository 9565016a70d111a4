"""Attributes of spans, logs and metrics as a plain dict, without what names a person."""

from __future__ import annotations

from typing import Any

from events.protocols.fields import declared, people
from events.protocols.fields import kept as keeping
from events.protocols.fields.context import Door
from events.protocols.fields.declared import IDENTITIES
from events.protocols.fields.links import tidy_words
from events.protocols.fields.request import HEADERS
from events.protocols.fields.texts import readable, trimmed
from events.scrubbing import databases
from events.values import countries

MOST = 128
# What a database was asked is cut after its values are out.
LONGEST = 262_144
NAME = 200
VALUE = 4096
HEADER_PREFIXES = ("http.request.header.", "http.response.header.")
# Where a span of a server may name its visitor's address; read for a country, never kept for it.
ADDRESSES = frozenset(["user.ip_address", "user.ip", "client.address", "client_address", "client.ip", "http.client_ip"])
# Spans that ask another server name that one; elsewhere Sentry's SDKs so name the machine they run on.
ASKING = ("db", "http.client", "rpc", "grpc", "cache", "queue", "gen_ai", "mcp", "websocket", "socket")


def plain(sent: Any, door: Door) -> dict[str, Any]:
    """Return `{name: value}` of plain or typed (`{"value": v, "type": t}`) attributes, bounded and minimised."""
    kept: dict[str, Any] = {}
    if not isinstance(sent, dict):
        return kept
    rule_of, identities = declared.rule, False
    for name, typed in sent.items():
        value = typed["value"] if type(typed) is dict and "value" in typed else typed
        rule = rule_of(name)
        if rule is not None:
            identities = identities or rule.action in ("pseudonym", "person")
            system = databases.system_of(sent) if rule.action == "statement" else ""
            value = keeping.value(rule, value, door.context, system=system)
        else:
            kind = type(value)
            if kind is str:
                # Quick tests first: hardly any attribute is long or holds a URL with a query.
                if len(value) > VALUE or "?" in value or "@" in value or "#" in value:
                    value = tidy_words(trimmed(value, VALUE), door.context.query_strings)
            elif kind is dict or kind is list:
                value = _inner(value, door)
        if value is None or value == "" or (name.startswith(HEADER_PREFIXES) and not _is_harmless(name)):
            continue
        if len(kept) == MOST:
            door.note("attributes_dropped")
            break
        kept[name if len(name) <= NAME else trimmed(name, NAME)] = value
    if identities:
        _put_user(kept, sent, door)
    return kept


def put_own_server(kept: dict[str, Any], op: str, door: Door) -> None:
    """Where Sentry's SDKs name their own machine `server.address`, it is kept as machines are."""
    name = kept.get("server.address")
    if name is not None and not op.startswith(ASKING):
        kept["server.address"] = keeping.machine(name, door.context)


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


def _inner(value: Any, door: Door) -> str:
    """A container as text; a mapping's names are declared as well."""
    return readable(keeping.mapping({"": value}, door.context).get("", value), VALUE)


def _is_harmless(name: str) -> bool:
    return name.rpartition(".")[2].replace("_", "-").lower() in HEADERS


def _put_user(kept: dict[str, Any], sent: dict[str, Any], door: Door) -> None:
    """Add the pseudonym that says who is the same: of the first name that says who it is."""
    spelled = None
    for identity in IDENTITIES:
        name = identity
        if name not in sent:
            spelled = spelled or {declared.plain_name(name): name for name in sent}
            name = spelled.get(identity, "")
        typed = sent.get(name)
        found = readable(typed.get("value") if isinstance(typed, dict) else typed, NAME)
        if found:
            kept["user.key"] = people.key(found, door.context)
            return
