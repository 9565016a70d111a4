"""Percentiles and shares of web vitals, routes in bands, regressions and attribution."""

import math
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import Period
from analytics.questions.performance.percentiles import percentiles
from analytics.questions.vitals.percentiles import percentile
from analytics.questions.vitals.vitals import countries, culprits, regressions, route_vitals, vitals
from analytics.rollups import filling
from analytics.rollups.cells import Measure
from analytics.rollups.histograms import GAMMA, Histogram, exact
from analytics.tests import facts
from events.models import Release
from events.tests import intake
from events.tests.cast import NOW
from events.values.vitals import RATINGS, rating

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = Period(NOW - 24 * HOUR, NOW + HOUR)


def near(value: float) -> Any:
    return pytest.approx(value, rel=0.01)


def metric(found: Any, name: str) -> Any:
    return next(vital for vital in found.metrics if vital.metric == name)


def test_shares_are_exact_at_the_thresholds_and_repeats_count_once(project: Any) -> None:
    values = [2500.0] * 50 + [2500.1] * 30 + [4000.0] * 10 + [4000.1] * 5 + [6000.0] * 5
    facts.filled(project, "vitals", *(facts.vital(n, value) for n, value in enumerate(values)))
    facts.filled(project, "vitals", *(facts.vital(n, value / 2) for n, value in enumerate(values)))
    found = vitals(project, period=DAY, now=NOW)
    lcp = metric(found, "LCP")
    assert (lcp.count, lcp.enough, sum(lcp.counts)) == (100, True, 100)
    assert lcp.shares == {"good": 0.5, "needs-improvement": 0.4, "poor": 0.1}
    assert (lcp.value, lcp.rating) == (near(2500.1), "needs-improvement")
    assert metric(vitals(project, period=DAY, now=NOW, q=0.95), "LCP").rating == "poor"
    assert metric(found, "INP").value is None
    assert found.score
    assert [part.metric for part in found.score.parts] == ["LCP"]


EQUAL = [
    ("LCP", 2500.0, "good"), ("LCP", 2500.5, "needs-improvement"), ("LCP", 4000.0, "needs-improvement"),
    ("LCP", 4001.0, "poor"), ("INP", 200.0, "good"), ("INP", 201.0, "needs-improvement"),
    ("INP", 500.0, "needs-improvement"),
    ("INP", 501.0, "poor"), ("CLS", 0.1, "good"), ("CLS", 0.101, "needs-improvement"), ("CLS", 0.0, "good"),
    ("FCP", 1800.0, "good"), ("TTFB", 800.0, "good"), ("TTFB", 1801.0, "poor"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "rated"), EQUAL)
def test_the_percentile_of_equal_values_is_that_value_with_its_rating(
    project: Any, name: str, value: float, rated: str
) -> None:
    facts.filled(project, "vitals", *(facts.vital(n, value, metric=name) for n in range(60)))
    found = metric(vitals(project, period=DAY, now=NOW), name)
    assert (found.value, found.rating, found.shares[rated]) == (pytest.approx(value), rated, 1.0)
    [route] = route_vitals(project, metric=name, period=DAY, now=NOW)
    assert (route.value, route.rating) == (pytest.approx(value), rated)


@pytest.mark.parametrize("in_one_body", [False, True])
def test_of_one_page_the_last_interaction_counts(project: Any, key: Any, in_one_body: bool) -> None:
    for number in range(60):
        reports = [
            {"name": "INP", "id": f"v5-{number}", "value": value, "delta": delta, "url": "https://shop.example/a"}
            for value, delta in ((500, 500), (48, -452))
        ]
        for sent in [reports] if in_one_body else reports:
            assert intake.post(key, "vitals/", orjson.dumps(sent)).status_code == 200
    intake.digested(project)
    now = timezone.now()
    filling.roll_up(now=now, seconds=60)
    found = metric(vitals(project, period=Period(now - HOUR, now + HOUR), now=now), "INP")
    assert (found.count, found.value, found.rating) == (60, pytest.approx(48), "good")


BUCKETED = st.dictionaries(
    st.sampled_from([100.0, 1500.0, 2490.0, 2499.9, 2500.0, 2500.1, 2530.0, 3900.0, 4000.0, 4000.1, 4050.0, 9000.0]),
    st.integers(1, 40), min_size=1,
)  # fmt: skip


@given(BUCKETED, st.sampled_from([0.5, 0.75, 0.9, 0.99]))
def test_a_percentile_is_rated_as_the_exact_one_between_values_of_one_rating(
    counts: dict[float, int], q: float
) -> None:
    values = sorted(value for value, times in counts.items() for _ in range(times))
    bands: dict[str, Measure] = {
        rated: Measure(len(own), sum(own), Histogram.of(own))
        for rated in RATINGS
        if (own := [value for value in values if rating("LCP", value) == rated])
    }
    found = percentile("LCP", bands, q)
    # A rating whose values share one bucket is read back as their mean, which may be anywhere in that bucket.
    assert found == pytest.approx(exact(values, q), rel=GAMMA - 1 + 1e-9)
    rank = q * (len(values) - 1)
    beside = {rating("LCP", values[place]) for place in (math.floor(rank), math.ceil(rank))}
    if len(beside) == 1:
        assert {rating("LCP", found or 0.0)} == beside


