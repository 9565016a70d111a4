"""The only way out: HTTP to strangers, with the address checked where the socket is opened."""

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from http.client import HTTPException
from typing import Any

import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection

# As http.client has it; but a client of ClickHouse, once it is imported, allows the whole process a hundred times more.
MOST_HEADERS = 100
MAX_ANSWER_BYTES = 64 * 1024
PORTS = frozenset({80, 443, 8443})
USER_AGENT = "formaos-obs"

# IPv4 that is not the public internet; the `is_private` family of `ipaddress` lets several of these pass.
_DENIED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network, unspecified
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host service
        "169.254.0.0/16",  # link-local; the metadata service of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments; Oracle's metadata service
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# IPv6: only global unicast is let through, which leaves out loopback, mapped, compatible, NAT64 (64:ff9b::/96 and
# 64:ff9b:1::/48), unique local, link-local, site-local and multicast; these are the holes within it.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_DENIED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
# One parser for every address this server is given, so that what is checked is what is connected to.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)",
    re.ASCII,
)

Address = tuple[socket.AddressFamily, tuple[Any, ...]]


class Refused(Exception):
    """The URL or the address behind it may not be reached from here."""


class Unreachable(Exception):
    """No answer: name, connection, TLS, time or protocol; `phases` is how far it came."""

    phases: "Phases | None" = None


@dataclass(frozen=True)
class Url:
    """A parsed URL; `host` without brackets, `target` path and query."""

    scheme: str
    host: str
    port: int
    target: str


@dataclass(frozen=True)
class Timeout:
    """Seconds: to connect, between two reads, and for all of it after the name was resolved."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 15.0


@dataclass(frozen=True)
class Phases:
    """Milliseconds of the parts of a call; None for what it did not come to, or does not have."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case, the body cut at its limit and never decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int
    phases: Phases = Phases()
    certificate_ends: float | None = None  # seconds since 1970


@dataclass(frozen=True)
class Opened:
    """A connection to an address that was checked."""

    raw: socket.socket
    phases: Phases


def parse(url: str) -> Url:
    """The parts of a plain ASCII http(s) URL without user, fragment or odd characters; raises Refused."""
    match = _URL.fullmatch(url) if len(url) <= 2000 else None
    if match is None:
        raise Refused("Not a plain http or https URL.")
    scheme, host = match["scheme"], match["host"].strip("[]").lower()
    port = int(match["port"] or (443 if scheme == "https" else 80))
    if not 0 < port < 65536 or ".." in host:
        raise Refused("Not a plain http or https URL.")
    target = match["target"] or "/"
    return Url(scheme, host, port, target if target.startswith("/") else f"/{target}")


def is_public(address: str) -> bool:
    """True for an address of the public internet, whatever it is wrapped in."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _DENIED_V4)
    return parsed in _GLOBAL_V6 and not any(parsed in network for network in _DENIED_V6)


def check(url: str, *, hosts: frozenset[str] = frozenset(), allow: Sequence[str] | None = None) -> Url:
    """The URL's parts when it may be called as far as can be told now; raises Refused.

    A name that does not resolve passes: what counts is the check at connect, this one tells a person early.
    """
    parsed = _check_url(url, hosts=hosts, allow=_allowed(allow))
    with suppress(Unreachable):
        _resolve(parsed, allow=_allowed(allow))
    return parsed


def send(
    url: str,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout: Timeout | None = None,
    hosts: frozenset[str] = frozenset(),
    allow: Sequence[str] | None = None,
    limit: int = MAX_ANSWER_BYTES,
) -> Answer:
    """The answer of one request, redirects not followed; raises Refused, Unreachable.

    `hosts`: if given, the only hosts, by https on port 443. `allow` (OBS_OUTBOUND_ALLOW): exceptions from all of it,
    `host:port` or a network such as `10.0.0.0/8`. `limit`: so many bytes of the body are read.
    """
    timeout = timeout or Timeout()
    parsed = _check_url(url, hosts=hosts, allow=_allowed(allow))
    connection = _connection(parsed, timeout)
    opened = open_socket(parsed, timeout=timeout, allow=allow)
    raw, phases = opened.raw, opened.phases
    started = time.monotonic() - (phases.connect or 0) / 1000
    try:
        with fuse(raw, timeout.total):
            connection.opened = raw
            at = time.monotonic()
            connection.connect()
            if parsed.scheme == "https":
                phases = replace(phases, tls=_since(at))
            at = time.monotonic()
            connection.request(
                method,
                parsed.target,
                body=body or None,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})},
                preload_content=False,
                decode_content=False,
            )
            connection.sock.settimeout(timeout.read)
            ends = certificate_ends(connection.sock)
            response = connection.getresponse()
            if len(response.headers) > MOST_HEADERS:
                raise HTTPException("too many headers")
            phases = replace(phases, first_byte=_since(at))
            content = response.read(limit, decode_content=False)
            if time.monotonic() - started >= timeout.total:  # what the fuse cut looks like a complete answer
                raise TimeoutError
            answer_headers = {name.lower(): value for name, value in response.headers.items()}
            latency = round((time.monotonic() - started) * 1000)
            return Answer(response.status, answer_headers, content, latency, phases, ends)
    except (OSError, ValueError, HTTPException, urllib3.exceptions.HTTPError) as error:
        raise _unreachable(reason(error, is_late=time.monotonic() - started >= timeout.total), phases) from None
    finally:
        connection.close()
        raw.close()


def open_socket(url: Url, *, timeout: Timeout, allow: Sequence[str] | None = None) -> Opened:
    """A connection to the host, whatever is spoken over it, by the addresses that it has now, all of them permitted.

    Raises Refused, Unreachable. The ports that may be reached are a matter of `check` and `send`, which speak HTTP.
    """
    at = time.monotonic()
    addresses = _resolve(url, allow=_allowed(allow))
    phases = Phases(dns=_since(at))
    at = time.monotonic()
    try:
        raw = _open(addresses, timeout)
    except Unreachable as error:
        raise _unreachable(str(error), phases) from None
    return Opened(raw, replace(phases, connect=_since(at)))


def addresses_of(url: Url, *, allow: Sequence[str] | None = None) -> list[str]:
    """The addresses of the host, all of them permitted; raises Refused, Unreachable."""
    return [address[0] for _, address in _resolve(url, allow=_allowed(allow))]


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates are believed: the machine's authorities, or those of SSL_CERT_FILE. Reading them is slow."""
    return ssl.create_default_context()


