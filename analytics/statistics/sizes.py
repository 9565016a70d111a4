"""How many persons an experiment needs to see an effect of a size, and how long they take to come."""

from __future__ import annotations

import math

from analytics.statistics import effects
from analytics.statistics.distributions import NORMAL


def of_proportion(share: float, difference: float, *, level: float = 0.05, power: float = 0.8) -> float:
    """Persons a variant to see a share change by `difference`, looked at once (Evan Miller's formula)."""
    other = share + difference
    chance = NORMAL.inv_cdf(1 - level / 2) * math.sqrt(2 * share * (1 - share))
    missed = NORMAL.inv_cdf(power) * math.sqrt(share * (1 - share) + other * (1 - other))
    return (chance + missed) ** 2 / difference**2


def of_mean(variance: float, difference: float, *, level: float = 0.05, power: float = 0.8) -> float:
    """Persons a variant to see a mean of numbers that vary so change by `difference`, looked at once."""
    return 2 * variance * (NORMAL.inv_cdf(1 - level / 2) + NORMAL.inv_cdf(power)) ** 2 / difference**2


def sequential(variance: float, difference: float, *, level: float = 0.05, power: float = 0.8) -> float:
    """Persons a variant by whom an interval that always holds leaves 0 out with probability `power`; sooner, where the
    effect is larger."""
    low, high = 1.0, 2.0
    while not _is_enough(high, variance, difference, level=level, power=power):
        low, high = high, 2 * high
    while high - low > max(1e-9 * high, 1e-6):
        middle = (low + high) / 2
        if _is_enough(middle, variance, difference, level=level, power=power):
            high = middle
        else:
            low = middle
    return high


def _is_enough(size: float, variance: float, difference: float, *, level: float, power: float) -> bool:
    half = effects.half_width(2 * size, 4 * variance, level=level)
    return half + NORMAL.inv_cdf(power) * math.sqrt(2 * variance / size) <= abs(difference)


def days(size: float, variants: int, people_per_day: float) -> float | None:
    """Days until so many came to each of the variants; None where nobody comes."""
    return size * variants / people_per_day if people_per_day > 0 else None
