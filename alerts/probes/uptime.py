"""How much of a time something was up: from stretches of time, with what is excluded taken out. Pure.

What nobody looked at is in no sum: it is neither up nor down, and no part of what is divided by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

Interval = tuple[datetime, datetime]
NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which something was up, or was not."""

    is_up: bool
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Uptime:
    """Of a period: how long it was up and how long down; the rest was not looked at, or is excluded."""

    up: timedelta = NOTHING
    down: timedelta = NOTHING

    @property
    def share(self) -> float | None:
        """Of one; None where nothing is known."""
        known = self.up + self.down
        return self.up / known if known else None


def uptime(
    stretches: Iterable[Stretch], *, start: datetime, end: datetime, excluded: Sequence[Interval] = ()
) -> Uptime:
    """What is known of start <= t < end without the `excluded` intervals, such as planned maintenance."""
    left_out = merged(excluded)
    sums = {True: NOTHING, False: NOTHING}
    for stretch in stretches:
        low, high = max(stretch.start, start), min(stretch.end, end)
        if low < high:
            sums[stretch.is_up] += high - low - _overlap(low, high, left_out)
    return Uptime(sums[True], sums[False])


def by_day(
    stretches: Sequence[Stretch], *, end: datetime, days: int, zone: tzinfo, excluded: Sequence[Interval] = ()
) -> list[tuple[datetime, Uptime]]:
    """The last `days` days of a zone, the oldest first, the day of `end` included, with what is known of each."""
    ordered = sorted(stretches, key=lambda stretch: stretch.start)
    found, place = [], 0
    for first, last in _days(end, days, zone):
        while place < len(ordered) and ordered[place].end <= first:
            place += 1
        touched = [stretch for stretch in ordered[place:] if stretch.start < last]
        found.append((first, uptime(touched, start=first, end=min(last, end), excluded=excluded)))
    return found


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, in order."""
    found: list[Interval] = []
    for start, end in sorted(one for one in intervals if one[0] < one[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _overlap(start: datetime, end: datetime, intervals: Iterable[Interval]) -> timedelta:
    return sum((max(NOTHING, min(end, last) - max(start, first)) for first, last in intervals), NOTHING)


def _days(end: datetime, days: int, zone: tzinfo) -> Iterator[Interval]:
    """Days of a wall clock: 23 or 25 hours where it changes."""
    today = end.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(days - 1, -1, -1):
        day = today.date() - timedelta(days=back)
        first, last = (
            datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(end.tzinfo)
            for one in (day, day + timedelta(days=1))
        )
        yield first, last
