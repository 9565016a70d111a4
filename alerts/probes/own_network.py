"""Whether this server reaches anything at all: where it does not, what it finds says nothing about others."""

from __future__ import annotations

import threading
import time

from django.conf import settings

from alerts.delivery import http
from alerts.delivery.http import Refused, Timeout, Unreachable
from alerts.probes import checks

# What was found is believed for so many seconds: when a line is cut, all probes ask at once.
_BELIEVED = 5.0
_TIMEOUT = Timeout(2.0, 2.0, 2.0)
_lock = threading.Lock()
_last: tuple[float, tuple[str, ...], bool] | None = None


def is_there() -> bool:
    """Whether one of OBS_PROBE_REFERENCES takes a connection; True where none is configured."""
    global _last
    targets = tuple(settings.OBS_PROBE_REFERENCES)
    if not targets:
        return True
    with _lock:
        if _last is None or _last[1] != targets or time.monotonic() - _last[0] > _BELIEVED:
            reached = any(map(_is_reached, targets))
            _last = (time.monotonic(), targets, reached)
        return _last[2]


def _is_reached(target: str) -> bool:
    try:
        http.open_socket(checks.address(target), timeout=_TIMEOUT, allow=[target]).raw.close()
    except (Refused, Unreachable, checks.InvalidCheck):
        return False
    return True
