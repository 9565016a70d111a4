"""Rates, endpoints, one endpoint, heatmap, releases and queries, against what was stored."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.overview.overview import overview
from analytics.questions.performance.endpoint_detail import endpoint_detail, releases_compared
from analytics.questions.performance.endpoints import endpoints
from analytics.questions.performance.latency_by_release import latency_by_release
from analytics.questions.performance.latency_heatmap import latency_heatmap
from analytics.questions.performance.percentiles import percentiles
from analytics.questions.performance.request_rates import request_rates
from analytics.questions.performance.slow_queries import loops, slow_queries
from analytics.tests import facts
from events.models import Release
from events.tests import rows
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = Period(NOW - 24 * HOUR, NOW + HOUR)


def near(value: float) -> Any:
    return pytest.approx(value, rel=0.01)


def test_rates_count_statuses_and_durations_over_time(project: Any) -> None:
    facts.filled(
        project, "requests",
        *(facts.request(NOW - 2 * HOUR, duration_ms=100) for _ in range(99)),
        facts.request(NOW, duration_ms=900, status=503),
        *(facts.request(NOW - 40 * HOUR) for _ in range(10)),
    )  # fmt: skip
    found = request_rates(project, period=DAY, now=NOW, step=HOUR)
    assert (found.count, found.failed, sum(found.counts)) == (100, 1, 100)
    assert found.statuses["2xx"][22] == 99
    assert found.durations[24].p50 == near(900)
    assert found.total.p50 == near(100)
    assert (found.rate.value, found.rate.before) == (100 / 1500, 10 / 1500)
    assert found.failures.statement.startswith("too few")
    assert request_rates(project, period=DAY, now=NOW, environment="staging").count == 0
    assert request_rates(project, period=DAY, now=NOW, route="GET /items", release="web@1.0.0").count == 100


def test_endpoints_share_the_time_and_sort_by_what_is_asked(project: Any) -> None:
    facts.filled(
        project, "requests",
        *(facts.request(NOW - HOUR, route="GET /often", duration_ms=10) for _ in range(90)),
        *(facts.request(NOW - HOUR, route="GET /slow", duration_ms=910, status=500) for _ in range(10)),
    )  # fmt: skip
    slow, often = endpoints(project, period=DAY, now=NOW)
    assert (slow.route, often.route) == ("GET /slow", "GET /often")
    assert slow.time_share == near(0.91)
    assert (slow.failure_share, often.failure_share) == (1.0, 0.0)
    assert (sum(often.trend), often.per_minute) == (90, 90 / 1500)
    assert [one.route for one in endpoints(project, period=DAY, now=NOW, sort="count")] == ["GET /often", "GET /slow"]
    with pytest.raises(ValueError, match="sorted by"):
        endpoints(project, period=DAY, now=NOW, sort="nonsense")


def test_an_endpoint_shows_its_samples_queries_errors_and_releases(project: Any) -> None:
    trace = rows.hexed("trace")
    facts.filled(
        project, "requests",
        *(facts.request(NOW - HOUR, duration_ms=100, release="web@1") for _ in range(60)),
        *(facts.request(NOW - HOUR, duration_ms=200, release="web@2") for _ in range(60)),
        facts.request(NOW, duration_ms=5000, release="web@2", trace_id=trace), facts.request(NOW, route="GET /other"),
    )  # fmt: skip
    facts.store(project, "queries", facts.query("f1", count=12, total_ms=60, finding="n_plus_one"), facts.query("f2"))
    facts.store(
        project, "errors", rows.error(1, route="GET /items", type="KeyError"), rows.error(2, route="GET /other")
    )
    found = endpoint_detail(project, route="GET /items", period=DAY, now=NOW)
    assert (found.count, sum(bar.count for bar in found.bars)) == (121, 121)
    assert all(low.high == high.low for low, high in zip(found.bars, found.bars[1:], strict=False))
    assert (found.slowest[0].trace_id, found.slowest[0].duration_ms) == (trace, 5000)
    assert [(q.fingerprint, q.per_request, q.finding) for q in found.queries] == [
        ("f1", 12, "n_plus_one"),
        ("f2", 1, ""),
    ]
    assert [(error.type, error.count) for error in found.errors] == [("KeyError", 1)]
    assert [(shape.release, shape.count) for shape in found.releases] == [("web@2", 61), ("web@1", 60)]
    compared = releases_compared(project, route="GET /items", release="web@2", other="web@1", period=DAY, now=NOW)
    assert (compared.p50.direction, compared.failures.direction) == (1, 0)
    assert compared.p50.change == near(1.0)


def test_the_heatmap_holds_every_request_once(project: Any) -> None:
    facts.filled(project, "requests", *facts.requests(300))
    for route in ("", "GET /a"):
        found = latency_heatmap(project, period=DAY, now=NOW, route=route)
        total = request_rates(project, period=DAY, now=NOW, route=route).count
        assert sum(map(sum, found.counts)) == total
        assert {len(counts) for counts in found.counts} == {len(found.edges) + 1}


def test_releases_come_in_the_order_they_were_made(project: Any) -> None:
    for version in ("web@b", "web@a"):
        Release.objects.create(project=project, version=version)
    facts.filled(
        project, "requests", facts.request(release="web@a", duration_ms=50), facts.request(release="web@b"),
        facts.request(release=None),
    )  # fmt: skip
    boxes = latency_by_release(project, period=DAY, now=NOW)
    assert [box.release for box in boxes] == ["", "web@b", "web@a"]
    assert boxes[2].p50 == boxes[2].p95 == near(50)


def test_queries_are_ranked_by_time_and_loops_are_told(project: Any) -> None:
    facts.filled(
        project, "queries",
        facts.query("many", count=100, total_ms=500, finding="n_plus_one", trace_id=rows.hexed("t")),
        facts.query("slow", total_ms=400, route="GET /slow", finding="slow"),
        facts.query("fast", total_ms=1, route=None),
    )  # fmt: skip
    found = slow_queries(project, period=DAY, now=NOW)
    assert [(q.fingerprint, q.count, q.findings) for q in found] == [
        ("many", 100, ("n_plus_one",)), ("slow", 1, ("slow",)), ("fast", 1, ()),
    ]  # fmt: skip
    assert found[0].p95 == near(5)
    assert found[0].time_share == near(500 / 901)
    assert slow_queries(project, period=DAY, now=NOW, sort="p95")[0].fingerprint == "slow"
    assert [(loop.statement, loop.times, loop.trace_id) for loop in loops(project, period=DAY)] == [
        ("SELECT many", 100, rows.hexed("t"))
    ]
    assert slow_queries(project, period=DAY.previous(), now=NOW) == ()


def test_free_percentiles_agree_with_the_rollups(project: Any) -> None:
    facts.filled(project, "requests", *facts.requests(2000))
    free = percentiles(project, fact="requests", by=("route", "release"), shares=(0.5, 0.95), period=DAY)
    assert sum(one.count for one in free) == 2000
    for endpoint in endpoints(project, period=DAY, now=NOW, release="web@1.0.0"):
        (same,) = (one for one in free if one.values == (endpoint.route, "web@1.0.0"))
        assert (same.count, same.quantiles) == (endpoint.count, (endpoint.durations.p50, endpoint.durations.p95))
    with pytest.raises(ValueError, match="no at to ask"):
        percentiles(project, fact="requests", by=("at",), shares=(0.5,), period=DAY)


def test_the_overview_has_each_number_with_its_trend_and_the_time_before(project: Any) -> None:
    facts.filled(project, "requests", *facts.requests(200), *facts.requests(100, end=NOW - 25 * HOUR))
    facts.store(project, "errors", rows.error(1), rows.error(2))
    facts.store(project, "vitals", *(facts.vital(n, 2000.0) for n in range(60)))
    facts.store(project, "sessions", *(rows.session(n, status="crashed" if n == 0 else "exited") for n in range(10)))
    facts.filled(project, "logs", facts.log("x"))
    found = overview(project, period=DAY, now=NOW)
    assert found.errors.value == 2 / 1500
    assert found.throughput.value == 200 / 1500
    assert found.throughput.comparison.direction == 1
    assert found.lcp.value == near(2000)
    assert found.crash_free.value == 0.9
    assert {len(tile.trend) for tile in (found.errors, found.p95, found.lcp, found.crash_free)} == {len(found.starts)}
