"""Client addresses: where a request came from, and how little of it is kept."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest

_KEPT_BITS = {4: 24, 6: 48}


def client(meta: Mapping[str, Any], *, proxies: int) -> str:
    """The address that reached the outermost of `proxies` trusted proxies; "" when there is none.

    Each trusted proxy appends the address it was reached from, so only the last `proxies` entries are believed.
    """
    hops = [str(meta.get("REMOTE_ADDR") or "")]
    if proxies:
        forwarded = [hop.strip() for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
        hops = forwarded[-proxies:] or hops
    try:
        return str(ip_address(hops[0]))
    except ValueError:
        return ""


def of_request(request: HttpRequest) -> str:
    """The client's address, whole: for rate limits and lockouts, never for storage."""
    return client(request.META, proxies=settings.OBS_TRUSTED_PROXIES)


def partial(address: str) -> str:
    """The network of an address, written so that it is no address: `198.51.100.x`, `2001:db8:1:x`; "" for none."""
    network = cut(address)
    if ":" in network:
        return f"{network.rstrip(':') or '0'}:x"
    return f"{network.rpartition('.')[0]}.x" if network else ""


def cut(address: str) -> str:
    """`address` without its last part (/24, /48); "" for what is no address."""
    try:
        parsed = ip_address(address.split("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, _KEPT_BITS[parsed.version]), strict=False).network_address)
