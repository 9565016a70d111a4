from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest

from analytics import periods
from analytics.periods import BadPeriod, Period

NOW = datetime(2026, 11, 23, 12, 34, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("-24h", Period(NOW - DAY, NOW)),
        ("7d", Period(NOW - 7 * DAY, NOW)),
        (" 2w ", Period(NOW - 14 * DAY, NOW)),
        ("15m", Period(NOW - timedelta(minutes=15), NOW)),
        ("2026-11-01..2026-11-08", Period(at("2026-11-01"), at("2026-11-09"))),
        ("2026-11-01..", Period(at("2026-11-01"), NOW)),
        ("2026-11-01T10:00..2026-11-01T11:00", Period(at("2026-11-01T10:00"), at("2026-11-01T11:00"))),
        ("2026-11-01T10:00+02:00..2026-11-01T10:00Z", Period(at("2026-11-01T08:00"), at("2026-11-01T10:00"))),
    ],
)
def test_a_period_is_read(text: str, period: Period) -> None:
    assert periods.parse(text, now=NOW.astimezone(timezone(HOUR))) == period


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "looks like"),
        ("0d", "looks like"),
        ("24", "looks like"),
        ("1y", "looks like"),
        ("99999d", "at most"),
        ("0001-01-01..0001-01-02", "lies between"),
        ("9999-12-30..9999-12-30", "lies between"),
        ("9999-12-31..9999-12-31", "is no date"),
        ("0001-01-01T00:00+14:00..2026-01-01", "is no date"),
        ("2026-13-01..", "is no date"),
        ("x..y", "is no date"),
        ("2026-11-08..2026-11-01", "ends after"),
        ("0001-01-01..9999-12-30", "at most"),
        ("2026-11-01..9999-12-31", "is no date"),
    ],
)
def test_what_is_no_period_is_refused_with_a_hint(text: str, why: str) -> None:
    with pytest.raises(BadPeriod, match=why):
        periods.parse(text, now=NOW)


def test_the_previous_period_is_as_long_and_ends_at_the_start() -> None:
    period = Period(NOW - 7 * DAY, NOW)
    assert period.previous() == Period(NOW - 14 * DAY, NOW - 7 * DAY)


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (HOUR, timedelta(minutes=1)),
        (3 * HOUR, timedelta(minutes=5)),
        (DAY, timedelta(minutes=15)),
        (7 * DAY, 2 * HOUR),
        (30 * DAY, 6 * HOUR),
        (90 * DAY, DAY),
        (3650 * DAY, 28 * DAY),
    ],
)
def test_a_chart_has_no_more_buckets_than_it_can_show(length: timedelta, step: timedelta) -> None:
    assert periods.step_for(Period(NOW - length, NOW)) == step


@pytest.mark.parametrize(
    ("step", "first", "count"),
    [
        (HOUR, at("2026-11-22T12:00"), 25),
        (DAY, at("2026-11-22"), 2),
        (7 * DAY, at("2026-11-16"), 2),
    ],
)
def test_buckets_cover_the_period_and_weeks_begin_on_monday(step: timedelta, first: datetime, count: int) -> None:
    starts = periods.buckets(Period(NOW - DAY, NOW), step)
    assert (starts[0], len(starts)) == (first, count)
    assert all(later - earlier == step for earlier, later in pairwise(starts))


def test_buckets_of_weeks_begin_on_the_readers_day_and_others_where_they_do() -> None:
    at = datetime(2026, 11, 25, 13, 7, tzinfo=UTC)  # a Wednesday
    plain = {step: periods.floor(at, step) for step in periods.STEPS}
    token = periods.first_day.set(lambda: 6)
    try:
        found = {step: periods.floor(at, step) for step in periods.STEPS}
    finally:
        periods.first_day.reset(token)
    assert found.pop(timedelta(days=7)) == datetime(2026, 11, 22, tzinfo=UTC)
    assert found.pop(timedelta(days=28)).weekday() == 6
    assert found.items() <= plain.items()


def test_buckets_of_every_step_hold_the_ends_of_the_period() -> None:
    period: Any = Period(NOW - 3 * DAY, NOW)
    for step in periods.STEPS:
        starts = periods.buckets(period, step)
        assert starts[0] <= period.start < starts[0] + step
        assert starts[-1] < period.end <= starts[-1] + step


def test_the_parts_of_a_period_from_its_end_leave_nothing_out() -> None:
    month = Period(NOW - 30 * DAY, NOW)
    parts = list(periods.newest_first(month, first=timedelta(hours=6), growth=4))
    assert [part.end for part in parts] == [NOW, *(part.start for part in parts[:-1])]
    assert [part.length for part in parts] == [DAY / 4, DAY, 4 * DAY, 16 * DAY, 8.75 * DAY]
    assert parts[-1].start == month.start
    assert list(periods.newest_first(Period(NOW, NOW), first=DAY, growth=4)) == []
