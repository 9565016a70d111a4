"""One look, whatever its kind: it always ends with something found, and never raises."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import datetime

from alerts.probes import dns_look, http_look, socket_look
from alerts.probes.checks import Check
from alerts.probes.found import Found, failed

logger = logging.getLogger(__name__)
_LOOKS = {"http": http_look.look, "tcp": socket_look.look, "tls": socket_look.look, "dns": dns_look.look}


def look(check: Check, *, now: datetime) -> Found:
    """What is there at this moment; what takes longer than the timeout failed, be it by a slow name server."""
    started = time.monotonic()
    try:
        found = _LOOKS[check.kind](check)
    except Exception as problem:  # one target must not end the looks at others
        logger.warning("A look failed by itself: %s", type(problem).__name__, exc_info=True)
        found = failed(f"The look itself failed: {type(problem).__name__}.")
    taken = time.monotonic() - started
    if found.is_ok and taken > check.timeout:
        found = replace(found, is_ok=False, words=f"It took {taken:.1f} s, longer than {check.timeout:g} s.")
    return _certified(replace(found, total_ms=round(taken * 1000, 2)), check, now=now)


def days_left(ends: float | None, *, now: datetime) -> float | None:
    return None if ends is None else (ends - now.timestamp()) / 86_400


def _certified(found: Found, check: Check, *, now: datetime) -> Found:
    left = days_left(found.certificate_ends, now=now)
    if not found.is_ok or left is None or check.fail_days is None or left >= check.fail_days:
        return found
    return replace(found, is_ok=False, words=f"The certificate ends in {left:.1f} days, fewer than {check.fail_days}.")
