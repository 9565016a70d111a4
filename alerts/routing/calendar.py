"""What will hold news back: the silences and maintenance windows of the days ahead, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from alerts.models import Maintenance, Silence
from alerts.routing import matchers, windows
from alerts.routing.windows import Window
from events.models import Project

DAYS = 30
MOST = 2000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on one day; the hours are those of that day alone, in UTC."""

    kind: str
    key: int
    name: str
    about: str
    starts_at: datetime
    ends_at: datetime
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    entries: tuple[Entry, ...]


def ahead(project: Project, *, now: datetime, count: int = DAYS) -> list[Day]:
    """Today and the days after it, each with what lasts on it."""
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + count * _DAY
    found = sorted(_of_project(project, start=max(start, now), end=end), key=lambda one: (one[1].starts_at, one[0].pk))
    return days([(row, window) for row, window in found][:MOST], start=start, count=count)


def days(found: Iterable[tuple[Silence | Maintenance, Window]], *, start: datetime, count: int) -> list[Day]:
    """The days from `start`, and on each of them what lasts on it."""
    listed = list(found)
    made = []
    for number in range(count):
        begins, ends = start + number * _DAY, start + (number + 1) * _DAY
        on = [(row, window) for row, window in listed if window.starts_at < ends and window.ends_at > begins]
        made.append(Day(begins.date(), tuple(_entry(row, window, begins=begins, ends=ends) for row, window in on)))
    return made


def _of_project(project: Project, *, start: datetime, end: datetime) -> Iterator[tuple[Silence | Maintenance, Window]]:
    for silence in Silence.objects.filter(project=project, starts_at__lt=end, ends_at__gt=start):
        yield silence, Window(silence.starts_at, silence.ends_at)
    open_ended = Q(ends_at=None) | Q(ends_at__gt=start) | ~Q(cron="")
    for made in Maintenance.objects.filter(open_ended, project=project, starts_at__lt=end):
        for window in windows.windows(made, start=start, end=end):
            yield made, window


def _entry(row: Silence | Maintenance, window: Window, *, begins: datetime, ends: datetime) -> Entry:
    is_silence = isinstance(row, Silence)
    about = matchers.written(matchers.of_pairs(row.matchers)) if isinstance(row, Silence) else row.matchers
    return Entry(
        "silence" if is_silence else "maintenance", row.pk, str(row), about, window.starts_at, window.ends_at,
        "00:00" if window.starts_at <= begins else f"{window.starts_at:%H:%M}",
        "24:00" if window.ends_at >= ends else f"{window.ends_at:%H:%M}",
    )  # fmt: skip
