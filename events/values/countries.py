"""Which country a request came from: two letters are kept, the address they were found by never is.

Two ways, both off by default: a header that the operator's proxy sets (OBS_COUNTRY_HEADER), else a local database in
MaxMind's format (OBS_GEOIP_DATABASE).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import Any

import maxminddb
from django.conf import settings

from events.values import addresses

logger = logging.getLogger(__name__)

ATTRIBUTE = "user.geo.country_code"
# What proxies write where they know none, as ISO 3166 leaves both codes free for.
_UNKNOWN = frozenset({"XX", "ZZ"})


def of(environ: Mapping[str, Any]) -> str | None:
    """The country of the browser that sent the request; None for other senders, whose address is no visitor's."""
    if not settings.OBS_COUNTRY_HEADER and not settings.OBS_GEOIP_DATABASE:
        return None
    if not str(environ.get("HTTP_USER_AGENT", "")).startswith("Mozilla/"):
        return None
    return _announced(environ) or located(addresses.client(environ, proxies=settings.OBS_TRUSTED_PROXIES))


def located(address: str) -> str | None:
    """The country of an address by the database; None without one, and for what is no address of a country."""
    reader = _opened(settings.OBS_GEOIP_DATABASE) if settings.OBS_GEOIP_DATABASE else None
    if reader is None or not address:
        return None
    try:
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        found: Any = reader.get(parsed)
        return code(found["country"]["iso_code"])
    except (KeyError, TypeError, ValueError):
        return None  # no address, one that the database does not hold, or a record of another shape
    except Exception:
        logger.warning("OBS_GEOIP_DATABASE is damaged: an address could not be looked up")
        return None  # a file that broke after the start costs countries, never what was sent


def code(sent: Any) -> str | None:
    """`sent` as an ISO 3166 code in capitals, else None."""
    if not isinstance(sent, str) or len(sent) != 2 or not (sent.isascii() and sent.isalpha()):
        return None
    upper = sent.upper()
    return None if upper in _UNKNOWN else upper


def named(attributes: Mapping[str, Any]) -> str | None:
    """The country that a span's attributes name, by Sentry's or OpenTelemetry's conventions."""
    return code(attributes.get(ATTRIBUTE)) or code(attributes.get("geo.country.iso_code"))


def open_database(path: str) -> maxminddb.Reader:
    """The database, mapped into memory. Raises OSError, ValueError or maxminddb's InvalidDatabaseError."""
    return maxminddb.open_database(path, mode=maxminddb.MODE_MMAP)


@cache
def _opened(path: str) -> maxminddb.Reader | None:
    """Once per process; the system check has refused what cannot be opened, so a failure here is news."""
    try:
        return open_database(path)
    except Exception:
        logger.exception("OBS_GEOIP_DATABASE cannot be opened; countries stay unknown")
        return None


def _announced(environ: Mapping[str, Any]) -> str | None:
    """What the proxy's header says, if the request passed all the trusted proxies there are."""
    name, proxies = settings.OBS_COUNTRY_HEADER, settings.OBS_TRUSTED_PROXIES
    if not name or not proxies:
        return None
    hops = [hop for hop in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    if len(hops) < proxies:
        return None
    return code(str(environ.get(f"HTTP_{name.upper().replace('-', '_')}", "")).strip())
