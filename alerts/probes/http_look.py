"""A look at a URL: each hop of its redirects through the one way out, so that none leads inside."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from alerts.delivery import http
from alerts.delivery.http import Answer, Phases, Refused, Timeout, Unreachable
from alerts.probes import bodies, checks
from alerts.probes.bodies import Wrong
from alerts.probes.checks import Check
from alerts.probes.found import Found, failed

MOST_BYTES = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER = frozenset({301, 302, 303})


def look(check: Check) -> Found:
    """What the URL answers, where its redirects lead in the end."""
    started = time.monotonic()
    url, method, body, headers = check.target, check.method, check.body.encode(), dict(check.headers)
    phases, redirects = Phases(), 0
    while True:
        left = check.timeout - (time.monotonic() - started)
        if left <= 0:
            return _at(failed("No complete answer in time.", phases=phases), url, check)
        try:
            answer = http.send(
                url, method=method, headers=headers, body=body, timeout=Timeout(left, left, left), limit=MOST_BYTES
            )
        except Refused as error:
            return _at(failed(f"It may not be reached from here: {error}", phases=phases), url, check)
        except Unreachable as error:
            found = failed(
                str(error), is_silent=error.phases is None or error.phases.connect is None, phases=error.phases
            )
            return _at(replace(found, phases=_summed(phases, found.phases), redirects=redirects), url, check)
        phases = _summed(phases, answer.phases)
        location = answer.headers.get("location", "")
        if answer.status not in _REDIRECTS or checks.is_expected(answer.status, check.expected_status) or not location:
            return replace(_judged(check, answer), phases=phases, redirects=redirects)
        if redirects >= check.max_redirects:
            words = f"More than {check.max_redirects} redirects." if check.max_redirects else "It redirects."
            return replace(failed(words, phases=phases), http_status=answer.status, redirects=redirects)
        redirects += 1
        following = urljoin(url, location).partition("#")[0]
        if _origin(following) != _origin(url):
            headers, body = {}, b""  # what may be a secret is for the host it was written for
        if answer.status in _SEE_OTHER and method != "HEAD":
            method, body = "GET", b""
        url = following


def _judged(check: Check, answer: Answer) -> Found:
    found = Found(is_ok=False, http_status=answer.status, certificate_ends=answer.certificate_ends)
    is_cut = len(answer.body) >= MOST_BYTES
    if not checks.is_expected(answer.status, check.expected_status):
        said = f"The status is {answer.status}, and not {check.expected_status}."
        return replace(found, words=said + _health_of(check, answer))
    try:
        words = bodies.judge(check, answer.body, answer.headers, is_cut=is_cut)
    except Wrong as error:
        return replace(found, words=str(error))
    return replace(found, is_ok=True, words=words)


def _health_of(check: Check, answer: Answer) -> str:
    """What a health document that came with a bad status says, in words."""
    try:
        said = bodies.judge(replace(check, match="", json_path=""), answer.body, answer.headers, is_cut=False)
    except Wrong as error:
        said = str(error)
    return f" {said}" if said.startswith("It says") else ""


def _at(found: Found, url: str, check: Check) -> Found:
    """Named with the host where it went wrong, if a redirect led there."""
    host = urlsplit(url).hostname or "an address that cannot be read"
    return found if url == check.target else replace(found, words=f"At {host[:100]}: {found.words}")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _summed(one: Phases, other: Phases) -> Phases:
    return Phases(*(_plus(getattr(one, name), getattr(other, name)) for name in Phases.__dataclass_fields__))


def _plus(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other
