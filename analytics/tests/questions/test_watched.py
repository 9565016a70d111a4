"""Shares above a number of milliseconds, and the whole of a period."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.periods import Period
from analytics.questions.watched import series
from analytics.questions.watched.metrics import UnknownMetric, metric_of, over, title_of
from analytics.rollups.cells import Measure
from analytics.rollups.histograms import bucket, edge
from analytics.tests import facts
from events.models import Project
from events.tests.cast import NOW

HOUR = timedelta(hours=1)


def test_a_share_above_a_number_is_counted_from_the_nearest_edge() -> None:
    found = metric_of(over("requests.over", 1500))
    assert found.beyond in (edge(bucket(1500)), edge(bucket(1500) - 1))
    assert abs((found.beyond or 0) - 1500) <= 15
    assert found.title == f"Requests slower than {found.beyond:,.0f} ms"
    assert found.name == "requests.over.1500"
    assert metric_of("vitals.LCP.over.2500.5").dimensions == ("route", "device", "rating", "release", "environment")


@pytest.mark.parametrize(
    "name",
    [
        "requests.over",
        "requests.over.",
        "requests.over.0",
        "requests.over.-5",
        "requests.over.1e3",
        "requests.over.nan",
        "requests.over.12345678",
        "requests.over.1500.",
        "requests.over.١٥",
        "vitals.CLS.over.1",
        "logs.over.5",
    ],
)
def test_what_is_no_number_of_milliseconds_is_no_metric(name: str) -> None:
    with pytest.raises(UnknownMetric, match="There is no metric"):
        metric_of(name)
    assert title_of(name) == name


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["requests.error_rate", "requests.over.100", "requests.count", "requests.p95"])
@pytest.mark.parametrize("back", [timedelta(minutes=7), timedelta(hours=2, minutes=31), timedelta(days=2)])
def test_the_whole_of_a_period_is_what_its_minutes_add_up_to(project: Project, name: str, back: timedelta) -> None:
    facts.filled(project, "requests", *facts.requests(400, span=3 * HOUR))
    period, metric = Period(NOW - back, NOW), metric_of(name)
    (history,) = series.histories(project.pk, metric, period=period, now=NOW)
    whole, added = series.total(project.pk, metric, period=period, now=NOW), history.over(period.start, period.end)
    assert whole.samples > 0
    assert (whole.value, whole.samples, whole.bad) == pytest.approx((added.value, added.samples, added.bad))


@pytest.mark.django_db
def test_windows_hold_what_their_minutes_add_up_to_in_each_group(project: Project) -> None:
    facts.filled(project, "requests", *facts.requests(400, span=3 * HOUR))
    metric, edges = metric_of("requests.error_rate"), (NOW - 3 * HOUR, NOW - timedelta(minutes=17), NOW)
    cut = {"now": NOW, "group_by": ["route"], "where": {"environment": ["production"]}}
    found = series.windows(project.pk, metric, edges=edges, **cut)
    along = series.histories(project.pk, metric, period=Period(edges[0], NOW), **cut)
    assert len(found) == 5
    assert [one.labels for one in found] == [one.labels for one in along]
    for start in edges[:2]:
        assert [one.over(start, NOW) for one in found] == [one.over(start, NOW) for one in along]
    with pytest.raises(UnknownMetric, match="cannot be cut by 'colour'"):
        series.windows(project.pk, metric, edges=edges, now=NOW, group_by=["colour"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "cut", "read"),
    [
        ("requests.p95", {}, "traffic"),
        ("requests.error_rate", {"environment": ["production"]}, "traffic"),
        ("requests.error_rate", {"environment": ["production"], "route": ["GET /a"]}, "requests"),
        ("requests.count", {"release": ["web@1.0.0"]}, "requests"),
    ],
)
def test_a_metric_is_read_from_the_fewest_cells_and_says_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str, cut: dict[str, list[str]], read: str
) -> None:
    facts.filled(project, "requests", *facts.requests(400, span=3 * HOUR))
    metric, period = metric_of(name), Period(NOW - 3 * HOUR, NOW)

    def measures() -> list[Measure]:
        """All of a minute or a window, and what of it is bad; durations are added in no order."""
        (along,) = series.histories(project.pk, metric, period=period, now=NOW, where=cut)
        edges = (period.start, NOW - HOUR, NOW)
        (windows,) = series.windows(project.pk, metric, edges=edges, now=NOW, where=cut)
        found = (*along.all, *along.bad, *windows.all, *windows.bad)
        return [replace(one, total=round(one.total, 6)) for one in found]

    assert metric.read_from(cut) == read
    found = measures()
    assert sum(one.count for one in found) > 0
    monkeypatch.setattr(type(metric), "read_from", lambda self, *names: self.rollup)
    assert found == measures()
