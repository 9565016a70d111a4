"""Percentiles and shares of web vitals, routes in bands, regressions and attribution."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.performance.percentiles import percentiles
from analytics.questions.vitals.vitals import countries, culprits, regressions, route_vitals, vitals
from analytics.tests import facts
from events.models import Release
from events.tests.cast import NOW

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
        ("DE", 60, near(2750), "needs-improvement", 0.75), ("BR", 50, 4500, "poor", 0), ("FR", 49, 100, "", 1),
    ]  # fmt: skip
    assert [one.country for one in countries(project, metric="LCP", period=DAY, device="mobile")] == ["FR"]
    assert countries(project, metric="LCP", period=DAY, environment="staging") == ()


def test_free_percentiles_count_a_repeated_report_once(project: Any) -> None:
    facts.store(
        project, "vitals", facts.vital("a", 1.0), facts.vital("a", 3000.0, at=NOW + HOUR / 2), facts.vital("b", 1000.0)
    )
    (found,) = percentiles(
        project, fact="vitals", by=("device",), shares=(0.0, 1.0), period=DAY, where={"metric": "LCP"}
    )
    assert (found.values, found.count, found.quantiles) == (("desktop",), 2, (near(1000), near(3000)))
