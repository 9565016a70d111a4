"""By how much a group differs from another, and what may be said of it: at any moment, at the planned end, as belief.

`sequential` holds however often somebody looks; `fixed` holds at the number of persons that was planned, looked at
once; `bayesian` says how probable it is that one is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.statistics import distributions
from analytics.statistics.distributions import NORMAL
from analytics.statistics.samples import Sample

# At so many persons the interval of `sequential` is narrowest beside what would be possible there.
TUNED_FOR = 5000
# A sample ratio that would come so seldom by chance is none of chance.
MISMATCH = 0.001


@dataclass(frozen=True, slots=True)
class Effect:
    """`value` with its interval. `p` is of no difference, None for a belief; `chance` of being more, None for a test;
    `risk` is what is lost on average by choosing the first, and the second, where they are beliefs."""

    value: float
    low: float
    high: float
    p: float | None = None
    chance: float | None = None
    risk: tuple[float, float] | None = None


def difference(first: Sample, second: Sample, *, is_relative: bool) -> tuple[float, float]:
    """How much more the second has, as a part of the first's mean or by itself, and the variance of that."""
    if not is_relative:
        return second.mean - first.mean, first.variance_of_mean + second.variance_of_mean
    base = first.mean
    variance = second.variance_of_mean / base**2 + first.variance_of_mean * second.mean**2 / base**4
    return (second.mean - base) / base, variance


def fixed(first: Sample, second: Sample, *, level: float, is_relative: bool) -> Effect:
    """Welch's test; of proportions, with their own variances, that of two proportions."""
    value, variance = difference(first, second, is_relative=is_relative)
    error = math.sqrt(variance)
    a, b = first.variance_of_mean, second.variance_of_mean
    degrees = (a + b) ** 2 / (a**2 / (first.count - 1) + b**2 / (second.count - 1))
    half = distributions.students_quantile(1 - level / 2, degrees) * error
    return Effect(value, value - half, value + half, distributions.students_p(value / error, degrees))


def sequential(
    first: Sample, second: Sample, *, level: float, is_relative: bool, tuned_for: float = TUNED_FOR
) -> Effect:
    """An asymptotic confidence sequence: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021 (arXiv 2103.06476)."""
    value, variance = difference(first, second, is_relative=is_relative)
    count = first.count + second.count
    half = half_width(count, variance * count, level=level, tuned_for=tuned_for)
    rho = _rho(level, tuned_for)
    grown = count * rho**2 + 1
    evidence = rho**2 * value**2 * count / (2 * variance * grown) - math.log(grown) / 2
    return Effect(value, value - half, value + half, math.exp(-max(0.0, evidence)))


def half_width(count: float, variance: float, *, level: float, tuned_for: float = TUNED_FOR) -> float:
    """Half of the confidence sequence's interval of a mean of `count` numbers that vary so."""
    rho = _rho(level, tuned_for)
    grown = count * rho**2 + 1
    return math.sqrt(variance * 2 * grown * math.log(math.sqrt(grown) / level)) / (count * rho)


def _rho(level: float, tuned_for: float) -> float:
    found = -2 * math.log(level)
    return math.sqrt((found + math.log(found + 1)) / tuned_for)


def bayesian(first: Sample, second: Sample, *, level: float, is_relative: bool) -> Effect:
    """A normal belief, which was even before: its middle, and how probable it is that the second has more."""
    value, variance = difference(first, second, is_relative=is_relative)
    error = math.sqrt(variance)
    half, chance = NORMAL.inv_cdf(1 - level / 2) * error, NORMAL.cdf(value / error)
    more = error * NORMAL.pdf(value / error) + value * chance
    return Effect(value, value - half, value + half, chance=chance, risk=(more, more - value))


def chance_of_more(hits: int, of: int, hits_second: int, of_second: int) -> float:
    """How probable it is that the second proportion is larger, with even beliefs before (Evan Miller 2015, eq. 6)."""
    a, b, c, d = 1 + hits, 1 + of - hits, 1 + hits_second, 1 + of_second - hits_second
    term = _log_beta(a, b + d) - math.log(d) - _log_beta(1, d) - _log_beta(a, b)
    total = 0.0
    for i in range(c):
        total += math.exp(term)
        term += math.log(a + i) - math.log(a + b + d + i) + math.log(d + i) - math.log(1 + i)
    return min(1.0, total)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> float | None:
    """How often chance alone splits people at least so far from these shares (chi-square); None without people."""
    total, whole = sum(counts), sum(shares)
    if not total:
        return None
    expected = [total * share / whole for share in shares]
    square = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    return distributions.chi_square_p(square, len(counts) - 1)


def corrected(ps: Sequence[float], *, method: str) -> list[float]:
    """The p of many questions asked at once: `holm` bounds the chance of any wrong answer, `bh` the share of wrong ones
    among those believed (Benjamini and Hochberg), `none` leaves them."""
    many = len(ps)
    order = sorted(range(many), key=ps.__getitem__)
    found = list(ps)
    if method == "holm":
        last = 0.0
        for place, index in enumerate(order):
            found[index] = last = max(last, min(1.0, ps[index] * (many - place)))
    elif method == "bh":
        last = 1.0
        for place in range(many, 0, -1):
            index = order[place - 1]
            found[index] = last = min(last, ps[index] * many / place)
    return found
