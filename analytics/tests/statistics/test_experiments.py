"""What may be said of an experiment: published examples to the printed digit, and what must hold of any numbers.

Examples named gbstats are the expected values of its own tests (GrowthBook's gbstats 0.8.0, tests/frequentist and
tests/bayesian).
"""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.statistics import distributions, effects, samples, sizes
from analytics.statistics.effects import Effect
from analytics.statistics.samples import Moments

FIRST = samples.of_sums(1396.87, 52377.9767, 3407)
SECOND = samples.of_sums(2422.7, 134698.29, 3461)
SHORTER = samples.of_sums(1396.87, 52377.9767, 3000)
HALF, MORE = samples.proportion(49, 100), samples.proportion(51, 100)


def told(effect: Effect) -> list[float]:
    return [round(value, 5) for value in (effect.value, effect.low, effect.high)]


def test_welch_says_what_gbstats_says() -> None:
    found = effects.fixed(FIRST, SECOND, level=0.05, is_relative=True)
    assert [*told(found), round(found.p or 0, 5)] == [0.70732, -0.03526, 1.44989, 0.06191]
    found = effects.fixed(FIRST, SECOND, level=0.05, is_relative=False)
    assert [*told(found), round(found.p or 0, 5)] == [0.29, 0.04538, 0.53462, 0.02016]
    found = effects.fixed(samples.proportion(14, 28), samples.proportion(16, 30), level=0.05, is_relative=True)
    assert [*told(found), round(found.p or 0, 5)] == [0.06667, -0.47767, 0.61101, 0.80707]


def test_the_confidence_sequence_is_that_of_gbstats() -> None:
    found = effects.sequential(SHORTER, SECOND, level=0.05, is_relative=True, tuned_for=1000)
    assert [*told(found), found.p] == [0.50336, -0.55844, 1.56516, 1.0]
    found = effects.sequential(
        samples.proportion(1396, 3000), samples.proportion(2422, 3461), level=0.05, is_relative=True
    )
    assert told(found) == [0.50386, 0.40098, 0.60675]


def test_beliefs_are_those_of_gbstats_and_of_evan_miller() -> None:
    found = effects.bayesian(HALF, MORE, level=0.05, is_relative=True)
    assert told(found) == [0.04082, -0.24779, 0.32943]
    assert round(found.chance or 0, 5) == 0.60918
    assert found.risk is not None
    assert [round(one, 5) for one in found.risk] == [0.0814, 0.04058]
    # Evan Miller, Formulas for Bayesian A/B Testing (2015), equation 6, evaluated in exact fractions.
    assert effects.chance_of_more(49, 100, 51, 100) == pytest.approx(0.610770522687772, abs=1e-12)


def test_sizes_are_those_of_evan_millers_calculator() -> None:
    assert round(sizes.of_proportion(0.2, 0.05)) == 1030  # 20 % base, 5 points, 80 % power, 5 % level
    assert sizes.days(1030, 2, 100) == 20.6
    assert sizes.days(1030, 2, 0) is None


def test_a_sample_ratio_is_judged_by_chi_square() -> None:
    # Fabijan et al., Diagnosing Sample Ratio Mismatch in Online Controlled Experiments (2019): 821,588 and 815,482.
    assert effects.sample_ratio([821588, 815482], [50, 50]) == pytest.approx(1.8218e-06, rel=1e-4)
    assert effects.sample_ratio([10, 20, 30], [10, 20, 30]) == 1.0
    assert effects.sample_ratio([0, 0], [50, 50]) is None


@pytest.mark.parametrize(
    ("share", "degrees", "t"),
    [(0.975, 1, 12.706), (0.975, 10, 2.228), (0.95, 30, 1.697), (0.995, 120, 2.617), (0.975, 1e6, 1.960)],
)
def test_quantiles_are_those_of_students_table(share: float, degrees: float, t: float) -> None:
    found = distributions.students_quantile(share, degrees)
    assert round(found, 3) == t
    assert distributions.students_p(found, degrees) == pytest.approx(2 * (1 - share), rel=1e-8)


@pytest.mark.parametrize(("value", "degrees"), [(3.841, 1), (5.991, 2), (7.815, 3), (11.070, 5), (18.307, 10)])
def test_chi_square_is_that_of_its_table(value: float, degrees: int) -> None:
    assert distributions.chi_square_p(value, degrees) == pytest.approx(0.05, abs=2e-5)


