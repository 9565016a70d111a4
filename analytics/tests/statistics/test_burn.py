"""Burn rates against the worked numbers of the SRE Workbook, chapter "Alerting on SLOs"."""

from datetime import timedelta

import pytest

from analytics.statistics import burn
from analytics.statistics.burn import PAIRS, Guard, Seen, Verdict

MONTH, WEEK = timedelta(days=30), timedelta(days=7)
GUARD = Guard(total=100, bad=10)


@pytest.mark.parametrize(("name", "expected"), [("1h", 14.4), ("6h", 6.0), ("24h", 3.0), ("3d", 1.0)])
def test_the_factors_of_thirty_days_are_those_of_the_table(name: str, expected: float) -> None:
    assert burn.factor(PAIRS[name], period=MONTH) == pytest.approx(expected)
    assert burn.limit(PAIRS[name], period=MONTH) == pytest.approx(expected)


def test_a_short_window_is_a_twelfth_of_the_long_one() -> None:
    assert all(pair.short * 12 == pair.long for pair in PAIRS.values())


def test_another_period_scales_the_factors_and_none_alerts_below_an_even_pace() -> None:
    assert burn.factor(PAIRS["1h"], period=WEEK) == pytest.approx(3.36)
    assert burn.factor(PAIRS["24h"], period=WEEK) == pytest.approx(0.7)
    assert burn.limit(PAIRS["24h"], period=WEEK) == 1.0
    assert burn.limit(PAIRS["3d"], period=timedelta(days=28)) == 1.0


@pytest.mark.parametrize(("at_burn", "days"), [(14.4, 2.1), (6, 5), (3, 10), (1, 30)])
def test_a_whole_budget_lasts_as_long_as_the_table_says(at_burn: float, days: float) -> None:
    lasts = burn.exhaustion(1.0, at_burn, period=MONTH)
    assert lasts is not None
    assert round(lasts / timedelta(days=1), 1) == days


def test_a_budget_that_is_gone_is_gone_now_and_one_that_does_not_burn_lasts() -> None:
    assert burn.exhaustion(-0.5, 3.0, period=MONTH) == timedelta(0)
    assert burn.exhaustion(0.5, 0.0, period=MONTH) is None
    assert burn.exhaustion(0.5, 3.0, period=MONTH) == timedelta(days=5)


@pytest.mark.parametrize(("error_rate", "minutes"), [(1.0, 43.2), (0.1, 432.0), (0.01, 4320.0), (0.001, 43200.0)])
def test_error_rates_exhaust_three_nines_as_the_chapter_lists(error_rate: float, minutes: float) -> None:
    """Table 5-1: at 100 % in 43 minutes, 1 % in 3 days, 0.1 % in 30 days."""
    at_burn = burn.burn(Seen(10_000, int(10_000 * error_rate)), target=99.9)
    assert at_burn is not None
    lasts = burn.exhaustion(1.0, at_burn, period=MONTH)
    assert lasts is not None
    assert lasts / timedelta(minutes=1) == pytest.approx(minutes)


def test_one_failure_of_ten_requests_an_hour_burns_a_hundredfold_and_alerts_nobody() -> None:
    """A low-traffic service: 13.9 % of the budget of 30 days by one failure, which is no page."""
    hour = Seen(total=10, bad=1)
    assert burn.burn(hour, target=99.9) == pytest.approx(100)
    month = burn.budget(Seen(total=10 * 24 * 30, bad=1), target=99.9)
    assert month.spent == pytest.approx(0.139, abs=0.0005)
    found = burn.judge(PAIRS["1h"], hour, Seen(1, 1), target=99.9, period=MONTH, guard=GUARD)
    assert found.verdict is Verdict.LITTLE


@pytest.mark.parametrize(
    ("long", "short", "expected"),
    [
        (Seen(10_000, 200), Seen(1_000, 20), Verdict.BREACH),
        (Seen(10_000, 200), Seen(1_000, 14), Verdict.CLEAR),
        (Seen(10_000, 140), Seen(1_000, 20), Verdict.BETWEEN),
        (Seen(10_000, 0), Seen(1_000, 0), Verdict.CLEAR),
        (Seen(0, 0), Seen(0, 0), Verdict.NO_DATA),
        (Seen(10_000, 200), Seen(0, 0), Verdict.NO_DATA),
        (Seen(99, 0), Seen(10, 0), Verdict.LITTLE),
        (Seen(100, 9), Seen(10, 1), Verdict.LITTLE),
        (Seen(100, 10), Seen(10, 1), Verdict.BREACH),
        (Seen(100, 0), Seen(10, 0), Verdict.CLEAR),
    ],
)
def test_both_windows_breach_and_the_short_one_clears(long: Seen, short: Seen, expected: Verdict) -> None:
    found = burn.judge(PAIRS["1h"], long, short, target=99.9, period=MONTH, guard=GUARD)
    assert found.verdict is expected


def test_a_budget_says_what_is_spent_and_what_is_left() -> None:
    found = burn.budget(Seen(100_000, 25), target=99.9)
    assert (found.allowed, found.spent, found.left) == pytest.approx((100, 0.25, 0.75))
    assert burn.budget(Seen(1_000, 3), target=99.9).left == pytest.approx(-2)


def test_no_event_is_no_health() -> None:
    nothing = burn.budget(Seen(0, 0), target=99.9)
    assert (nothing.spent, nothing.left, burn.burn(Seen(0, 0), target=99.9)) == (None, None, None)
