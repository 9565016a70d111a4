"""What the rules of one tick read of the rollups together: each stretch of cells once, and each history once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from analytics.periods import Period
from analytics.rollups import reading
from analytics.rollups.cells import Cells, joined

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Steps up to this are made of minutes, so that a part of a stretch is a part of its cells.
FINE = timedelta(minutes=5)
Found = TypeVar("Found")


@dataclass
class Shared:
    """Reads of one moment `now`; kept for as long as a tick judges, and thrown away with what they hold."""

    now: datetime
    _longest: dict[tuple[int, str, timedelta], Period] = field(default_factory=dict)
    _read: dict[tuple[int, str, timedelta], tuple[Period, Cells]] = field(default_factory=dict)
    _kept: dict[Hashable, object] = field(default_factory=dict)

    def expect(self, project_id: int, rollup: str, period: Period, step: timedelta) -> None:
        """This will be asked for: what is asked of the same before is read as far back at once."""
        key = (project_id, rollup, step)
        known = self._longest.get(key, period)
        self._longest[key] = Period(min(known.start, period.start), max(known.end, period.end))

    def reach(self, project_id: int, rollup: str, period: Period, step: timedelta) -> Period:
        """The longest stretch of the same that is expected and holds the period."""
        known = self._longest.get((project_id, rollup, step), period)
        return known if known.start <= period.start and known.end == period.end else period

    def once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What `find` gives, found at the first time."""
        if key not in self._kept:
            self._kept[key] = find()
        return self._kept[key]  # type: ignore[return-value]

    def cells(self, project_id: int, rollup: str, *, period: Period, step: timedelta | None) -> Cells:
        """The cells of a period; of one that begins before minutes are kept, hours and then minutes."""
        if step is None or step > FINE:
            key = (project_id, rollup, period.start, period.end, step)
            return self.once(key, lambda: _cells(project_id, rollup, period=period, now=self.now, step=step))
        held = self._read.get((project_id, rollup, step))
        if held is None or not (held[0].start <= period.start and period.end <= held[0].end):
            reach = self.reach(project_id, rollup, period, step)
            held = reach, _cells(project_id, rollup, period=reach, now=self.now, step=step)
            self._read[project_id, rollup, step] = held
        return held[1] if held[0] == period else self._part(held[1], period)

    def _part(self, cells: Cells, period: Period) -> Cells:
        start = period.start
        if start < reading.first_minute(self.now):
            start = start.replace(minute=0)  # the hour that it begins in, as it is read
        return cells.between(reading.minute_of(start), -(-(period.end - reading.EPOCH) // MINUTE))


def _cells(project_id: int, rollup: str, *, period: Period, now: datetime, step: timedelta | None) -> Cells:
    edge = reading.first_minute(now)
    if not period.start < edge < period.end:
        return reading.read(project_id, rollup, period=period, now=now, step=step)
    parts = [Period(period.start, edge), Period(edge, period.end)]
    return joined([reading.read(project_id, rollup, period=part, now=now, step=step) for part in parts])
