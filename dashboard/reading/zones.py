"""The zone that times are shown in: the reader's. Kept in a cookie, so that the first paint has it and nothing moves.

A browser's own zone is written there by zone.js; one that somebody chose for this browser begins with a mark, and the
script leaves it. Between the two stands what somebody chose for their account.
Addresses, tables of measurements and exports stay in UTC, which they say.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

COOKIE = "obs-zone"
_CHOSEN = "!"


@dataclass(frozen=True, slots=True)
class Zone:
    """`is_chosen`: by hand, so that it holds in whichever zone the browser is."""

    name: str = "UTC"
    is_chosen: bool = False

    @property
    def cookie(self) -> str:
        return f"{_CHOSEN if self.is_chosen else ''}{self.name}"

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.name))


UTC_ZONE = Zone()
_current: ContextVar[Callable[[], Zone] | Zone] = ContextVar("zone", default=UTC_ZONE)


@cache
def names() -> tuple[str, ...]:
    """All zones by name, those of places alone, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def parse(text: str) -> Zone:
    """The zone that a cookie names; UTC for none and for nonsense."""
    name = text.removeprefix(_CHOSEN)
    return Zone(name, text.startswith(_CHOSEN)) if name in names() else Zone()


def current() -> Zone:
    """The zone of whoever reads what is made now; UTC where nobody does, as in mails and tasks."""
    zone = _current.get()
    return zone if isinstance(zone, Zone) else zone()


@contextmanager
def read_in(zone: Callable[[], Zone] | Zone) -> Iterator[None]:
    """Times are shown in `zone`, which is asked for when it is needed, within this block."""
    token = _current.set(zone)
    try:
        yield
    finally:
        _current.reset(token)


def stamp(moment: datetime) -> str:
    """`2026-11-23 13:00:05 CET`."""
    return f"{current().local(moment):%Y-%m-%d %H:%M:%S %Z}"


def minute(moment: datetime) -> str:
    """The same without its seconds: `2026-11-23 13:00 CET`."""
    return f"{current().local(moment):%Y-%m-%d %H:%M %Z}"


def stamp_with_utc(moment: datetime) -> str:
    """The same, and what UTC calls it."""
    utc = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return utc if current().name == "UTC" else f"{stamp(moment)} · {utc}"


def address_in_utc(query: Mapping[str, str]) -> dict[str, str]:
    """`from` and `to` as an address has them, of a form that gave them by the clock of the `zone` beside them; empty
    where it gave none, or what is no moment there."""
    zone, found = query.get("zone", ""), {}
    if zone not in names():
        return {}
    for name in ("from", "to"):
        try:
            moment = datetime.strptime(query.get(name, "")[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=ZoneInfo(zone))
            found[name] = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        except (ValueError, OverflowError):
            return {}
    return found
