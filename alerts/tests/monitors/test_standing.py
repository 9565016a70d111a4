"""What a report or silence makes of a monitor: a table of cases, no database, the clock in the test's hand."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts import schedule
from alerts.monitors import standing
from alerts.monitors.standing import Absence, Plan, Standing, Status

T = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def plan(line: str = "0 * * * *", *, margin: timedelta = 5 * MINUTE, failures: int = 1, recoveries: int = 1) -> Plan:
    return Plan(schedule.read("cron", line, "UTC"), margin, failures, recoveries)


def up(due: datetime) -> Standing:
    return Standing(Status.UP, T, due)


def test_the_first_report_sets_the_next_slot() -> None:
    after = standing.ended(Standing(), plan(), at=T + 7 * MINUTE, is_ok=True)
    assert (after.status, after.due_at) == (Status.UP, T + HOUR)


@pytest.mark.parametrize(
    ("early", "next_slot"),
    [(timedelta(seconds=3), 2), (5 * MINUTE, 2), (6 * MINUTE, 1), (40 * MINUTE, 1)],
)
def test_a_report_shortly_before_its_slot_satisfies_it_and_one_long_before_does_not(
    early: timedelta, next_slot: int
) -> None:
    after = standing.ended(up(T + HOUR), plan(), at=T + HOUR - early, is_ok=True)
    assert after.due_at == T + next_slot * HOUR


def test_a_margin_longer_than_the_gap_takes_half_the_gap_for_early() -> None:
    every = plan("* * * * *", margin=10 * MINUTE)
    at = T + timedelta(seconds=25)
    assert standing.ended(up(T + MINUTE), every, at=at, is_ok=True).due_at == T + MINUTE
    at = T + timedelta(seconds=35)
    assert standing.ended(up(T + MINUTE), every, at=at, is_ok=True).due_at == T + 2 * MINUTE


def test_a_report_for_a_slot_that_is_due_is_early_for_none() -> None:
    after = standing.ended(up(T), plan("*/10 * * * *"), at=T + 6 * MINUTE, is_ok=True)
    assert after.due_at == T + 10 * MINUTE


def test_the_end_of_a_run_that_began_is_early_for_none() -> None:
    wide = plan(margin=30 * MINUTE)
    began = standing.begun(up(T), wide, at=T + MINUTE)
    ended = standing.ended(began, wide, at=T + 45 * MINUTE, is_ok=True, has_begun=True)
    assert ended.due_at == T + HOUR


def test_a_beat_that_fires_three_seconds_early_each_minute_is_never_missed() -> None:
    every, stands = plan("* * * * *", margin=MINUTE), Standing()
    for minute in range(120):
        at = T + minute * MINUTE - timedelta(seconds=3)
        stands, slots = standing.waited(stands, every, now=at)
        assert slots == []
        stands = standing.ended(stands, every, at=at, is_ok=True)
    assert stands.status is Status.UP


def test_silence_makes_late_then_down_at_the_very_moment() -> None:
    late, slots = standing.waited(up(T), plan(), now=T + 4 * MINUTE)
    assert (late.status, late.since, slots) == (Status.LATE, T, [])
    down, slots = standing.waited(late, plan(), now=T + 9 * MINUTE)
    assert (down.status, down.since, down.due_at) == (Status.DOWN, T + 5 * MINUTE, T + HOUR)
    assert [slot.due_at for slot in slots] == [T]


def test_a_monitor_that_never_reported_is_never_late() -> None:
    assert standing.waited(Standing(), plan(), now=T + 1000 * HOUR) == (Standing(), [])
    assert standing.wakes_at(Standing(), plan()) is None


def test_each_slot_without_a_report_counts_towards_the_threshold() -> None:
    three = plan(failures=3)
    stands, slots = standing.waited(up(T), three, now=T + HOUR + 6 * MINUTE)
    assert (stands.status, stands.failures, len(slots)) == (Status.UP, 2, 2)
    stands, _ = standing.waited(stands, three, now=T + 2 * HOUR + 6 * MINUTE)
    assert (stands.status, stands.since) == (Status.DOWN, T + 2 * HOUR + 5 * MINUTE)


def test_it_is_up_again_after_so_many_good_runs_in_a_row() -> None:
    two = plan(recoveries=2)
    stands = standing.ended(up(T), two, at=T, is_ok=False)
    stands = standing.ended(stands, two, at=T + HOUR, is_ok=True)
    assert stands.status is Status.DOWN
    stands = standing.ended(stands, two, at=T + 2 * HOUR, is_ok=False)
    stands = standing.ended(stands, two, at=T + 3 * HOUR, is_ok=True)
    assert stands.status is Status.DOWN
    assert standing.ended(stands, two, at=T + 4 * HOUR, is_ok=True).status is Status.UP


def test_slots_while_the_server_was_away_are_unknown_and_alarm_nobody() -> None:
    absence = Absence(T - MINUTE, T + 3 * HOUR)
    stands, slots = standing.waited(up(T), plan(), now=T + 3 * HOUR, absence=absence)
    assert (stands.status, stands.due_at) == (Status.UP, T + 4 * HOUR)
    assert [slot.is_unknown for slot in slots] == [True]
    stands, slots = standing.waited(stands, plan(), now=T + 4 * HOUR + 5 * MINUTE, absence=absence)
    assert (stands.status, [slot.is_unknown for slot in slots]) == (Status.DOWN, [False])


def test_a_clock_that_jumps_by_years_ends_and_one_that_jumps_back_waits() -> None:
    stands, slots = standing.waited(up(T), plan("* * * * *"), now=T + timedelta(days=3000))
    assert len(slots) == standing.MOST_MISSES
    assert stands.due_at is not None
    assert stands.due_at > T + timedelta(days=3000)
    assert standing.waited(up(T), plan(), now=T - timedelta(days=3000)) == (up(T), [])


def test_a_paused_monitor_hears_nothing_and_a_resumed_one_is_new() -> None:
    paused = standing.paused(up(T), now=T)
    for moved in (
        standing.begun(paused, plan(), at=T),
        standing.ended(paused, plan(), at=T, is_ok=False),
        standing.failed(paused, plan(), at=T),
        standing.waited(paused, plan(), now=T + 9 * HOUR)[0],
    ):
        assert moved == paused
    assert standing.wakes_at(paused, plan(), [T]) is None
    assert standing.resumed(paused, now=T + HOUR) == Standing(Status.NEW, T + HOUR)


def test_a_new_schedule_asks_for_nothing_that_is_over() -> None:
    stands = standing.replanned(up(T), plan("*/5 * * * *"), T - 9 * HOUR, now=T + MINUTE)
    assert (stands.status, stands.due_at) == (Status.UP, T + 5 * MINUTE)
    assert standing.replanned(Standing(), plan(), None, now=T) == Standing()


def test_it_wakes_when_due_when_over_and_when_a_run_takes_too_long() -> None:
    assert standing.wakes_at(up(T), plan()) == T
    late, _ = standing.waited(up(T), plan(), now=T)
    assert standing.wakes_at(late, plan()) == T + 5 * MINUTE
    assert standing.wakes_at(late, plan(), [T + MINUTE]) == T + MINUTE
    assert standing.wakes_at(up(T), plan(margin=timedelta(0))) == T


def test_a_schedule_that_cannot_be_read_expects_nothing() -> None:
    after = standing.ended(Standing(), Plan(None), at=T, is_ok=True)
    assert (after.status, after.due_at) == (Status.UP, None)
