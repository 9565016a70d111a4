"""What a period is compared with: the time before it, or as long before the last release."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.logs.log_volume import log_changes
from analytics.questions.overview.overview import overview
from analytics.questions.performance.endpoints import endpoints
from analytics.questions.performance.request_rates import request_rates
from analytics.questions.performance.slow_queries import slow_queries
from analytics.questions.security.security_events import security_events
from analytics.questions.vitals.vitals import route_vitals, vitals
from analytics.statistics import baselines
from analytics.tests import facts
from events.issues import search
from events.models import Deploy, Project
from events.tests import make
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = Period(NOW - 24 * HOUR, NOW)


def deployed(project: Project, version: str, hours_ago: int, environment: str = "production") -> None:
    release = project.releases.filter(version=version).first() or make.release(project, version)
    Deploy.objects.create(release=release, environment=environment, finished_at=NOW - hours_ago * HOUR)


def test_without_any_release_there_is_nothing_to_compare_with(project: Project) -> None:
    assert baselines.last_release(project, period=DAY) is None


def test_as_long_before_a_release_as_it_is_out(project: Project) -> None:
    deployed(project, "1.4.1", 60)
    deployed(project, "1.4.2", 6)
    found = baselines.last_release(project, period=DAY)
    assert found == baselines.Baseline(
        Period(NOW - 6 * HOUR, NOW), Period(NOW - 12 * HOUR, NOW - 6 * HOUR), release="1.4.2"
    )


def test_a_release_older_than_the_period_is_compared_with_the_time_before_it(project: Project) -> None:
    deployed(project, "1.4.2", 100)
    found = baselines.last_release(project, period=DAY)
    assert found == baselines.Baseline(DAY, Period(NOW - 124 * HOUR, NOW - 100 * HOUR), release="1.4.2")


@pytest.mark.parametrize(("environment", "version"), [("production", "1"), ("staging", "2"), ("", "2")])
def test_a_release_goes_out_to_each_environment_by_itself(project: Project, environment: str, version: str) -> None:
    deployed(project, "1", 10, "production")
    deployed(project, "2", 5, "staging")
    deployed(project, "2", -1, "production")
    found = baselines.last_release(project, period=DAY, environment=environment)
    assert found is not None
    assert found.release == version


def test_a_second_deploy_of_a_release_does_not_make_it_newer(project: Project) -> None:
    deployed(project, "1", 10)
    deployed(project, "2", 8)
    deployed(project, "1", 2, "production")
    found = baselines.last_release(project, period=DAY)
    assert found is not None
    assert (found.release, found.after.start) == ("2", NOW - 8 * HOUR)


def test_without_deploys_a_release_is_out_when_it_was_first_seen(project: Project) -> None:
    make.release(project, "1", first_event_at=NOW - 9 * HOUR)
    make.release(project, "2", first_event_at=NOW - 4 * HOUR, released_at=NOW - 5 * HOUR)
    make.release(project, "made but never seen")
    found = baselines.last_release(project, period=DAY)
    assert found is not None
    assert (found.release, found.after.start) == ("2", NOW - 5 * HOUR)


def test_every_question_compares_with_the_baseline_it_is_given(project: Any) -> None:
    deployed(project, "2", 2)
    baseline = baselines.last_release(project, period=DAY)
    assert baseline is not None
    # Sixty in the two hours since the release, thirty and slower in the two before, and what must not count.
    ages = [*(1.0 for _ in range(60)), *(3.0 for _ in range(30)), *(20.0 for _ in range(500))]
    made = [(NOW - age * HOUR, 100 if age == 1.0 else 400) for age in ages]
    facts.filled(project, "requests", *(facts.request(at, duration_ms=ms) for at, ms in made))
    facts.filled(project, "vitals", *(facts.vital(n, ms * 10, at=at) for n, (at, ms) in enumerate(made)))
    facts.filled(project, "queries", *(facts.query(at=at, total_ms=ms) for at, ms in made))
    facts.filled(project, "logs", *(facts.log(f"line {n}", at=at, level="error") for n, (at, _) in enumerate(made)))
    facts.filled(project, "security", *({"at": at, "kind": "csp"} for at, _ in made))
    about: dict[str, Any] = {"period": DAY, "now": NOW, "baseline": baseline}

    rates = request_rates(project, **about)
    assert (rates.count, rates.rate.value, rates.rate.before) == (590, 60 / 120, 30 / 120)
    assert [rates.p95.value, rates.p95.before] == pytest.approx([100, 400], rel=0.02)
    assert rates.p99.samples == 60
    [endpoint] = endpoints(project, **about)
    assert (endpoint.count, endpoint.p95.samples, endpoint.p95.samples_before) == (590, 60, 30)
    assert (endpoint.rate.value, endpoint.rate.before, endpoint.rate.direction) == (0.5, 0.25, 1)
    assert (endpoint.failures.value, endpoint.failures.before) == (0.0, 0.0)
    numbers = overview(project, **about)
    assert numbers.throughput.value == pytest.approx(590 / 1440)
    assert numbers.throughput.comparison.value == 60 / 120
    assert numbers.p95.comparison.before == pytest.approx(400, rel=0.02)
    lcp = next(one for one in vitals(project, **about).metrics if one.metric == "LCP")
    assert (lcp.count, lcp.comparison.samples, lcp.comparison.samples_before) == (590, 60, 30)
    [route] = route_vitals(project, metric="LCP", **about)
    assert (route.count, route.comparison.samples_before) == (590, 30)
    [query] = slow_queries(project, **about)
    assert (query.count, query.change.samples, query.change.samples_before) == (590, 60, 30)
    logs = log_changes(project, search=search.parse("", now=NOW), **about)
    assert (logs.lines.value, logs.errors.before, logs.warnings.value) == (0.5, 0.25, 0.0)
    searched = log_changes(project, search=search.parse("level:error", now=NOW), **about)
    assert (searched.lines.value, searched.lines.before) == (0.5, 0.25)
    [kind] = security_events(project, **about).comparisons.values()
    assert (kind.value, kind.before) == (0.5, 0.25)
