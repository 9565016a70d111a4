"""What may be said of a difference depends on the samples behind it."""

from random import Random

import pytest

from analytics.rollups.histograms import Histogram
from analytics.statistics import comparisons


def durations(count: int, middle: float, seed: int = 1) -> Histogram:
    random = Random(seed)
    return Histogram.of(random.lognormvariate(middle, 0.5) for _ in range(count))


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (durations(2000, 5.3), durations(2000, 5.0, 2), "up 3"),
        (durations(2000, 5.0), durations(2000, 5.0, 2), "no clear change"),
        (durations(20, 8.0), durations(2000, 5.0), "too few samples to tell (20 of 50)"),
        (durations(60, 5.1), durations(60, 5.0, 2), "no clear change"),
        (durations(500, 5.0), Histogram(), "nothing to compare with"),
    ],
)
def test_percentiles(now: Histogram, before: Histogram, said: str) -> None:
    assert comparisons.quantiles(now, before, 0.75).statement.startswith(said)


def test_shares_follow_newcombe() -> None:
    # Newcombe (1998), method 10, example (a): 56/70 against 48/80.
    found = comparisons.shares(56, 70, 48, 80)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-4)
    assert found.direction == 1
    assert comparisons.shares(1, 10, 0, 10).direction == 0
    assert comparisons.shares(0, 0, 3, 10).statement == "nothing to compare with"


def test_wilson_is_the_published_interval() -> None:
    # Newcombe (1998), one sample: 81 of 263.
    assert comparisons.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(
    ("count", "before", "direction"),
    [(100, 100, 0), (200, 100, 1), (60, 100, -1), (4, 2, 0), (0, 100, -1), (100, 0, 0)],
)
def test_rates(count: int, before: int, direction: int) -> None:
    assert comparisons.rates(count, 60, before, 60).direction == direction


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ([40.0] * 60, [30.0] * 60, "up 33 % (95 % interval 33 % to 33 %)"),
        ([float(n % 20) for n in range(100)], [float(n % 21) for n in range(100)], "no clear change"),
        ([40.0] * 10, [30.0] * 60, "too few samples to tell (10 of 50)"),
        ([40.0], [], "nothing to compare with"),
    ],
)
def test_medians(now: list[float], before: list[float], said: str) -> None:
    assert comparisons.medians(now, before).statement == said.replace(" %", "%").replace("95%", "95 %")


def test_an_interval_of_a_percentile_holds_it_95_times_of_100() -> None:
    true = 148.413  # the median of the distribution
    held = 0
    for seed in range(300):
        low, high = comparisons.quantile_interval(durations(200, 5.0, seed), 0.5)
        held += low <= true <= high
    assert 0.91 <= held / 300 <= 0.985


def test_identical_periods_are_rarely_called_different() -> None:
    calls = [
        comparisons.quantiles(durations(150, 5.0, seed), durations(150, 5.0, seed + 1000), 0.75).direction
        for seed in range(200)
    ]
    assert sum(call != 0 for call in calls) <= 16
