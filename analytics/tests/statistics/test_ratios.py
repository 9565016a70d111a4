"""Ratios of rates: exact intervals, and how many of what is believed is chance."""

import math
import random

import pytest

from analytics.statistics.ratios import believed, dispersion, estimated, ratio


@pytest.mark.parametrize(
    ("count", "exposure", "before", "exposure_before", "value", "low", "high"),
    [
        # Clopper and Pearson's interval of 5 of 10 is 0.187086 to 0.812914, that of 1 of 20 0.001265 to 0.248733.
        (5, 1, 5, 1, 1.0, 0.187086 / 0.812914, 0.812914 / 0.187086),
        (1, 1, 19, 1, 1 / 19, 0.001265 / 0.998735, 0.248733 / 0.751267),
        # 60 of 600 against 30 of 2,400 is eight times as often; of 90 events 60: 0.559474 to 0.762558.
        (60, 600, 30, 2400, 8.0, 4 * 0.559474 / 0.440526, 4 * 0.762558 / 0.237442),
    ],
)
def test_the_interval_is_that_of_the_tables(
    count: int, exposure: float, before: int, exposure_before: float, value: float, low: float, high: float
) -> None:
    found = ratio(count, exposure, before, exposure_before)
    assert found is not None
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == (pytest.approx(low, rel=2e-3), pytest.approx(high, rel=2e-3))


def test_the_surprise_is_exact_and_never_more_than_certain() -> None:
    nine = ratio(9, 1, 1, 1)
    assert nine is not None
    assert nine.p == pytest.approx(2 * 11 / 1024)
    even, large = ratio(5, 1, 5, 1), ratio(500_000, 1, 480_000, 1)
    assert even is not None
    assert even.p == 1.0
    assert large is not None
    assert large.p < 1e-80
    assert (ratio(0, 1, 0, 1), ratio(3, 0, 1, 1)) == (None, None)


def test_from_nothing_says_at_least() -> None:
    found = ratio(40, 10, 0, 100)
    assert found is not None
    assert (found.value, found.high) == (None, math.inf)
    assert found.words == "from nothing, at least ×104"
    other = ratio(60, 600, 30, 2400)
    assert other is not None
    assert other.words == "×8.0 (95 % CI 5.1–12.8)"


def test_the_interval_covers_the_truth_at_least_so_often_as_it_says() -> None:
    dice, held, times = random.Random(3), 0, 400
    for _ in range(times):
        counts = [sum(dice.random() < share for _ in range(300)) for share in (0.05, 0.02)]
        found = ratio(counts[0], 300, counts[1], 300)
        held += found is not None and found.low <= 2.5 <= found.high
    assert held / times >= 0.95


@pytest.mark.parametrize(
    ("ps", "expected"),
    [
        ([], []),
        # The example of Benjamini and Hochberg (1995): of fifteen the first four.
        (
            [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
             0.7590, 1.0],
            [True] * 4 + [False] * 11,
        ),
        ([0.04, 0.9, 0.03], [False, False, False]),
        ([0.05, 0.05], [True, True]),
    ],
)  # fmt: skip
def test_what_is_believed_is_that_of_the_paper(ps: list[float], expected: list[bool]) -> None:
    assert believed(ps) == expected


def test_dispersion_is_one_for_chance_and_more_for_bursts() -> None:
    assert dispersion([3, 4], [1, 1]) == 1.0
    assert dispersion([0] * 9, [1] * 9) == 1.0
    assert dispersion([0, 100] * 6, [1] * 12) > 40


def test_a_spread_that_is_only_estimated_surprises_less() -> None:
    assert estimated(0.05, 12) == pytest.approx(0.0758, abs=1e-4)  # 1.96 of Student's with 11 degrees of freedom
    assert estimated(0.05, 100_000) == pytest.approx(0.05, abs=1e-4)
    assert (estimated(1.0, 12), estimated(0.01, 2)) == (1.0, 1.0)
