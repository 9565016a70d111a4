"""When a job is expected: every kind of line, every unit, over changes of the clock and the ends of months."""

from datetime import UTC, datetime

import pytest

from alerts import schedule
from alerts.schedule import InvalidSchedule

VIENNA = "Europe/Vienna"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def next_of(kind: str, text: str, after: str, zone: str = "UTC") -> str:
    found = schedule.read(kind, text, zone).after(at(after))
    return f"{found:%Y-%m-%dT%H:%M:%S}" if found else ""


@pytest.mark.parametrize(
    ("line", "normal"),
    [
        ("*/1 * * * mon-sun", "*/1 * * * *"),
        ("0 3 * * sat-sun", "0 3 * * sat-7"),
        ("0 3 * * FRI-SUN", "0 3 * * FRI-7"),
        ("0 3 * * 1-sun", "0 3 * * *"),
        ("0 3 * * 5-sun,wed", "0 3 * * 5-7,wed"),
        ("0 3 * * sun", "0 3 * * sun"),
        ("0 3 * * sun-tue", "0 3 * * sun-tue"),
        ("@daily", "0 0 * * *"),
        ("@Hourly", "0 * * * *"),
        ("  0   3 * * ? ", "0 3 * * *"),
        ("*/10 * * * * *", "*/10 * * * * *"),
        ("0 3 L * *", "0 3 L * *"),
        ("0 3 * * 5L", "0 3 * * 5L"),
        ("0 3 * * MON#1", "0 3 * * MON#1"),
    ],
)
def test_a_line_is_read_as_its_writer_meant_it(line: str, normal: str) -> None:
    assert schedule.cron_line(line) == normal


@pytest.mark.parametrize(
    ("kind", "text", "zone", "says"),
    [
        ("cron", "H 3 * * *", "UTC", "'H 3 * * *' is no cron line: bad minute."),
        ("cron", "0 3 15W * *", "UTC", "bad day-of-month"),
        ("cron", "0 0 31 2 *", "UTC", "bad day-of-month"),
        ("cron", "0 3 * *", "UTC", "five fields, '0 3 * *' has 4"),
        ("cron", "", "UTC", "has 0"),
        ("cron", "0 0 3 * * * *", "UTC", "has 7"),
        ("cron", "@reboot", "UTC", "'@reboot' is no time; known are @yearly"),
        ("cron", "0 3 * * *", "Europe/Wien", "no time zone 'Europe/Wien'"),
        ("cron", "0 3 * * *", "../../etc/passwd", "no time zone"),
        ("cron", "0 3 * * *", "", "no time zone"),
        ("interval", "2 fortnight", "UTC", "one of minute, hour, day, week, month, year"),
        ("interval", "0 hour", "UTC", "'0' is no number of hours"),
        ("interval", "99 year", "UTC", "at most five years"),
        ("simple", "59", "UTC", "From 60 seconds"),
        ("simple", "31536001", "UTC", "365 days"),
        ("simple", "²", "UTC", "'²' is no length of time"),
        ("simple", "a while", "UTC", "'a while' is no length of time"),
        ("simple", "1 mind", "UTC", "no length of time"),
        ("other", "1", "UTC", "no kind of schedule"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(kind: str, text: str, zone: str, says: str) -> None:
    with pytest.raises(InvalidSchedule) as raised:
        schedule.read(kind, text, zone)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("text", "after", "due"),
    [
        ("30 2 * * *", "2026-03-28T12:00:00", "2026-03-29T01:00:00"),  # 02:30 does not exist: 03:00 summer time
        ("30 2 * * *", "2026-10-24T12:00:00", "2026-10-25T00:30:00"),  # the first of the two
        ("30 2 * * *", "2026-10-25T00:30:00", "2026-10-26T01:30:00"),  # and not the second
        ("0 * * * *", "2026-10-25T00:00:00", "2026-10-25T01:00:00"),  # both hours called two o'clock
        ("0 0 29 2 *", "2026-03-01T00:00:00", "2028-02-28T23:00:00"),
        ("0 3 * * *", "2026-07-01T00:00:00", "2026-07-01T01:00:00"),
    ],
)
def test_cron_lines_keep_the_wall_clock_of_their_zone(text: str, after: str, due: str) -> None:
    assert next_of("cron", text, after, VIENNA) == due


@pytest.mark.parametrize(
    ("text", "after", "due"),
    [
        ("90 minute", "2026-03-29T00:30:00", "2026-03-29T02:00:00"),
        ("1 day", "2026-03-28T12:00:00", "2026-03-29T11:00:00"),  # a day of 23 hours
        ("1 day", "2026-10-24T12:00:00", "2026-10-25T13:00:00"),  # one of 25
        ("1 day", "2026-03-28T01:30:00", "2026-03-29T01:30:00"),  # 02:30 is left out: 03:30
        ("2 week", "2026-01-01T00:00:00", "2026-01-15T00:00:00"),
        ("1 month", "2026-01-31T12:00:00", "2026-02-28T12:00:00"),
        ("1 month", "2028-01-31T12:00:00", "2028-02-29T12:00:00"),
        ("1 year", "2028-02-29T12:00:00", "2029-02-28T12:00:00"),
        ("1 month", "2026-12-15T12:00:00", "2027-01-15T12:00:00"),
    ],
)
def test_an_interval_counts_from_the_last_report(text: str, after: str, due: str) -> None:
    assert next_of("interval", text, after, VIENNA) == due


def test_seconds_are_seconds_whatever_the_clocks_do() -> None:
    assert next_of("simple", "86400", "2026-03-28T12:00:00", VIENNA) == "2026-03-29T12:00:00"


def test_beyond_the_end_of_the_calendar_nothing_is_due() -> None:
    assert next_of("interval", "1 year", "9999-06-01T00:00:00") == ""
    assert next_of("simple", "86400", "9999-12-31T12:00:00") == ""


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("cron", "0 3 * * *", "At 03:00 every day, Europe/Vienna"),
        ("interval", "1 day", "Every day"),
        ("interval", "2 hours", "Every 2 hours"),
        ("simple", "5400", "Within 1 h 30 min of the last"),
    ],
)
def test_a_schedule_is_said_in_words(kind: str, text: str, words: str) -> None:
    assert schedule.read(kind, text, VIENNA).words == words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90 s", 90), ("5 min", 300), ("5m", 300), ("1 h 30 min", 5400), ("2 days", 172_800), ("1w", 604_800)],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert schedule.length(text) == seconds
    assert schedule.length(schedule.spoken(seconds)) == seconds