def test_devices_are_apart_and_few_samples_make_no_score(project: Any) -> None:
    facts.filled(
        project, "vitals", *(facts.vital(n, 100.0, metric="INP", device="mobile") for n in range(49)),
        facts.vital("d", 900.0, metric="INP"),
    )  # fmt: skip
    mobile = vitals(project, period=DAY, now=NOW, device="mobile")
    assert (metric(mobile, "INP").count, metric(mobile, "INP").enough, mobile.score) == (49, False, None)
    assert metric(vitals(project, period=DAY, now=NOW, device="desktop"), "INP").value == near(900)


def test_routes_lie_in_bands_the_worst_first_and_few_samples_last(project: Any) -> None:
    facts.filled(
        project, "vitals",
        *(facts.vital(("a", n), 0.3, metric="CLS", route="/poor") for n in range(50)),
        *(facts.vital(("b", n), 0.01, metric="CLS", route="/good") for n in range(50)),
        *(facts.vital(("c", n), 0.9, metric="CLS", route="/few") for n in range(3)),
    )  # fmt: skip
    found = route_vitals(project, metric="CLS", period=DAY, now=NOW)
    assert [(one.route, one.rating, one.good_share) for one in found] == [
        ("/poor", "poor", 0), ("/good", "good", 1), ("/few", "", 0),
    ]  # fmt: skip


def test_a_release_that_made_a_route_worse_is_told(project: Any) -> None:
    for version in ("web@1", "web@2"):
        Release.objects.create(project=project, version=version)
    facts.filled(
        project, "vitals",
        *(facts.vital((1, n), 1000.0 + n, release="web@1") for n in range(80)),
        *(facts.vital((2, n), 2000.0 + n, release="web@2") for n in range(80)),
        *(facts.vital((3, n), 100.0 + n, release="web@1", metric="INP") for n in range(80)),
        *(facts.vital((4, n), 100.0 + n, release="web@2", metric="INP") for n in range(80)),
    )  # fmt: skip
    (found,) = regressions(project, period=DAY, now=NOW)
    assert (found.metric, found.route, found.release, found.before) == ("LCP", "/", "web@2", "web@1")
    assert found.comparison.statement.startswith("up 9")
    assert regressions(project, period=DAY.previous(), now=NOW) == ()


def test_attribution_names_what_was_behind_bad_loads(project: Any) -> None:
    facts.store(
        project, "vitals",
        *(facts.vital(n, 5000.0, attribution={"element": "img.hero"}) for n in range(3)),
        facts.vital("x", 9000.0, attribution={"element": "h1"}),
        facts.vital("ok", 100.0, attribution={"element": "h2"}),
    )  # fmt: skip
    found = culprits(project, metric="LCP", period=DAY)
    assert [(one.target, one.count, one.value) for one in found] == [("img.hero", 3, 5000.0), ("h1", 1, 9000.0)]


def test_countries_are_apart_and_those_with_few_samples_have_no_band(project: Any) -> None:
    facts.store(
        project, "vitals",
        *(facts.vital(("de", n), 2000.0 if n < 45 else 5000.0, country="DE") for n in range(60)),
        *(facts.vital(("br", n), 4500.0, country="BR") for n in range(50)),
        *(facts.vital(("br", n), 100.0, country="BR", at=NOW + HOUR / 2) for n in range(50)),
        *(facts.vital(("fr", n), 100.0, country="FR", device="mobile") for n in range(49)),
        *(facts.vital(("unknown", n), 100.0) for n in range(70)),
        *(facts.vital(("old", n), 100.0, country="JP", at=DAY.start - HOUR) for n in range(70)),
        facts.vital("inp", 100.0, metric="INP", country="SE"),
    )  # fmt: skip
    found = countries(project, metric="LCP", period=DAY)
    assert [(one.country, one.count, one.value, one.rating, one.good_share) for one in found] == [
        ("DE", 60, near(2750), "needs-improvement", 0.75), ("BR", 50, 100, "good", 1), ("FR", 49, 100, "", 1),
    ]  # fmt: skip
    assert [one.country for one in countries(project, metric="LCP", period=DAY, where={"device": "mobile"})] == ["FR"]
    assert countries(project, metric="LCP", period=DAY, where={"environment": "staging"}) == ()


def test_free_percentiles_count_a_repeated_report_once(project: Any) -> None:
    facts.store(
        project, "vitals", facts.vital("a", 1.0), facts.vital("a", 3000.0, at=NOW + HOUR / 2), facts.vital("b", 1000.0)
    )
    (found,) = percentiles(
        project, fact="vitals", by=("device",), shares=(0.0, 1.0), period=DAY, where={"metric": "LCP"}
    )
    assert (found.values, found.count, found.quantiles) == (("desktop",), 2, (near(1000), near(3000)))
