"""How fast a key and its project may send."""

import math

from events.accounts.keys import Key
from events.endpoints.admission.buckets import buckets


class Throttled(Exception):
    """The key or its project has sent too fast; `wait` is how many seconds to wait."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


def seconds_to_wait(key: Key) -> float:
    """0.0 when the request may pass, else after how many seconds to try again (whole, at least 1).

    A request takes a token from the key's bucket, and from the project's where it has a limit of its own.
    """
    wait = buckets.take(f"key:{key.id}", rate_per_minute=key.rate_per_minute)
    if wait == 0.0 and key.project_rate_per_minute:
        wait = buckets.take(f"project:{key.project_id}", rate_per_minute=key.project_rate_per_minute)
    return float(math.ceil(wait)) if wait else 0.0
