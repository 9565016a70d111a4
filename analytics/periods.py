"""Periods: what `-24h`, `7d` or two dates mean, the period before, and the buckets of a chart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LONGEST = timedelta(days=3660)
RELATIVE = re.compile(r"-?([1-9][0-9]{0,4})([mhdw])")
# What a chart may count by; all divide a day, so that buckets begin where people expect.
STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 7 * 1440, 28 * 1440)
)
# A Monday, which buckets are counted from.
ORIGIN = datetime(2001, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST_DAYS = {"monday": 0, "saturday": 5, "sunday": 6}
"""How an address and an account name the day that weeks begin on -> its number as by `date.weekday`."""
first_day: ContextVar[Callable[[], int]] = ContextVar("first_day", default=lambda: 0)
"""What says on which day weeks, and with them the bars of charts, begin for whoever asks; Monday where nobody reads."""
# No event is older (what claims to be is stored as received), so nothing has to count with the years before.
EARLIEST = ORIGIN


class BadPeriod(ValueError):
    """The text names no period; the message is for the person who wrote it."""


class Period(NamedTuple):
    """The moments with start <= at < end, in UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def previous(self) -> Period:
        """Return the period of the same length that ends where this one starts."""
        return Period(self.start - self.length, self.start)


def newest_first(period: Period, *, first: timedelta, growth: int) -> Iterator[Period]:
    """Yield the parts of `period` from its end: the last of length `first`, each before it `growth` times longer."""
    end, length = period.end, first
    while end > period.start:
        start = max(period.start, end - length)
        yield Period(start, end)
        end, length = start, length * growth


def week_of(day: date, *, first_day: int) -> date:
    """Return the day that the week of `day` began on; days are numbered as by `date.weekday`."""
    return day - timedelta(days=(day.weekday() - first_day) % 7)


def parse(text: str, *, now: datetime) -> Period:
    """Return the period that ends now (`-24h`, `7d`, `2w`) or lies between two moments (`2026-11-01..2026-11-08`).

    A date is its midnight in UTC; as the last of two it counts as a whole day. Raises BadPeriod.
    """
    now = now.astimezone(UTC)
    if found := RELATIVE.fullmatch(text.strip()):
        return _checked(Period(_before(now, int(found[1]) * UNITS[found[2]]), now), now=now)
    first, dots, last = text.partition("..")
    if not dots:
        raise BadPeriod("A period looks like 24h, 7d or 2026-11-01..2026-11-08.")
    return between(first, last, now=now)


def between(first: str, last: str, *, now: datetime) -> Period:
    """Return the period from `first` to `last` (dates or moments; empty `last`: now). Raises BadPeriod."""
    end = moment(last, is_end=True) if last.strip() else now.astimezone(UTC)
    return _checked(Period(moment(first), end), now=now)


def moment(text: str, *, is_end: bool = False) -> datetime:
    """Return the moment that a date or a moment names; as an end, a date is the midnight after. Raises BadPeriod."""
    text = text.strip()
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime.combine(day, time(), tzinfo=UTC) + (timedelta(days=1) if is_end else timedelta())
        at = datetime.fromisoformat(text)
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadPeriod(f"{text[:40]!r} is no date or moment; write 2026-11-01 or 2026-11-01T12:00.") from None


def step_for(period: Period, *, most: int = 120) -> timedelta:
    """Return the smallest step that cuts the period into at most `most` buckets."""
    for step in STEPS:
        if period.length <= step * most:
            return step
    return STEPS[-1]


def floor(at: datetime, step: timedelta) -> datetime:
    """Return the start of the bucket that holds `at`."""
    begin = origin(step)
    return begin + (at - begin) // step * step


def origin(step: timedelta | None) -> datetime:
    """Return what buckets of this length are counted from: those of weeks from the first day of the reader's week."""
    return ORIGIN if step is None or step <= DAY else ORIGIN + first_day.get()() * DAY


def buckets(period: Period, step: timedelta) -> list[datetime]:
    """Return the starts of all buckets that the period touches; the first may begin before it."""
    return list(_starts(period, step))


def _starts(period: Period, step: timedelta) -> Iterator[datetime]:
    at = floor(period.start, step)
    while at < period.end:
        yield at
        at += step


def _before(now: datetime, length: timedelta) -> datetime:
    if length > LONGEST:
        raise BadPeriod(f"A period is at most {LONGEST.days} days long.")
    return now - length


def _checked(period: Period, *, now: datetime) -> Period:
    if period.start >= period.end:
        raise BadPeriod("A period ends after it starts.")
    if period.length > LONGEST:
        raise BadPeriod(f"A period is at most {LONGEST.days} days long.")
    if period.start < EARLIEST or period.end > now + LONGEST:
        raise BadPeriod(f"A period lies between {EARLIEST.year} and {LONGEST.days} days from now.")
    return period