def test_many_questions_are_corrected() -> None:
    ps = [0.01, 0.04, 0.03, 0.005]
    assert effects.corrected(ps, method="holm") == pytest.approx([0.03, 0.06, 0.06, 0.02])  # R: p.adjust
    assert effects.corrected(ps, method="bh") == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert effects.corrected(ps, method="none") == ps
    assert effects.corrected([], method="holm") == []


def of(pairs: list[tuple[float, float]]) -> Moments:
    return samples.joined(Moments(1, y, z) for y, z in pairs)


def test_what_is_known_before_takes_away_what_it_foretells() -> None:
    dice = Random(7)
    groups = {}
    for name in ("a", "b"):
        before = [dice.gauss(10, 3) for _ in range(2000)]
        groups[name] = of([(0.8 * x + dice.gauss(0, 2), x) for x in before])
    adjusted = samples.adjusted(groups)
    whole = [sum(getattr(one, part) for one in groups.values()) for part in ("products", "squares", "squares_beside")]
    correlation = whole[0] / math.sqrt(whole[1] * whole[2])
    left = sum(one.variance for one in adjusted.values()) / sum(samples.mean(one).variance for one in groups.values())
    assert left == pytest.approx(1 - correlation**2, rel=1e-9)
    joint = sum(one.mean * one.count for one in adjusted.values()) / 4000
    assert joint == pytest.approx(samples.joined(groups.values()).mean, rel=1e-9)


def test_a_ratio_varies_as_the_delta_method_says() -> None:
    dice = Random(3)
    pairs = [(hits, float(tries)) for tries in (dice.randrange(1, 9) for _ in range(4000))
             if (hits := float(sum(dice.random() < 0.3 for _ in range(tries)))) >= 0]  # fmt: skip
    found = samples.ratio(of(pairs))
    assert found is not None
    assert found.mean == pytest.approx(sum(y for y, _ in pairs) / sum(z for _, z in pairs))
    drawn = []
    for _ in range(200):
        again = dice.choices(pairs, k=len(pairs))
        drawn.append(sum(y for y, _ in again) / sum(z for _, z in again))
    mean = sum(drawn) / len(drawn)
    bootstrapped = math.sqrt(sum((one - mean) ** 2 for one in drawn) / (len(drawn) - 1))
    assert math.sqrt(found.variance_of_mean) == pytest.approx(bootstrapped, rel=0.2)
    assert samples.ratio(of([(0.0, 0.0), (1.0, 0.0)])) is None


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=30), st.integers(1, 29))
def test_parts_joined_are_the_whole(pairs: list[tuple[float, float]], cut: int) -> None:
    whole, parts = of(pairs), of(pairs[:cut]) + of(pairs[cut:])
    y = [one for one, _ in pairs]
    mean = sum(y) / len(y)
    assert whole.squares == pytest.approx(sum((one - mean) ** 2 for one in y), rel=1e-6, abs=1e-3)
    for name in Moments.__slots__:
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), rel=1e-6, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 199), st.integers(1, 199), st.sampled_from(["fixed", "sequential", "bayesian"]))
def test_swapping_the_groups_turns_the_effect_around(hits: int, others: int, method: str) -> None:
    a, b = samples.proportion(hits, 200), samples.proportion(others, 200)
    compare = getattr(effects, method)
    one, other = (compare(*pair, level=0.05, is_relative=False) for pair in ((a, b), (b, a)))
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    if one.p is not None:
        assert 0 <= one.p <= 1
        assert (one.p < 0.05) == (one.low > 0 or one.high < 0)
        assert one.p == pytest.approx(other.p)
    else:
        assert one.chance == pytest.approx(1 - other.chance)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12))
def test_corrections_never_make_bolder(ps: list[float]) -> None:
    bh, holm = (effects.corrected(ps, method=method) for method in ("bh", "holm"))
    assert all(p <= b + 1e-12 and b <= h + 1e-12 for p, b, h in zip(ps, bh, holm, strict=True))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.6), st.floats(0.005, 0.3))
def test_looking_at_any_time_costs_people(share: float, difference: float) -> None:
    once = sizes.of_mean(share * (1 - share), difference)
    always = sizes.sequential(share * (1 - share), difference)
    assert once < always
