"""The address that the web server listens on: whether it can be had, how it is reached, how it is written in a URL.

The supervisor imports this, so the standard library is all it needs.
"""

import errno
import socket
from contextlib import suppress
from ipaddress import ip_address

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - listens everywhere: reached on the loopback
EXAMPLES = "127.0.0.1, ::1, 0.0.0.0, or another address of this machine"


def numeric(bind: str) -> str:
    """The IP address of `bind`, an address or a name such as localhost. SystemExit where it is neither."""
    return str(_found(bind, 0)[1][0])


def reached_at(bind: str) -> str:
    """The host to connect to from this machine."""
    with suppress(ValueError):
        bind = str(ip_address(bind))
    return EVERYWHERE.get(bind, bind)


def public_host(bind: str) -> str:
    """The host to print and to build DSNs with, in the form of URLs.

    Where ::1 has the name localhost, it goes by that name: sentry-sdk for Python loses the brackets of a DSN.
    """
    host = reached_at(bind)
    if bind == "::" or (host == "::1" and _leads("localhost", host)):
        return "localhost"
    return in_url(host)


def in_url(host: str) -> str:
    """`host` as URLs and Host headers write it: an IPv6 address stands in brackets."""
    return f"[{host}]" if ":" in host else host


def demand_port(bind: str, port: int) -> None:
    """SystemExit, in one line, where the web server could not listen on `bind` and `port`."""
    family, address = _found(bind, port)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise SystemExit(_complaint(error, bind, port)) from None


def _found(bind: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """The family and the address of sockets of the first thing that `bind` leads to."""
    try:
        found = socket.getaddrinfo(bind or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise SystemExit(f"OBS_BIND={bind} is no address; use {EXAMPLES}") from None
    return found[0][0], found[0][4]  # type: ignore[return-value]


def _leads(name: str, address: str) -> bool:
    with suppress(OSError):
        return any(found[4][0] == address for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    return False


def _complaint(error: OSError, bind: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken; choose another: PORT=8123"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user; choose one above 1023: PORT=8123"
    if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
        return f"OBS_BIND={bind} is not an address of this machine; use {EXAMPLES}"
    return f"OBS_BIND={bind} and PORT={port} cannot be listened on ({error.strerror}); use {EXAMPLES}"
