"""When a maintenance window is open: once, or at the times of a cron line in its zone; pure.

What repeats begins by the wall clock and lasts by the stop watch: two hours are two hours when the clocks change, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from alerts import schedule
from alerts.models import Maintenance

MOST = 400
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A time from `starts_at` up to, not including, `ends_at`."""

    starts_at: datetime
    ends_at: datetime


def windows(made: Maintenance, *, start: datetime, end: datetime) -> list[Window]:
    """Those of the maintenance that overlap this time, in order, at most MOST; the one that was ended early is cut."""
    found = []
    for window in _all(made, start=start, end=end):
        cut = _cut(window, made)
        if cut is not None and cut.ends_at > start:
            found.append(cut)
            if len(found) == MOST:
                break
    return found


def open_at(made: Maintenance, moment: datetime) -> Window | None:
    """The window that is open at this moment; of several, the one that closes last."""
    found = windows(made, start=moment, end=moment + _SECOND)
    return max((one for one in found if one.starts_at <= moment), key=lambda one: one.ends_at, default=None)


def next_after(made: Maintenance, moment: datetime) -> Window | None:
    """The first window that begins after this moment."""
    if not made.cron:
        return Window(made.starts_at, made.ends_at) if made.ends_at and made.starts_at > moment else None
    begins = next(_begins(made, after=max(moment, made.starts_at - _SECOND)), None)
    return None if begins is None else Window(begins, begins + timedelta(minutes=made.minutes))


def _all(made: Maintenance, *, start: datetime, end: datetime) -> Iterator[Window]:
    if not made.cron:
        if made.ends_at is not None and made.starts_at < end and made.ends_at > start:
            yield Window(made.starts_at, made.ends_at)
        return
    length = timedelta(minutes=made.minutes)
    for begins in takewhile(lambda at: at < end, _begins(made, after=max(start - length, made.starts_at - _SECOND))):
        yield Window(begins, begins + length)


def _begins(made: Maintenance, *, after: datetime) -> Iterator[datetime]:
    plan = schedule.read("cron", made.cron, made.zone)
    moment = plan.after(after)
    while moment is not None and (made.ends_at is None or moment < made.ends_at):
        yield moment
        moment = plan.after(moment)


def _cut(window: Window, made: Maintenance) -> Window | None:
    """The window up to where somebody ended it; None where nothing is left of it."""
    if made.ended_at is None or window.starts_at > made.ended_at:
        return window
    ends_at = min(window.ends_at, made.ended_at)
    return Window(window.starts_at, ends_at) if ends_at > window.starts_at else None
