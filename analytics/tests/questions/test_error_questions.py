"""Trend, facets, releases, pages and neighbours of errors."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics.periods import Period
from analytics.questions.errors.error_trend import error_trend
from analytics.questions.errors.issue_facts import Neighbours, issue_facts, neighbours
from analytics.questions.errors.tag_facets import FacetValue, tag_facets
from analytics.questions.releases.events_per_release import events_per_release
from events.facts import compaction
from events.tests import rows
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = Period(NOW - 24 * HOUR, NOW + HOUR)


def group(name: object) -> UUID:
    return UUID(rows.hexed(name))


def test_the_trend_counts_errors_per_bucket_and_level(project: Any) -> None:
    rows.store(
        project,
        rows.error(1, user_key=1),
        rows.error(2, user_key=2),
        rows.error(3, user_key=2, level="fatal"),
        rows.error(4, at=NOW - 2 * HOUR, level=None),
        rows.error(5, at=NOW - 2 * HOUR, group="b", environment="staging"),
        rows.error(6, at=NOW - 25 * HOUR),
    )
    trend = error_trend(project, period=DAY, step=HOUR)
    assert len(trend.starts) == 25
    assert trend.levels["error"][-3:] == (2, 0, 2)
    assert trend.levels["fatal"][-3:] == (0, 0, 1)
    assert (trend.totals[-1], sum(trend.totals)) == (3, 5)
    assert sum(error_trend(project, period=DAY, groups=[group("b")]).totals) == 1
    assert sum(error_trend(project, period=DAY, environment="staging").totals) == 1
    assert sum(error_trend(project, period=DAY, groups=[]).totals) == 0


def test_facets_show_the_top_values_and_the_rest_as_other(project: Any) -> None:
    browsers = ["Chrome"] * 5 + ["Firefox"] * 3 + ["Safari", "Edge"]
    rows.store(project, *(rows.error(n, tags={"browser": b, "n": str(n)}) for n, b in enumerate(browsers)))
    rows.store(project, rows.error(99, group="b", tags={"only": "b"}), rows.error(100))
    facets = {facet.tag: facet for facet in tag_facets(project, period=DAY, groups=[group("a")], top=2)}
    assert set(facets) == {"browser", "n"}
    assert facets["browser"].values == (FacetValue("Chrome", 5), FacetValue("Firefox", 3))
    assert (facets["browser"].total, facets["browser"].other, facets["browser"].distinct) == (10, 2, 4)
    assert [f.tag for f in tag_facets(project, period=DAY, tags=["only", "none"])] == ["only"]
    assert len(tag_facets(project, period=DAY, most=1)) == 1


def test_facets_of_a_project_are_those_of_its_newest_errors(project: Any) -> None:
    rows.store(project, *(rows.error(n, at=NOW - n * HOUR, tags={"n": str(n)}) for n in range(6)))
    (facet,) = tag_facets(project, period=DAY, newest=2)
    assert {value.value for value in facet.values} == {"0", "1", "2"}


def test_releases_count_errors_users_and_groups(project: Any) -> None:
    rows.store(
        project,
        rows.error(1, release="1.0", user_key=1, at=NOW - 3 * HOUR),
        rows.error(2, release="1.0", user_key=1, group="b"),
        rows.error(3, release="1.1", user_key=2),
        rows.error(4, at=NOW - 5 * HOUR),
    )
    found = events_per_release(project, period=DAY)
    assert [(r.release, r.errors, r.users, r.groups) for r in found] == [
        ("1.1", 1, 1, 1),
        ("1.0", 2, 1, 2),
        ("", 1, 0, 1),
    ]
    assert (found[1].first_at, found[1].last_at) == (NOW - 3 * HOUR, NOW)


@pytest.mark.parametrize("compacted", [False, True])
def test_pages_walk_over_every_error_of_the_issue_once(project: Any, compacted: bool) -> None:
    made = [rows.error(n, at=NOW - timedelta(minutes=n // 3), group="ab"[n % 2]) for n in range(60)]
    for part in range(8):
        rows.store(project, *made[part::8], rows.error(1000 + part, group="other"))
    if compacted:
        assert compaction.compact(now=NOW).merges == 1
    walked, before = [], None
    while True:
        page = issue_facts(project, groups=[group("a"), group("b")], period=DAY, before=before, size=7)
        walked += page.rows
        before = page.older
        if before is None:
            break
    assert [row.position for row in walked] == sorted((row.position for row in walked), reverse=True)
    assert {row.event_id for row in walked} == {row["event_id"] for row in made}
    assert len(walked) == 60


def test_neighbours_are_the_errors_right_before_and_after(project: Any) -> None:
    rows.store(project, *(rows.error(n, at=NOW - n * HOUR) for n in (1, 2, 3)), rows.error(9, group="b"))
    newest, middle, oldest = issue_facts(project, groups=[group("a")], period=DAY).rows

    def around(row: Any) -> Neighbours:
        return neighbours(project, groups=[group("a")], period=DAY, of=row.position)

    assert around(middle) == Neighbours(oldest.position, newest.position)
    assert around(newest) == Neighbours(middle.position, None)
    assert around(oldest) == Neighbours(None, middle.position)
