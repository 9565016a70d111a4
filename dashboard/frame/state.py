"""What a page looks at, as its URL says it: environment, period, comparison. The clock is a parameter; `week` is the
reader's, the rest the same for everybody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import re2

from analytics.periods import EARLIEST
from dashboard.reading import weeks, zones

PERIODS: dict[str, tuple[str, str, timedelta]] = {
    "-15m": ("15 min", "", timedelta(minutes=15)),
    "-1h": ("1 h", "h", timedelta(hours=1)),
    "-24h": ("24 h", "d", timedelta(days=1)),
    "-7d": ("7 d", "w", timedelta(days=7)),
    "-30d": ("30 d", "m", timedelta(days=30)),
    "-90d": ("90 d", "", timedelta(days=90)),
}
"""`from` -> (its words, its key on the keyboard, its length)."""

WEEKS: dict[tuple[str, str], str] = {("week", ""): "This week", ("week-before", "week"): "Last week"}
"""(`from`, `to`) of weeks, which begin at midnight on the day and in the zone of whoever reads -> their words."""

_SHORT = {"m": "min"}
DEFAULT = "-24h"
LONGEST = timedelta(days=400)
UNREADABLE = "The period in the address could not be read; these are the last 24 hours."
OUTSIDE = "Nothing can lie in the period asked for; these are the last 24 hours."
SHORTENED = f"A period is at most {LONGEST.days} days long and within what can be stored; the one asked for was cut."
KEPT = ("env", "from", "to", "cmp")
_RELATIVE = re2.compile(r"^-(\d{1,4})([mhdw])$")
COMPARISONS = {"prev": "the period before", "release": "the last release"}
"""`cmp` -> what the numbers are compared with, and the charts' earlier lines drawn from."""

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class State:
    """A parsed URL. `since` and `until` are as written; `start` and `end` are what they mean now (end exclusive).

    `compare` is one of COMPARISONS, or empty: compared with the period before, which is not drawn. `notice` says why
    the period is not the one that was asked for. `sees_persons` is not of the URL: whether who looks may see single
    persons; who is not known may not.
    """

    environment: str
    since: str
    until: str
    compare: str
    start: datetime
    end: datetime
    notice: str = ""
    sees_persons: bool = False

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def label(self) -> str:
        """The period in words."""
        if (self.since, self.until) in WEEKS:
            return WEEKS[self.since, self.until]
        if self.since in PERIODS and not self.until:
            return f"Last {PERIODS[self.since][0]}"
        if self.since.startswith("-") and not self.until:
            return f"Last {self.since[1:-1]} {_SHORT.get(self.since[-1], self.since[-1])}"
        return in_words(self.start, self.end)

    @property
    def previous(self) -> tuple[datetime, datetime]:
        """The period of equal length just before this one."""
        return self.start - self.length, self.start

    @property
    def query(self) -> str:
        """The state as a query string without defaults: `env=prod&from=-7d`, or nothing."""
        return self.with_()

    def with_(self, **changes: str) -> str:
        """The query string of this state with `changes` to env, from, to or cmp; an empty value drops the part."""
        parts = {
            "env": self.environment,
            "from": "" if self.since == DEFAULT and not self.until else self.since,
            "to": self.until,
            "cmp": self.compare,
        }
        parts.update({name.rstrip("_"): value for name, value in changes.items()})
        return urlencode({name: value for name, value in parts.items() if value})

    @property
    def absolute_period(self) -> dict[str, str]:
        """The moments that `from` and `to` mean now."""
        return {"from": stamp(self.start), "to": stamp(self.end)}

    def absolute(self) -> str:
        """The query string that means the same tomorrow."""
        return self.with_(**self.absolute_period)


def parse(parameters: Mapping[str, str], *, now: datetime) -> State:
    """The state in `parameters`; whatever is unreadable counts as not said."""
    environment = parameters.get("env", "").replace("\x00", "")[:64]
    compare = parameters.get("cmp", "")
    compare = compare if compare in COMPARISONS else ""
    since, until = parameters.get("from", ""), parameters.get("to", "")
    end = _moment(until, now=now) if until else now
    start = _moment(since, now=now) if since else None
    notice = UNREADABLE if since or until else ""
    if start is not None and end is not None and start < end:
        first, last = _within(start, end, now=now)
        notice = "" if (first, last) == (start, end) else SHORTENED if first < last else OUTSIDE
        since, until = since if first == start else stamp(first), until if last == end else stamp(last)
        start, end = first, last
    if start is None or end is None or start >= end:
        since, until = DEFAULT, ""
        start, end = now - PERIODS[DEFAULT][2], now
    return State(environment, since, until, compare, start, end, notice)


def _within(start: datetime, end: datetime, *, now: datetime) -> tuple[datetime, datetime]:
    """The part of a period that anything can lie in: arithmetic, databases and charts do not know all years."""
    start, end = max(start, EARLIEST), max(min(end, now + LONGEST), EARLIEST)
    return max(start, end - LONGEST), end


def seen_by(state: State, *, sees_persons: bool) -> State:
    """`state` for somebody who may see single persons, or may not."""
    return replace(state, sees_persons=sees_persons)


def narrowed(state: State, *, environment: str) -> State:
    """`state` in another environment."""
    return replace(state, environment=environment)


def _moment(text: str, *, now: datetime) -> datetime | None:
    if text == "now":
        return now
    if text in ("week", "week-before"):
        return _week(now if text == "week" else now - timedelta(weeks=1))
    try:
        relative = _RELATIVE.match(text)
        if relative:
            return now - timedelta(**{_UNITS[relative[2]]: int(relative[1])})
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), tz=UTC)
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _week(at: datetime) -> datetime:
    begun = weeks.begun(at, zone=ZoneInfo(zones.current().name), first_day=weeks.current())
    return begun.astimezone(UTC)


def in_words(start: datetime, end: datetime) -> str:
    """A period in the reader's zone: days where it is of whole ones there or in UTC, else moments."""
    zone = zones.current()
    for first, last in ((zone.local(start), zone.local(end)), (start, end)):
        if first.time() == last.time() == time():
            last, of = last - timedelta(days=1), "" if zone.name == "UTC" or first.tzinfo != UTC else " UTC"
            return f"{first:%d %b} – {last:%d %b}{of}" if last > first else f"{first:%d %b}{of}"
    return f"{zone.local(start):%d %b %H:%M} – {zone.local(end):%d %b %H:%M %Z}"


def stamp(moment: datetime) -> str:
    """A moment as an address has it: `2026-03-01T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
