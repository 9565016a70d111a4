"""Whether an issue escalates: far more events within an hour than its week before makes likely."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import sqrt

WEEK = timedelta(days=7)
# Fewer hours say nothing of what is usual: it is new, and told as such.
LEAST_HOURS = 24
# So few events are no escalation, whatever was before.
LEAST_EVENTS = 10
SPREADS = 4.0


def judge(present: int, before: Sequence[int]) -> float | None:
    """The most events in an hour that are still usual after these hours before; None where these are too few.

    Beyond the mean by four spreads, of the hours themselves or of chance (Poisson), and beyond the busiest of them by
    half: so that what comes in bursts escalates by a larger burst only.
    """
    if len(before) < LEAST_HOURS:
        return None
    mean = sum(before) / len(before)
    spread = sqrt(max(sum((count - mean) ** 2 for count in before) / len(before), mean))
    return max(float(LEAST_EVENTS), mean + SPREADS * spread, 1.5 * max(before))
