"""A period is made up of the fewest buckets that fit the chart, none twice, none missing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import Period
from analytics.rollups.reading import cover

NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def covered(start: datetime, end: datetime, step: timedelta | None = None) -> list[tuple[int, int]]:
    """(bucket in minutes, how many), in order."""
    return [(size, (b - a) // (size * MINUTE)) for size, a, b in cover(Period(start, end), step=step, now=NOW)]


@pytest.mark.parametrize(
    ("length", "step", "expected"),
    [
        (HOUR, None, [(1, 26), (1, 35)]),
        (DAY, None, [(1, 26), (60, 11), (60, 12), (1, 35)]),
        (3 * DAY, None, [(1, 26), (60, 11), (1440, 2), (60, 12), (1, 35)]),
        (3 * DAY, HOUR, [(1, 26), (60, 71), (1, 35)]),
        (3 * DAY, 15 * MINUTE, [(1, 3 * 1440 + 1)]),
        # The minutes of thirty days ago are gone: the hour that holds the start is taken whole.
        (30 * DAY, DAY, [(60, 12), (1440, 29), (60, 13)]),
    ],
)
def test_the_last(length: timedelta, step: timedelta | None, expected: list[tuple[int, int]]) -> None:
    assert covered(NOW - length, NOW, step) == expected


@given(st.integers(1, 60 * 1440), st.integers(0, 60 * 1440), st.sampled_from([None, 1, 5, 60, 240, 1440, 10_080]))
def test_buckets_follow_one_another_without_gap_and_cover_the_period(
    length: int, ago: int, minutes: int | None
) -> None:
    end = NOW - ago * MINUTE
    start = end - length * MINUTE
    step = None if minutes is None else minutes * MINUTE
    spans = list(cover(Period(start, end), step=step, now=NOW))
    assert all(before[2] == after[1] for before, after in pairwise(spans))
    assert spans[0][1] <= start < spans[0][1] + HOUR
    assert spans[-1][2] - HOUR < end <= spans[-1][2]
    for size, first, last in spans:
        assert first < last
        assert (last - first) % (size * MINUTE) == timedelta()
        assert (first - datetime(1970, 1, 1, tzinfo=UTC)) % (size * MINUTE) == timedelta()
    assert len(spans) <= 5
