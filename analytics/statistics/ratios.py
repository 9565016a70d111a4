"""Two rates of rare events compared as a ratio: exact intervals, and which of many ratios may be believed.

Given both counts together, the first is binomial (Przyborowski and Wilenski 1940); the interval of its share is that of
Clopper and Pearson, so that the ratio's covers at least 95 % however few events there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from analytics.statistics import distributions

ALPHA = 0.05
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as often as before, its 95 % interval, and how surprising it is where nothing changed; `value` is
    None where nothing happened before, `high` is infinite then."""

    value: float | None
    low: float
    high: float
    p: float

    @property
    def is_clear(self) -> bool:
        return self.low > 1 or self.high < 1

    @property
    def words(self) -> str:
        """×7.3 (95 % CI 4.1–12.9)."""
        if self.value is None or math.isinf(self.high):
            return f"from nothing, at least ×{_short(self.low)}"
        return f"×{_short(self.value)} (95 % CI {_short(self.low)}–{_short(self.high)})"


def ratio(count: float, exposure: float, before: float, exposure_before: float) -> Ratio | None:
    """`count` events in an exposure, be it time or tries, against those before; None where there is nothing to say."""
    p = surprise(count, exposure, before, exposure_before)
    if p is None:
        return None
    count, before = round(count), round(before)
    scale = exposure_before / exposure
    low, high = _clopper_pearson(count, count + before)
    return Ratio(count / before * scale if before else None, _odds(low) * scale, _odds(high) * scale, p)


def surprise(count: float, exposure: float, before: float, exposure_before: float) -> float | None:
    """The exact two-sided p of a ratio alone, which costs a hundredth of its interval; None as of `ratio`."""
    if exposure <= 0 or exposure_before <= 0:
        return None
    count, before = round(count), round(before)
    total = count + before
    if not total:
        return None
    share = exposure / (exposure + exposure_before)
    at_most = 1 - _at_least(count + 1, total, share)
    return min(1.0, 2 * min(at_most, _at_least(count, total, share)))


def believed(ps: Sequence[float], *, rate: float = ALPHA) -> list[bool]:
    """Which of many surprises hold when at most that share of those believed may be chance (Benjamini and Hochberg)."""
    order = sorted(range(len(ps)), key=ps.__getitem__)
    last = max((place for place, index in enumerate(order, 1) if ps[index] <= rate * place / len(ps)), default=0)
    kept = set(order[:last])
    return [index in kept for index in range(len(ps))]


def dispersion(counts: Sequence[float], exposures: Sequence[float]) -> float:
    """How much wilder counts are from one stretch to the next than chance makes them: 1 for chance, never less."""
    total, whole = sum(counts), sum(exposures)
    pairs = [(count, exposure) for count, exposure in zip(counts, exposures, strict=True) if exposure > 0]
    if len(pairs) < 3 or not total or not whole:
        return 1.0
    rate = total / whole
    square = sum((count - rate * exposure) ** 2 / (rate * exposure) for count, exposure in pairs)
    return max(1.0, square / (len(pairs) - 1))


def estimated(p: float, stretches: int) -> float:
    """The surprise that is left where the spread is itself only known from so many stretches: Student's, not Gauss'."""
    if stretches < 3 or p >= 1:
        return 1.0
    z = -_NORMAL.inv_cdf(max(p, 1e-300) / 2)
    degrees = stretches - 1
    return distributions.beta(degrees / (degrees + z * z), degrees / 2, 0.5)


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


def _clopper_pearson(hits: int, of: int) -> tuple[float, float]:
    low = 0.0 if not hits else _solve(lambda share: distributions.beta(share, hits, of - hits + 1), ALPHA / 2)
    high = 1.0 if hits == of else _solve(lambda share: distributions.beta(share, hits + 1, of - hits), 1 - ALPHA / 2)
    return low, high


def _at_least(hits: int, of: int, share: float) -> float:
    """The probability of so many hits or more."""
    if hits <= 0:
        return 1.0
    return 0.0 if hits > of else distributions.beta(share, hits, of - hits + 1)


def _solve(function: Callable[[float], float], wanted: float) -> float:
    """Where a rising function of 0 to 1 takes a value."""
    low, high = 0.0, 1.0
    for _ in range(45):
        middle = (low + high) / 2
        if function(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.1f}"
