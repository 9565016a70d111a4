"""Percentiles of histograms stay within one per cent of the exact ones, merge by addition, and agree with SQL."""

import math
from random import Random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.rollups import histograms
from analytics.rollups.histograms import LEAST, RELATIVE_ERROR, Histogram, bucket, edge, exact, middle

SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
R = Random(7)
DISTRIBUTIONS = {
    "log-normal milliseconds": [R.lognormvariate(5, 1) for _ in range(20_000)],
    "heavy tail": [10 * R.paretovariate(1.1) for _ in range(20_000)],
    "bimodal": [R.gauss(20, 2) if R.random() < 0.6 else R.gauss(2000, 150) for _ in range(20_000)],
    "uniform": [R.uniform(0.001, 60_000) for _ in range(20_000)],
    "layout shifts": [max(0.0002, R.expovariate(20)) for _ in range(20_000)],
    "exponential microseconds": [R.expovariate(1 / 0.3) + LEAST for _ in range(20_000)],
    "one value": [412.0] * 1000,
    "two values": [1.0, 1000.0],
    "bytes": [R.lognormvariate(22, 3) for _ in range(20_000)],
    "negative": [-R.lognormvariate(3, 1) for _ in range(20_000)],
    "few": [130.0, 170.0, 1200.0, 90.0, 260.0],
    "single": [0.0371],
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_every_percentile_is_within_one_per_cent_of_the_exact_one(name: str) -> None:
    values = DISTRIBUTIONS[name]
    histogram = Histogram.of(values)
    for q in SHARES:
        assert histogram.quantile(q) == pytest.approx(exact(values, q), rel=0.01), q


def test_it_is_the_percentile_of_sql() -> None:
    assert exact([1, 2, 3, 4], 0.75) == 3.25
    assert Histogram.of([1, 2, 3, 4]).quantile(0.75) == pytest.approx(3.25, rel=0.01)
    for values in DISTRIBUTIONS.values():
        measured = pa.table({"v": values})
        found = duckdb.from_arrow(measured).aggregate("quantile_cont(v, 0.75)").fetchone()
        assert found == pytest.approx((exact(values, 0.75),))


def test_nothing_has_no_percentile() -> None:
    assert Histogram().quantile(0.5) is None
    assert exact([], 0.5) is None


@given(st.lists(st.floats(-1e12, 1e12)), st.lists(st.floats(-1e12, 1e12)))
def test_merging_is_the_histogram_of_both(a: list[float], b: list[float]) -> None:
    merged = Histogram.of(a).merge(Histogram.of(b))
    assert merged == Histogram.of(a + b) == histograms.merged([Histogram.of(b), Histogram.of(a)])
    assert merged.count == len(a) + len(b)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_value_reads_back_within_the_error_and_tiny_ones_as_zero(value: float) -> None:
    index = bucket(value)
    if abs(value) <= LEAST:
        assert (index, middle(index)) == (0, 0.0)
    elif abs(index) < histograms.LAST:
        assert abs(middle(index) - value) <= abs(value) * RELATIVE_ERROR * 1.0001
    assert bucket(-value) == -index


def test_sql_finds_the_same_bucket() -> None:
    values = [value for values in DISTRIBUTIONS.values() for value in values[:3000]]
    values += [0.0, -0.0, LEAST, -LEAST, 1e300, *(edge(n) for n in range(-900, 900))]
    found = duckdb.from_arrow(pa.table({"v": values})).project(histograms.bucket_sql("v")).fetchall()
    assert [row[0] for row in found] == [bucket(value) for value in values]


def test_a_value_on_an_edge_is_below_it() -> None:
    for index in range(1, 900):
        assert bucket(edge(index)) == index, index


def test_counts_below_an_edge_are_exact() -> None:
    values = DISTRIBUTIONS["log-normal milliseconds"]
    histogram = Histogram.of(values)
    for wish in (1, 50, 250, 300, 1000, 1e6):
        at = histograms.nearest_edge(wish)
        assert math.isclose(at, wish, rel_tol=0.0101)
        assert histogram.count_below(at) == sum(value <= at for value in values)
        assert histogram.count_below(wish) == pytest.approx(sum(value <= wish for value in values), rel=0.02)


def test_bands_take_what_lies_in_them() -> None:
    histogram = Histogram.of([0.0, 5, 15, 15, 99, 1e6])
    assert histograms.spread_over(histogram.counts, (10, 20, 100)) == (2, 2, 1, 1)
