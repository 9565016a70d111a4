"""What is known of one group: how many, their mean and how much they differ, of one number or of two side by side.

Moments of parts are joined without a loss of digits (Chan, Golub and LeVeque 1983), so that a day is added to a day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """`variance` is of one person's number; that of the mean is smaller by `count`."""

    count: int
    mean: float
    variance: float

    @property
    def variance_of_mean(self) -> float:
        return self.variance / self.count


@dataclass(frozen=True, slots=True)
class Moments:
    """`count` pairs (y, z): their means, and the sums of squares and of products of what they are off them."""

    count: int = 0
    mean: float = 0.0
    beside: float = 0.0
    squares: float = 0.0
    squares_beside: float = 0.0
    products: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        if not self.count or not other.count:
            return other if other.count else self
        dy, dz, weight = other.mean - self.mean, other.beside - self.beside, self.count * other.count / count
        return Moments(
            count,
            self.mean + dy * other.count / count,
            self.beside + dz * other.count / count,
            self.squares + other.squares + dy * dy * weight,
            self.squares_beside + other.squares_beside + dz * dz * weight,
            self.products + other.products + dy * dz * weight,
        )


def joined(parts: Iterable[Moments]) -> Moments:
    return sum(parts, Moments())


def proportion(hits: int, of: int) -> Sample:
    share = hits / of
    return Sample(of, share, share * (1 - share))


def of_sums(total: float, squares: float, count: int) -> Sample:
    """A sample by the sum of its numbers and the sum of their squares."""
    return Sample(count, total / count, (squares - total * total / count) / (count - 1))


def share(moments: Moments) -> Sample:
    """Of numbers that are 0 or 1."""
    return Sample(moments.count, moments.mean, moments.mean * (1 - moments.mean))


def mean(moments: Moments) -> Sample:
    return Sample(moments.count, moments.mean, moments.squares / (moments.count - 1))


def ratio(moments: Moments) -> Sample | None:
    """All of y by all of z, with the variance of the delta method; None where all of z is 0."""
    y, z, degrees = moments.mean, moments.beside, moments.count - 1
    if not z:
        return None
    yy, zz, yz = moments.squares / degrees, moments.squares_beside / degrees, moments.products / degrees
    return Sample(moments.count, y / z, max(0.0, yy / z**2 - 2 * yz * y / z**3 + zz * y**2 / z**4))


def adjusted(groups: dict[str, Moments]) -> dict[str, Sample]:
    """Each group's mean as it would be had all groups been alike before (CUPED: Deng, Xu, Kohavi and Walker 2013).

    z is a number known of each person before the groups were made; y loses what z foretells of it, and with that the
    variance by the square of their correlation.
    """
    whole = joined(groups.values())
    within, products = (sum(getattr(one, name) for one in groups.values()) for name in ("squares_beside", "products"))
    theta = products / within if within else 0.0
    found = {}
    for name, one in groups.items():
        squares = one.squares + theta**2 * one.squares_beside - 2 * theta * one.products
        found[name] = Sample(
            one.count, one.mean - theta * (one.beside - whole.beside), max(0.0, squares) / (one.count - 1)
        )
    return found


def is_sound(sample: Sample | None) -> bool:
    """Whether anything can be said of it: some persons, who differ, by finite numbers."""
    return sample is not None and sample.count > 1 and math.isfinite(sample.mean) and 0 < sample.variance < math.inf
