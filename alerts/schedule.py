"""When a job is expected: cron lines, intervals and seconds since the last report; pure.

Moments go in and come out in UTC; cron lines and intervals of a day or more are counted in the zone of the monitor, so
that a job at 03:00 stays there when the clocks change.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
UNITS = ("minute", "hour", "day", "week", "month", "year")
LONGEST = timedelta(days=366 * 5)
_FIXED = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_FIELDS = 5
_SIZES = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIT = r"(s(?:ec(?:onds?)?)?|m(?:in(?:utes?)?)?|h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?)"
_PART = re.compile(rf"([0-9]{{1,9}}) *{_UNIT}(?![a-z])")
_LENGTH = re.compile(rf"(?:[0-9]{{1,9}} *{_UNIT}(?![a-z]) *)+")
# Sunday stands first for the reader of cron lines; those who write them let a week end with it.
_TO_SUNDAY = re.compile(r"(?<![\w#-])(\w+)-sun(?![\w-])", re.IGNORECASE)
_WHOLE_WEEK = re.compile(r"(?<![\w#-])(?:mon|1)-7(?![\w#/-])", re.IGNORECASE)


class InvalidSchedule(ValueError):
    """What was given is no schedule; its text says why, for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of the three kinds; `text` is the cron line in the form that is read, an interval or a number of seconds."""

    kind: str
    text: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime | None:
        """The first moment after this one at which a report is due; None where there is none."""
        try:
            if self.kind == "cron":
                return next(CronSim(self.text, moment.astimezone(self.zone))).astimezone(UTC)
            if self.kind == "simple":
                return moment + timedelta(seconds=int(self.text))
            return _stepped(moment, self.text, self.zone)
        except (StopIteration, OverflowError, ValueError):
            return None  # beyond the end of the calendar

    @property
    def words(self) -> str:
        """The schedule as people say it, its zone besides where it counts."""
        if self.kind == "cron":
            return f"{CronSim(self.text, datetime(2026, 1, 1, tzinfo=UTC)).explain()}, {self.zone.key}"
        if self.kind == "simple":
            return f"Within {spoken(int(self.text))} of the last"
        count, unit = self.text.split()
        return f"Every {unit}" if count == "1" else f"Every {count} {unit}s"


def read(kind: str, text: str, zone: str) -> Schedule:
    """The schedule that this is. Raises InvalidSchedule, which names what is wrong."""
    found = zone_of(zone)
    match kind:
        case "cron":
            return Schedule(kind, cron_line(text), found)
        case "interval":
            return Schedule(kind, _interval(text), found)
        case "simple":
            return Schedule(kind, _seconds(text), found)
    raise InvalidSchedule(f"There is no kind of schedule {kind!r}.")


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    try:
        # Names are sent by strangers, and the database of zones is read by path.
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}", name):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise InvalidSchedule(f"There is no time zone {name[:64]!r}.")


@lru_cache(maxsize=4096)
def cron_line(text: str) -> str:
    """The line as its reader takes it, of five fields, or six with the seconds first, as node's schedulers write it."""
    line = " ".join(text.split())
    if line.startswith("@"):
        if line.lower() not in MACROS:
            raise InvalidSchedule(f"{line[:40]!r} is no time; known are {', '.join(MACROS)}.")
        line = MACROS[line.lower()]
    fields = line.split(" ")
    if len(fields) not in (_FIELDS, _FIELDS + 1):
        raise InvalidSchedule(f"A cron line has five fields, {line[:60]!r} has {len(fields) if line else 0}.")
    fields[-1] = _WHOLE_WEEK.sub("*", _TO_SUNDAY.sub(r"\1-7", fields[-1]))
    # “?” is how some schedulers write “whatever day”.
    fields[-1], fields[-3] = ("*" if field == "?" else field for field in (fields[-1], fields[-3]))
    normal = " ".join(fields)
    try:
        next(CronSim(normal, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise InvalidSchedule(f"{line[:60]!r} is no cron line: {str(error).lower()}.") from None
    except (StopIteration, OverflowError):
        raise InvalidSchedule(f"{line[:60]!r} never comes.") from None
    return normal


def spoken(seconds: int) -> str:
    """A length of time in its largest two units."""
    parts = []
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def _interval(text: str) -> str:
    count, _, unit = text.strip().lower().partition(" ")
    unit = unit.strip().removesuffix("s")
    if unit not in UNITS:
        raise InvalidSchedule(f"An interval is a number and one of {', '.join(UNITS)}.")
    if not (count.isascii() and count.isdecimal() and 0 < int(count[:10]) < 10**6):
        raise InvalidSchedule(f"{count[:20]!r} is no number of {unit}s.")
    days = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 31, "year": 366}[unit] * int(count)
    if days > LONGEST.days:
        raise InvalidSchedule("An interval has at most five years.")
    return f"{int(count)} {unit}"


def length(text: str) -> int:
    """Seconds in a length of time as people write it: `5 min`, `1 h 30 min`, `90`. Raises InvalidSchedule."""
    parts = text.strip().lower()
    if parts.isascii() and parts.isdecimal() and len(parts) <= 9:
        return int(parts)
    if not parts.isascii() or len(parts) > 40 or not _LENGTH.fullmatch(parts):
        raise InvalidSchedule(f"{text[:40]!r} is no length of time: 90 s, 5 min, 1 h 30 min or 2 d.")
    return sum(int(count) * _SIZES[unit[0]] for count, unit in _PART.findall(parts))


def _seconds(text: str) -> str:
    seconds = length(text)
    if not 60 <= seconds <= 365 * 86_400:
        raise InvalidSchedule("From 60 seconds to 365 days.")
    return str(seconds)


def _stepped(moment: datetime, text: str, zone: ZoneInfo) -> datetime:
    number, unit = text.split()
    count = int(number)
    if unit in _FIXED:
        return moment + count * _FIXED[unit]
    local = moment.astimezone(zone)
    if unit in _DAYS:
        moved = local + timedelta(days=count * _DAYS[unit])
    else:
        moved = _months_later(local, count * _MONTHS[unit])
    # The same wall clock: one that the change of clocks leaves out is read as the one an hour later.
    return moved.astimezone(UTC)


def _months_later(local: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)
