"""Forecasts: a trend is seen through its season, bursts and gaps, and a series without one crosses nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.statistics.forecast import Forecast, forecast

DAY = 24
Shape = Callable[[int], float]


def series(shape: Shape, *, days: int = 14, noise: float = 3.0, seed: int = 1) -> list[float | None]:
    """Days with a wave, what `shape` adds, and noise of which half is in the next hour, too."""
    random, left, found = Random(seed), 0.0, []
    for hour in range(days * DAY):
        left = 0.5 * left + random.gauss(0, noise)
        found.append(100 + 20 * math.sin(hour * math.tau / DAY) + shape(hour) + left)
    return list(found)


def ask(values: list[float | None], *, limit: float = 160.0, horizon: int = 72, is_above: bool = True) -> Forecast:
    found = forecast(values, season=DAY, horizon=horizon, limit=limit, is_above=is_above)
    assert found is not None
    return found


def test_a_trend_crosses_when_it_does() -> None:
    """The window is to hold eight of ten crossings; which of ten series hold theirs is chance."""
    held = 0
    for seed in range(10):
        truth = series(lambda hour: 0.1 * hour, days=20, seed=seed)
        found = ask(truth[: 14 * DAY], limit=158.0)
        crossing = next(step + 1 for step, value in enumerate(truth[14 * DAY :]) if (value or 0) > 158.0)
        assert found.probability >= 0.8, seed
        assert found.is_agreeing
        assert found.first is not None
        assert found.median is not None
        held += found.first <= crossing <= (found.last or 72)
    assert held >= 6


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("flat", lambda hour: 0.0),
        ("a step three days ago", lambda hour: 15.0 if hour >= 11 * DAY else 0.0),
        ("a quiet weekend", lambda hour: -40.0 if hour // DAY % 7 in (5, 6) else 0.0),
        ("a burst that is over", lambda hour: 45.0 if 13 * DAY + 15 <= hour < 13 * DAY + 20 else 0.0),
        ("falling", lambda hour: -0.1 * hour),
    ],
)
def test_what_has_no_trend_towards_the_limit_is_quiet(name: str, shape: Shape) -> None:
    told = [ask(series(shape, seed=seed)) for seed in range(10)]
    assert sum(one.probability >= 0.8 and one.is_agreeing for one in told) == 0, name


def test_the_truth_lies_between_the_bounds_as_often_as_they_say() -> None:
    inside = hours = 0
    for seed in range(25):
        truth = series(lambda hour: 0.02 * hour, days=17, seed=seed)
        found = ask(truth[: 14 * DAY], limit=1e9)
        for low, value, high in zip(found.low, truth[14 * DAY :], found.high, strict=True):
            inside, hours = inside + (low <= (value or 0) <= high), hours + 1
    assert 0.72 <= inside / hours <= 0.9, "80 % are meant"


def test_falling_below_is_the_mirror_of_rising_above() -> None:
    rising = series(lambda hour: 0.1 * hour)
    falling: list[float | None] = [-value for value in rising if value is not None]
    above, below = ask(rising, limit=158.0), ask(falling, limit=-158.0, is_above=False)
    assert above.probability == pytest.approx(below.probability, abs=0.1)
    assert below.is_agreeing


def test_few_seasons_and_many_gaps_say_nothing() -> None:
    values = series(lambda hour: 0.1 * hour)
    assert forecast(values[: 3 * DAY - 1], season=DAY, horizon=24, limit=1, is_above=True) is None
    assert forecast(values[: 3 * DAY], season=DAY, horizon=24, limit=1, is_above=True) is not None
    thin = [value if place % 3 else None for place, value in enumerate(values)]
    assert forecast(thin, season=DAY, horizon=24, limit=1, is_above=True) is None
    holes = [None if place % 17 == 0 else value for place, value in enumerate(values)]
    assert ask(holes, limit=158.0).probability == pytest.approx(ask(values, limit=158.0).probability, abs=0.15)


def test_counts_near_nothing_stay_above_it() -> None:
    random = Random(3)
    found = ask([float(random.random() < 0.1) for _ in range(14 * DAY)], limit=-0.5, is_above=False)
    assert (found.probability, min(found.low)) == (0.0, 0.0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.none() | st.floats(-1e12, 1e12) | st.just(0.0), min_size=0, max_size=120),
    st.integers(1, 24), st.integers(1, 30), st.floats(-1e6, 1e6), st.booleans(),
)  # fmt: skip
def test_any_series_has_a_forecast_or_none(
    values: list[float | None], season: int, horizon: int, limit: float, is_above: bool
) -> None:
    found = forecast(values, season=season, horizon=horizon, limit=limit, is_above=is_above)
    if found is not None:
        assert 0 <= found.probability <= 1
        assert len(found.low) == len(found.high) == horizon
        assert found == forecast(values, season=season, horizon=horizon, limit=limit, is_above=is_above)
