"""Maintenance windows: once and again, over changes of clocks and leap days."""

from datetime import UTC, datetime, timedelta

from alerts.models import Maintenance
from alerts.routing import windows

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def repeating(cron: str, minutes: int, *, zone: str = "Europe/Vienna", start: str = "2026-01-01T00:00") -> Maintenance:
    return Maintenance(name="m", matchers="a=b", cron=cron, minutes=minutes, zone=zone, starts_at=at(start))


def begins(made: Maintenance, start: str, days: int) -> list[str]:
    found = windows.windows(made, start=at(start), end=at(start) + timedelta(days=days))
    return [f"{one.starts_at:%m-%dT%H:%M}+{(one.ends_at - one.starts_at) / HOUR:g}h" for one in found]


def test_it_begins_by_the_wall_clock_and_lasts_by_the_stop_watch() -> None:
    cases = (
        # (cron, minutes, from, days, in UTC)
        ("0 3 * * *", 120, "2026-03-28T00:00", 3, ["03-28T02:00+2h", "03-29T01:00+2h", "03-30T01:00+2h"]),
        ("30 2 * * *", 60, "2026-03-28T00:00", 3, ["03-28T01:30+1h", "03-29T01:00+1h", "03-30T00:30+1h"]),
        ("30 2 * * *", 60, "2026-10-24T12:00", 2, ["10-25T00:30+1h", "10-26T01:30+1h"]),
        ("0 22 * * 5", 600, "2026-11-26T00:00", 9, ["11-27T21:00+10h", "12-04T21:00+10h"]),
        ("0 12 29 2 *", 30, "2028-02-01T00:00", 60, ["02-29T11:00+0.5h"]),
        ("0 0 1 * *", 1440, "2026-11-01T12:00", 40, ["10-31T23:00+24h", "11-30T23:00+24h"]),
    )
    for cron, minutes, start, days, wanted in cases:
        assert begins(repeating(cron, minutes), start, days) == wanted, cron


def test_it_is_open_from_its_beginning_to_before_its_end() -> None:
    made = repeating("0 22 * * 5", 600)
    moments = {"2026-11-27T20:59": False, "2026-11-27T21:00": True, "2026-11-28T06:59": True, "2026-11-28T07:00": False}
    assert {moment: windows.open_at(made, at(moment)) is not None for moment in moments} == moments
    once = Maintenance(name="m", starts_at=at("2026-11-27T10:00"), ends_at=at("2026-11-27T11:00"))
    moments = {"2026-11-27T09:59": False, "2026-11-27T10:00": True, "2026-11-27T10:59": True, "2026-11-27T11:00": False}
    assert {moment: windows.open_at(once, at(moment)) is not None for moment in moments} == moments


def test_one_that_was_ended_early_is_over_and_the_next_comes() -> None:
    made = repeating("0 22 * * 5", 600)
    made.ended_at = at("2026-11-27T23:00")
    assert windows.open_at(made, at("2026-11-27T22:59")) is not None
    assert windows.open_at(made, at("2026-11-27T23:30")) is None
    assert windows.open_at(made, at("2026-12-04T23:30")) is not None
    assert begins(made, "2026-11-26T00:00", 9) == ["11-27T21:00+2h", "12-04T21:00+10h"]


def test_it_repeats_within_its_days_alone() -> None:
    made = repeating("0 3 * * *", 60, zone="UTC", start="2026-11-10T03:00")
    made.ends_at = at("2026-11-12T03:00")
    assert begins(made, "2026-11-01T00:00", 30) == ["11-10T03:00+1h", "11-11T03:00+1h"]
    following = windows.next_after(made, at("2026-11-10T04:00"))
    assert following is not None
    assert following.starts_at == at("2026-11-11T03:00")
    assert windows.next_after(made, at("2026-11-11T04:00")) is None


def test_windows_that_overlap_end_with_the_last_and_are_bounded() -> None:
    made = repeating("*/10 * * * *", 30, zone="UTC")
    found = windows.open_at(made, at("2026-11-01T00:05"))
    assert found is not None
    assert found.ends_at == at("2026-11-01T00:30")
    assert len(windows.windows(made, start=at("2026-11-01T00:00"), end=at("2026-12-01T00:00"))) == windows.MOST
