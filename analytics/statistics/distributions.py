"""The distributions that intervals and tests are made of, by the standard library alone."""

from __future__ import annotations

import math
from statistics import NormalDist

NORMAL = NormalDist()
_STEPS = 400
# From so many degrees of freedom on, Student's quantile by its expansion is good to ten digits.
_MANY = 500


def students_p(t: float, degrees: float) -> float:
    """The probability that Student's t is at least so far from 0, on either side."""
    return beta(degrees / (degrees + t * t), degrees / 2, 0.5)


def students_quantile(share: float, degrees: float) -> float:
    """The t below which `share`, above a half, of Student's distribution lies."""
    z = NORMAL.inv_cdf(share)
    # Abramowitz and Stegun 26.7.5.
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    near = z + sum(term / degrees**power for power, term in enumerate(terms, 1))
    if degrees >= _MANY:
        return near
    low, high = 0.0, max(1.0, near)
    while students_p(high, degrees) > 2 * (1 - share):
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        if students_p(middle, degrees) > 2 * (1 - share):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def chi_square_p(value: float, degrees: int) -> float:
    """The probability of so large a chi-square, or a larger one."""
    half = value / 2
    if half <= 0:
        return 1.0
    if degrees % 2:
        terms = (math.exp((i - 0.5) * math.log(half) - half - math.lgamma(i + 0.5)) for i in range(1, degrees // 2 + 1))
        return min(1.0, math.erfc(math.sqrt(half)) + sum(terms))
    return min(1.0, sum(math.exp(i * math.log(half) - half - math.lgamma(i + 1)) for i in range(degrees // 2)))


def beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by the continued fraction of Lentz."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return min(1.0, front * _fraction(x, a, b) / a)
    return max(0.0, 1 - front * _fraction(1 - x, b, a) / b)


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    found = d
    steps = _STEPS + int(10 * math.sqrt(max(a, b)))
    for m in range(1, steps):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + term * d
            c = 1 + term / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            found *= d * c
        if abs(d * c - 1) < 1e-12:
            break
    return found
