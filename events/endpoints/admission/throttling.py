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

    A request takes a token for its first item from the key's bucket, and from the project's where it has a limit of its
    own; `more` takes those of its other items, once they are counted.
    """
    _, wait = _take(key, 1)
    return float(math.ceil(wait)) if wait else 0.0


def more(key: Key, wanted: int) -> tuple[int, float]:
    """How many of `wanted` further items may pass, and for how many seconds (whole) no other does."""
    if wanted <= 0:
        return 0, 0.0
    granted, wait = _take(key, wanted)
    return granted, float(math.ceil(wait))


def _take(key: Key, wanted: int) -> tuple[int, float]:
    granted, wait = buckets.take_some(f"key:{key.id}", wanted, rate_per_minute=key.rate_per_minute)
    if granted and key.project_rate_per_minute:
        name, rate = f"project:{key.project_id}", key.project_rate_per_minute
        of_project, wait_of_project = buckets.take_some(name, granted, rate_per_minute=rate)
        granted, wait = min(granted, of_project), max(wait, wait_of_project)
    return granted, wait
