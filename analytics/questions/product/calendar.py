"""Hours, days, weeks and months of a time zone as buckets of a period. Pure.

A day of a clock change has 23 or 25 hours, and the repeated hour is two buckets. Weeks begin on Monday, or on the day
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.engine import filters
from analytics.engine.filters import microseconds
from analytics.periods import FIRST_DAYS, Period, week_of
from analytics.questions.product.acts import BadQuestion

UNITS = ("hour", "day", "week", "month")
MOST = 1000
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Buckets that follow each other: bucket i is `edges[i] <= at < edges[i + 1]`, in UTC."""

    unit: str
    edges: tuple[datetime, ...]
    zone: ZoneInfo

    @property
    def starts(self) -> tuple[datetime, ...]:
        return self.edges[:-1]

    def whole(self, period: Period) -> tuple[bool, ...]:
        """Which buckets the period does not cut."""
        return tuple(start >= period.start and end <= period.end for start, end in pairwise(self.edges))

    def place(self, us: str) -> str:
        """SQL of the bucket of a moment in microseconds since 1970; -1 before the first, the last also after it."""
        cases = [f"WHEN {us} < {microseconds(self.edges[0])} THEN -1"]
        cases += [
            f"WHEN {us} < {microseconds(end)} THEN {first} + ({us} - {microseconds(start)}) // {width}"
            for first, start, end, width in _runs(self.edges)
        ]
        return f"CASE {' '.join(cases)} ELSE {len(self.edges) - 2} END"


def calendar(period: Period, unit: str, zone: ZoneInfo, *, before: int = 0, first_day: int = 0) -> Calendar:
    """The buckets that a period touches, and `before` more of them; weeks begin on `first_day`, numbered as by
    `date.weekday`. Raises BadQuestion where they are too many."""
    if unit not in UNITS:
        raise BadQuestion(f"A period is cut by {', '.join(UNITS)}.")
    edges = [_floor(period.start, unit, zone, first_day=first_day)]
    for _ in range(before):
        edges.insert(0, _floor(edges[0] - timedelta(microseconds=1), unit, zone, first_day=first_day))
    while edges[-1] < period.end:
        if len(edges) > MOST:
            raise BadQuestion(f"That would be more than {MOST} {unit}s; ask for longer ones or a shorter period.")
        edges.append(_after(edges[-1], unit, zone))
    return Calendar(unit, tuple(edges), zone)


def first_day_of(name: str) -> int:
    """The day that weeks begin on, Monday for none. Raises BadQuestion."""
    day = name.lower() or "monday"
    if day not in FIRST_DAYS:
        raise BadQuestion(f"Weeks begin on {', '.join(FIRST_DAYS)}; not on {name[:20]!r}.")
    return FIRST_DAYS[day]


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name, UTC for none. Raises BadQuestion."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadQuestion(f"{name[:40]!r} is no time zone; write Europe/Berlin.") from None


def _floor(at: datetime, unit: str, zone: ZoneInfo, *, first_day: int) -> datetime:
    local = at.astimezone(zone)
    if unit == "hour":
        since = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return at.astimezone(UTC) - since
    day = local.date()
    if unit == "week":
        day = week_of(day, first_day=first_day)
    return _midnight(day.replace(day=1) if unit == "month" else day, zone)


def _after(start: datetime, unit: str, zone: ZoneInfo) -> datetime:
    if unit == "hour":
        return start + _HOUR
    day = start.astimezone(zone).date()
    while True:  # a zone may leave a day out
        if unit == "month":
            day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        else:
            day += timedelta(days=7 if unit == "week" else 1)
        if (following := _midnight(day, zone)) > start:
            return following


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def _runs(edges: tuple[datetime, ...]) -> Iterator[tuple[int, datetime, datetime, int]]:
    """(number of the first bucket, its start, the end of the last, microseconds of each) of buckets of one length."""
    first = 0
    for place in range(1, len(edges)):
        width = edges[place] - edges[place - 1]
        if place + 1 == len(edges) or edges[place + 1] - edges[place] != width:
            yield first, edges[first], edges[place], filters.width(width)
            first = place
