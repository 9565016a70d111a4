"""Where a probe stands after any history of looks, how long it was up, and when its certificate is told of."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.probes import standing, uptime
from alerts.probes.standing import Plan, Span, Standing, Status
from alerts.probes.uptime import Stretch, Uptime

T = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = Plan(MINUTE, failures=3, recoveries=2)


def told(*looks: tuple[float, bool], plan: Plan = PLAN, start: Standing | None = None) -> tuple[Standing, list[Span]]:
    """After looks at so many minutes."""
    found, spans = start or Standing(since=T), []
    for minutes, is_ok in looks:
        found, closed = standing.looked(found, plan, at=T + minutes * MINUTE, is_ok=is_ok)
        spans += closed
    return found, spans


def test_it_is_up_after_one_good_look_and_down_after_so_many_bad_ones() -> None:
    up, _ = told((0, True))
    assert (up.status, up.since, up.span_at) == (Status.UP, T, T)
    blip, spans = told((0, True), (1, False), (1.1, False), (1.4, True), (2, True))
    assert (blip.status, blip.since, spans) == (Status.UP, T, [])
    down, spans = told((0, True), (1, False), (1.1, False), (1.4, False))
    assert (down.status, down.since) == (Status.DOWN, T + MINUTE), "since the first of the looks that failed"
    assert spans == [Span(Status.UP, T, T + MINUTE)]
    again, spans = told(
        (0, True), (1, False), (1.1, False), (1.4, False), (2, True), (2.2, False), (3, True), (3.2, True)
    )
    assert (again.status, again.since, again.span_at) == (Status.UP, T + 3 * MINUTE, T + 3 * MINUTE)
    assert spans[1] == Span(Status.DOWN, T + MINUTE, T + 3 * MINUTE)
    never, _ = told((0, False), (0.1, False), (0.3, False))
    assert (never.status, never.since) == (Status.DOWN, T)


def test_a_gap_is_no_data_and_counts_nothing() -> None:
    """This server was away, or its clock jumped: what failed before is no failure in a row with what fails now."""
    away, spans = told((0, True), (1, False), (1.1, False), (61, False))
    assert (away.status, away.failures, away.span_at) == (Status.UP, 1, T + 61 * MINUTE)
    assert spans == [Span(Status.UP, T, T + 2.1 * MINUTE)]
    back, spans = told((0, True), (-600, True))
    assert (back.status, back.span_at) == (Status.UP, T - 600 * MINUTE)
    assert all(span.start < span.end for span in spans)
    down, _ = told((0, False), (0.1, False), (0.3, False), (600, False))
    assert down.status is Status.DOWN


def test_second_tries_come_soon_and_the_rest_in_their_places() -> None:
    calm, _ = told((0, True))
    slot = standing.next_look(calm, PLAN, key=7, now=T)
    assert slot is not None
    assert T < slot <= T + MINUTE
    assert standing.slot_after(slot, MINUTE, key=7) == slot + MINUTE
    assert len({standing.slot_after(T, MINUTE, key=key) for key in range(100)}) == 100
    hour = Plan(timedelta(hours=1))
    for looks, soon in (
        (((0, True), (1, False)), 5), (((0, True), (1, False), (1.1, False)), 15),
        (((0, False), (0.1, False), (0.3, False), (1, True)), 15),
    ):  # fmt: skip
        found, _ = told(*looks, plan=hour)
        assert found.is_turning
        assert standing.next_look(found, hour, key=1, now=T) == T + timedelta(seconds=soon)
    stands, _ = told((0, False), (0.1, False), (0.3, False), plan=hour)
    assert not stands.is_turning
    assert standing.next_look(stands, hour, key=1, now=T) == standing.slot_after(T, hour.interval, key=1)
    assert standing.next_look(stands, hour, key=1, now=T, is_unknown=True) == T + timedelta(seconds=15)


def test_a_paused_one_stands_still() -> None:
    up, _ = told((0, True), (1, True))
    rests, spans = standing.paused(up, now=T + 5 * MINUTE)
    assert (rests.status, spans) == (Status.PAUSED, (Span(Status.UP, T, T + MINUTE),))
    assert standing.looked(rests, PLAN, at=T + 6 * MINUTE, is_ok=False) == (rests, ())
    assert standing.next_look(rests, PLAN, key=1, now=T) is None
    assert standing.resumed(rests, now=T).status is Status.NEW


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([5, 15, 60, 61, 3600]), st.booleans()), max_size=40))
def test_any_history_keeps_its_time_once(looks: list[tuple[int, bool]]) -> None:
    """Stretches never overlap, and a change always follows from as many looks in a row as the plan says."""
    found, spans, at, row = Standing(since=T), [], T, 0
    previous: bool | None = None
    for seconds, is_ok in looks:
        at += timedelta(seconds=seconds)
        is_gap = seconds > PLAN.longest_gap.total_seconds()
        row = row + 1 if is_ok == previous and not is_gap else 1
        previous = is_ok
        before = found
        found, closed = standing.looked(found, PLAN, at=at, is_ok=is_ok)
        spans += closed
        if found.status is not before.status:
            needed = {Status.DOWN: 3, Status.UP: 2 if before.status is Status.DOWN else 1}[found.status]
            assert row >= needed
    edges = [moment for span in spans for moment in (span.start, span.end)]
    assert edges == sorted(edges)
    if found.span_at and edges:
        assert edges[-1] <= found.span_at


def test_uptime_knows_nothing_of_what_nobody_looked_at() -> None:
    hour = timedelta(hours=1)
    stretches = [
        Stretch(True, T, T + 2 * hour),
        Stretch(False, T + 2 * hour, T + 3 * hour),
        Stretch(True, T + 9 * hour, T + 10 * hour),
    ]
    day = uptime.uptime(stretches, start=T, end=T + 24 * hour)
    assert (day, day.share) == (Uptime(3 * hour, hour), 0.75)
    assert uptime.uptime([], start=T, end=T + hour).share is None
    planned = [(T + 1.5 * hour, T + 2.5 * hour), (T + 2 * hour, T + 3 * hour), (T + 20 * hour, T + 19 * hour)]
    assert uptime.uptime(stretches, start=T, end=T + 24 * hour, excluded=planned) == Uptime(2.5 * hour, timedelta(0))
    assert uptime.uptime(stretches, start=T + hour, end=T + 2.5 * hour) == Uptime(hour, 0.5 * hour)


def test_days_are_those_of_the_zone_over_changes_of_the_clock() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    end = datetime(2026, 10, 26, 12, 0, tzinfo=UTC)
    always = [Stretch(True, end - timedelta(days=9), end)]
    days = uptime.by_day(always, end=end, days=3, zone=vienna)
    assert [(at.astimezone(vienna).day, known.up / timedelta(hours=1)) for at, known in days] == [
        (24, 24),
        (25, 25),
        (26, 13),
    ]
    assert uptime.by_day([], end=end, days=90, zone=UTC)[0][1].share is None


@pytest.mark.parametrize(
    ("left", "already", "expected"),
    [
        (30.0, None, (None, None)), (21.0, None, (21, 21)), (20.0, 21, (None, 21)), (6.9, 21, (7, 7)),
        (6.0, 7, (None, 7)),
        (0.5, None, (1, 1)), (-3.0, 1, (None, 1)), (90.0, 1, (None, None)), (None, 7, (None, None)),
    ],
)  # fmt: skip
def test_a_certificate_is_told_of_once_a_threshold(
    left: float | None, already: int | None, expected: tuple[int | None, int | None]
) -> None:
    assert standing.warning(left, (21, 7, 1), already) == expected
