"""Looks below HTTP: whether a port takes connections and says what it should, and whether TLS is spoken well there."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

from alerts.delivery import http
from alerts.delivery.http import Opened, Refused, Timeout, Unreachable
from alerts.probes import bodies, checks
from alerts.probes.checks import Check
from alerts.probes.found import Found, failed

MOST_BYTES = 64 * 1024


def look(check: Check) -> Found:
    """What a connection to the port brings."""
    url = checks.address(check.target)
    timeout = Timeout(check.timeout, check.timeout, check.timeout)
    try:
        opened = http.open_socket(url, timeout=timeout)
    except Refused as error:
        return failed(f"It may not be reached from here: {error}")
    except Unreachable as error:
        return failed(str(error), is_silent=True, phases=error.phases)
    started = time.monotonic()
    try:
        with http.fuse(opened.raw, check.timeout):
            return _handshake(opened, url.host) if check.kind == "tls" else _talk(check, opened)
    except (OSError, ValueError) as error:
        is_late = time.monotonic() - started >= check.timeout
        said = http.reason(error, is_late=is_late)
        words = "The connection was cut." if said == "The answer was not HTTP." else said
        return failed(words, phases=opened.phases)
    finally:
        opened.raw.close()


def _handshake(opened: Opened, host: str) -> Found:
    at = time.monotonic()
    with http.trust().wrap_socket(opened.raw, server_hostname=host) as wrapped:
        phases = replace(opened.phases, tls=round((time.monotonic() - at) * 1000, 2))
        return Found(is_ok=True, phases=phases, certificate_ends=http.certificate_ends(wrapped))


def _talk(check: Check, opened: Opened) -> Found:
    if check.send:
        opened.raw.sendall(check.send.replace("\\r", "\r").replace("\\n", "\n").encode())
    if not check.match:
        return Found(is_ok=True, phases=opened.phases)
    at = time.monotonic()
    heard, phases = b"", opened.phases
    while len(heard) < MOST_BYTES:
        piece = _heard(opened.raw)
        if heard == b"" and piece:
            phases = replace(phases, first_byte=round((time.monotonic() - at) * 1000, 2))
        heard += piece
        if not piece or (not check.is_negated and bodies.holds(heard.decode("utf-8", "replace"), check)):
            break
    is_there = bodies.holds(heard.decode("utf-8", "replace"), check)
    if is_there is not check.is_negated:
        return Found(is_ok=True, phases=phases)
    what = f"{'The pattern' if check.is_pattern else 'The text'} {check.match[:60]!r}"
    said = "was said, and should not be." if is_there else "was not said."
    return failed(f"{what} {said}" if heard else "It said nothing in time.", phases=phases)


def _heard(raw: socket.socket) -> bytes:
    """What it says next; b"" when it is silent or gone."""
    try:
        return raw.recv(4096)
    except OSError:
        return b""
