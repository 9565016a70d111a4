"""Quiet hours of a channel: pure, in the wall clock of the channel's own zone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.models import Channel

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one time of a day to the next such other time; `days` are those it begins on, none: all."""

    start: time
    end: time
    days: Collection[int] = ()
    zone: str = "UTC"

    def ends_at(self, now: datetime) -> datetime | None:
        """When the quiet that lasts now ends; None while there is none. Equal times: all day long."""
        zone = _zone(self.zone)
        today = now.astimezone(zone).date()
        for day in (today, today - DAY):
            last = day if self.start < self.end else day + DAY
            begins = datetime.combine(day, self.start, zone).astimezone(UTC)
            ends = datetime.combine(last, self.end, zone).astimezone(UTC)
            if (not self.days or day.weekday() in self.days) and begins <= now < ends:
                return ends
        return None


def of(channel: Channel) -> Quiet | None:
    """The channel's quiet hours, if it has any."""
    if channel.quiet_from is None or channel.quiet_until is None:
        return None
    return Quiet(channel.quiet_from, channel.quiet_until, channel.quiet_days, channel.quiet_zone or "UTC")


def ends_at(channel: Channel, *, now: datetime) -> datetime | None:
    """When the channel may be told again; None where it may be told now."""
    quiet = of(channel)
    return quiet.ends_at(now) if quiet else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a zone that an update of the system took away
        return ZoneInfo("UTC")
