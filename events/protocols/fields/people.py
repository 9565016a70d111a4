"""People as pseudonyms: whatever names them is dropped at the door unless the project opted in."""

from __future__ import annotations

import ipaddress
from typing import Any

from events.protocols.contract import Context
from events.protocols.fields.texts import scalar
from events.values import addresses, countries

AUTO = "{{auto}}"
LONGEST = 200


def minimised(user: Any, context: Context, *, infers_ip: bool = False) -> dict[str, Any] | None:
    """Return `{key, geo?}`, and id, email, username, name, ip_address as the project allows, or None."""
    sent: dict[str, Any] = user if isinstance(user, dict) else {}
    named = {name: scalar(sent.get(name), LONGEST) for name in ("id", "email", "username", "name")}
    ip = _address(sent.get("ip_address"), context, infers_ip=infers_ip)
    kept: dict[str, Any] = {}
    identity = named["id"] or named["email"] or named["username"]
    if identity:
        kept["key"] = key(identity, context)
    elif ip:
        kept["key"] = context.pseudonym("ip", ip)
    if context.collects_user_data:
        kept |= {name: named[name] for name in ("id", "email", "username", "name") if named[name]}
    if context.collects_ip and ip:
        kept["ip_address"] = addresses.partial(ip)
    geo = sent.get("geo")
    named_country = countries.code(geo.get("country_code")) if isinstance(geo, dict) else None
    if named_country:
        kept["geo"] = {"country_code": named_country}
    return kept or None


def country(user: Any, context: Context) -> str | None:
    """Return the country of a user: as the SDK says, else that of the address it names, else of the sending browser."""
    sent: dict[str, Any] = user if isinstance(user, dict) else {}
    geo, ip = sent.get("geo"), sent.get("ip_address")
    named = countries.code(geo.get("country_code")) if isinstance(geo, dict) else None
    if named is None and context.located and isinstance(ip, str) and ip != AUTO:
        named = context.located(ip)
    return named or context.country()


def key(identity: str, context: Context) -> str:
    """Return the pseudonym of an id, e-mail or username: one kind for all, since sessions do not say which it is."""
    return context.pseudonym("user", identity)


def session_key(did: Any, ip: Any, context: Context) -> str | None:
    """Return the pseudonym behind a session's `did`, or behind the peer when the SDK asked for `{{auto}}`."""
    identity = scalar(did, LONGEST)
    if identity:
        return key(identity, context)
    address = _address(ip, context)
    return context.pseudonym("ip", address) if address else None


def _address(ip: Any, context: Context, *, infers_ip: bool = False) -> str:
    if ip == AUTO or (infers_ip and not ip):
        return context.peer_ip
    return ip if isinstance(ip, str) and _is_address(ip) else ""


def _is_address(text: str) -> bool:
    if len(text) > 45 or ("." not in text and ":" not in text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