def certificate_ends(sock: Any) -> float | None:
    """When the certificate of a checked TLS connection ends, in seconds since 1970."""
    found = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    return ssl.cert_time_to_seconds(str(found["notAfter"])) if found and "notAfter" in found else None


@dataclass(frozen=True)
class _Allowed:
    """OBS_OUTBOUND_ALLOW, parsed."""

    endpoints: frozenset[tuple[str, int]]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    def has_endpoint(self, url: Url) -> bool:
        return (url.host, url.port) in self.endpoints

    def has_address(self, address: str) -> bool:
        return any(ipaddress.ip_address(address.split("%")[0]) in network for network in self.networks)


class _Plain(HTTPConnection):
    """A connection over the socket it was given; the name is never resolved a second time."""

    opened: socket.socket

    def _new_conn(self) -> socket.socket:
        return self.opened


class _Encrypted(HTTPSConnection):
    opened: socket.socket

    def _new_conn(self) -> socket.socket:
        return self.opened


def _allowed(entries: Sequence[str] | None) -> _Allowed:
    endpoints, networks = set(), []
    for entry in settings.OBS_OUTBOUND_ALLOW if entries is None else entries:
        if "/" in entry:
            networks.append(ipaddress.ip_network(entry))
        else:
            host, _, port = entry.rpartition(":")
            endpoints.add((host.strip("[]").lower(), int(port)))
    return _Allowed(frozenset(endpoints), tuple(networks))


def _check_url(url: str, *, hosts: frozenset[str], allow: _Allowed) -> Url:
    parsed = parse(url)
    if allow.has_endpoint(parsed):
        return parsed
    if hosts and (parsed.host not in hosts or parsed.scheme != "https" or parsed.port != 443):
        raise Refused(f"Only https://{' or https://'.join(sorted(hosts))} is possible here. {_exception(parsed)}")
    if parsed.port not in PORTS and parsed.port not in settings.OBS_OUTBOUND_PORTS:
        raise Refused(f"Port {parsed.port} is not among the permitted ones. {_exception(parsed)}")
    return parsed


def _exception(url: Url) -> str:
    """How whoever runs the server would let this one through."""
    host = f"[{url.host}]" if ":" in url.host else url.host[:60]
    return f"OBS_OUTBOUND_ALLOW={host}:{url.port} would allow it."


def _resolve(url: Url, *, allow: _Allowed) -> list[Address]:
    """Every address of the host, all of them permitted: one bad address among good ones is how rebinding looks."""
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("The name does not resolve.") from None
    addresses: list[Address] = [(family, address) for family, _, _, _, address in found]
    if not addresses:
        raise Unreachable("The name does not resolve.")
    for _, address in addresses:
        if not (is_public(address[0]) or allow.has_endpoint(url) or allow.has_address(address[0])):
            raise Refused(f"The name leads to an address that is not public. {_exception(url)}")
    return addresses


def _open(addresses: list[Address], timeout: Timeout) -> socket.socket:
    """A connection to the first of the addresses that takes one, all tries together within the time to connect.

    Each has an equal share of what is left: one that answers nothing, as IPv6 often does, leaves time for the next.
    """
    until = time.monotonic() + timeout.connect
    for place, (family, address) in enumerate(addresses):
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.settimeout(max((until - time.monotonic()) / (len(addresses) - place), 0.001))
            raw.connect(address)
        except OSError:
            raw.close()
            continue
        raw.settimeout(timeout.read)
        return raw
    raise Unreachable("No connection in time." if time.monotonic() >= until else "No connection.")


def _connection(url: Url, timeout: Timeout) -> _Plain | _Encrypted:
    if url.scheme == "https":
        return _Encrypted(url.host, url.port, timeout=timeout.read, ssl_context=trust())
    return _Plain(url.host, url.port, timeout=timeout.read)


@contextmanager
def fuse(raw: socket.socket, seconds: float) -> Iterator[None]:
    """Ends the connection when the time is up, also for a peer that sends one byte before each timeout."""
    with raw.dup() as end:
        timer = threading.Timer(seconds, _shut, [end])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def reason(error: Exception, *, is_late: bool) -> str:
    """Why a connection that was open brought no answer, in words."""
    if is_late or isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return "No complete answer in time."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS failed: {error.verify_message.rstrip('.')}."
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {str(error.reason or 'no handshake').replace('_', ' ').lower()}."
    return "TLS failed." if isinstance(error, urllib3.exceptions.SSLError) else "The answer was not HTTP."


def _unreachable(words: str, phases: Phases) -> Unreachable:
    error = Unreachable(words)
    error.phases = phases
    return error


def _since(at: float) -> float:
    return round((time.monotonic() - at) * 1000, 2)
