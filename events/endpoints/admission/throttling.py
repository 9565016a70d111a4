"""How fast a key and its project may send, as a DRF throttle."""

import math

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from events.accounts.keys import Key
from events.endpoints.admission.buckets import buckets


class KeyThrottle(BaseThrottle):
    """One token per request from the key's bucket, and from the project's where it has a limit of its own."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        key: Key | None = request.auth
        self._wait = 0.0 if key is None else seconds_to_wait(key)
        return self._wait == 0.0

    def wait(self) -> float:
        return self._wait


def seconds_to_wait(key: Key) -> float:
    """0.0 when the request may pass, else after how many seconds to try again (whole, at least 1)."""
    wait = buckets.take(f"key:{key.id}", rate_per_minute=key.rate_per_minute)
    if wait == 0.0 and key.project_rate_per_minute:
        wait = buckets.take(f"project:{key.project_id}", rate_per_minute=key.project_rate_per_minute)
    return float(math.ceil(wait)) if wait else 0.0
