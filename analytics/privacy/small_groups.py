"""Numbers of people as they are told to who may not see single persons: no group of fewer than `least` can be known.

A number below `least` reads 0, as if nobody was there; every other reads as a multiple of it. A step ends on a multiple
and begins one above: 20 means 21 to 30 where `least` is 10, and 10 means 10 to 20. So what a total leaves beside any
number of rows, which is from its lower end less their upper ends on, begins one above a multiple too: it may tell that
somebody is left, and never how many of fewer than `least` they are. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

FOLDED = "(small groups)"
_DIGITS = 2


def told(number: int, least: int) -> int:
    """A number of people, or of what they did, as it is told; as it is where `least` is 0."""
    if not least:
        return number
    return 0 if number < least else max(least, (number - 1) // least * least)


def possible(shown: int, least: int) -> range:
    """The numbers that a told one may be."""
    if not least:
        return range(shown, shown + 1)
    if not shown:
        return range(least)
    return range(shown if shown == least else shown + 1, shown + least + 1)


def told_of(number: int, people: int, least: int) -> int:
    """What `people` did, as often as `number`: nothing where they are too few."""
    return told(number, least) if people >= least else 0


def rough(number: float | None) -> float | None:
    """A mean, a sum or a percentile with two digits that count, as more of them tell of how many it is."""
    if number is None or not number:
        return number
    return float(round(number, _DIGITS - 1 - floor(log10(abs(number)))))


def rough_of(number: float | None, people: int, least: int) -> float | None:
    """The same where it is of enough people; None where not."""
    if not least:
        return number
    return rough(number) if people >= least else None


def kept(people: Sequence[int], least: int) -> list[int]:
    """The places of the groups that are told of."""
    return [place for place, count in enumerate(people) if count >= least]


def in_words(least: int) -> str:
    """What a page says beside such numbers."""
    return (
        f"You may not see single persons here, so groups of fewer than {least} people read 0 or are left out as "
        f"{FOLDED}, and all numbers are in steps of {least}: {2 * least} is more than {2 * least}, up to {3 * least}."
    )
