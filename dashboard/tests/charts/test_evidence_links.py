"""Every chart over time has evidence: a point leads to exactly the events it counts, with and without JavaScript."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.charts import cards, evidence_links, figures
from dashboard.frame import state
from dashboard.pages.charts import CHARTS
from dashboard.tests import populated_performance as populated
from dashboard.tests.populated import World, populate
from events.facts import dimensions
from events.models import Project

QUERY = f"{3:016x}"


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


def figure_and_links(project: Project, name: str, **parameters: str) -> tuple[Any, evidence_links.Links]:
    now = timezone.now()
    shown = state.parse(parameters, now=now)
    figure = cards.figure(project, name, state=shown, parameters=parameters, now=now)
    links = evidence_links.of(project, name, figure, state=shown, parameters=parameters)
    assert links is not None
    return figure, links


def test_a_bar_leads_to_as_many_events_as_it_counts(as_alice: Client, world: World) -> None:
    figure, links = figure_and_links(world.project, "errors", env="production")
    place = next(index for index, row in enumerate(figure.rows) if index and all(row[1:3]))
    for index, column in enumerate(figure.columns[1:], start=1):
        if figure.rows[place][index]:
            answer = as_alice.get(links.to(place, column))
            assert answer.context["found"].total == figure.rows[place][index], column
    assert as_alice.get(links.to(place)).context["found"].total == sum(figure.rows[place][1:])


def test_the_table_of_a_chart_has_the_same_links(as_alice: Client, world: World) -> None:
    slug, issue = world.project.slug, world.issue.pk
    page = as_alice.get(f"/p/{slug}/charts/issue_trend/?issue={issue}").content.decode()
    assert f'href="/p/{slug}/events/?issue={issue}&amp;from=' in page
    page = as_alice.get(f"/p/{slug}/charts/errors/?env=production").content.decode()
    assert f'href="/p/{slug}/events/?env=production&amp;from=' in page
    assert "&amp;level=fatal" in page
    sent = as_alice.get(f"/p/{slug}/charts/errors.json").json()
    assert len(sent["evidence"]["spans"]) == len(sent["rows"])


def test_the_buckets_touch_and_end_with_the_chart(world: World) -> None:
    for name, parameters in (("errors", {}), ("crash_free", {}), ("issue_trend", {"issue": str(world.issue.pk)})):
        figure, links = figure_and_links(world.project, name, **parameters)
        assert [end for _, end in links.spans[:-1]] == [start for start, _ in links.spans[1:]]
        assert links.spans[-1][1] == figure.layout["xaxis"]["range"][1]


def test_the_filters_of_a_chart_narrow_its_evidence(world: World) -> None:
    _, links = figure_and_links(world.project, "crash_free", env="production", release=world.release.version)
    query = parse_qs(urlsplit(links.to(0)).query)
    assert query["release"] == [world.release.version]
    assert query["handled"] == ["no"]
    assert query["env"] == ["production"]


def test_what_is_kept_whole_opens_as_an_event_and_the_rest_as_its_issue(as_alice: Client, world: World) -> None:
    answer = as_alice.get(f"/p/{world.project.slug}/events/?issue={world.issue.pk}")
    row = answer.context["rows"][0]
    assert row.issue == world.issue
    assert row.url == f"/p/{world.project.slug}/issues/{world.issue.pk}/"
    assert not row.is_kept
    assert as_alice.get(f"/p/{world.project.slug}/events/?issue=999999").status_code == 404


@pytest.mark.parametrize("name", [name for name, chart in CHARTS.items() if chart.evidence])
def test_all_evidence_opens(as_alice: Client, world: World, name: str) -> None:
    now = timezone.now()
    hours = [now - timedelta(hours=ago) for ago in (3, 2, 1)]
    figure = figures.lines(hours, {"one": [1, 2, 3]}, noun="One", end=now)
    for parameters in ({}, {"route": "GET /a b", "issue": str(world.issue.pk), "metric": "CLS", "query": QUERY}):
        links = evidence_links.of(world.project, name, figure, state=state.parse({}, now=now), parameters=parameters)
        assert links is not None
        if f"/queries/{QUERY}/" in links.url:
            row = populated.facts(now=now)["queries"][3] | {"at": now - timedelta(minutes=90)}
            populated.store_rows(world.project, {"queries": [row]}, now=now)
        answer = as_alice.get(links.to(1, "one"))
        assert answer.status_code == 200
        assert answer.context["state"].length == timedelta(hours=1)


def test_what_is_drawn_by_name_leads_to_what_is_named(as_alice: Client, world: World) -> None:
    populated.store(world.project, now=timezone.now())
    slowest, links = figure_and_links(world.project, "slowest_endpoints", env="production")
    answer = as_alice.get(links.to(0))
    assert answer.context["route"] == slowest.rows[0][0]
    assert answer.context["state"].environment == "production"
    boxes, links = figure_and_links(world.project, "latency_by_release")
    linked = {row[0]: links.to(place) for place, row in enumerate(boxes.rows)}
    for version in populated.RELEASES:
        assert as_alice.get(linked[version]).context["release"].version == version
    cells = evidence_links.cells(boxes, links)
    assert all(url == "" for row in cells for _, url in row[1:])


def test_statements_beyond_the_limit_have_one_page_together(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    rows = populated.facts(now=now)
    for row in rows["queries"]:
        row |= {"fingerprint": dimensions.OTHER, "statement": dimensions.OTHER, "finding": "n_plus_one"}
    populated.store_rows(project, rows, now=now)
    page = as_alice.get(f"/p/{project.slug}/queries/").content.decode()
    assert f'href="/p/{project.slug}/queries/(other)/' in page.replace("%28", "(").replace("%29", ")")
    answer = as_alice.get(f"/p/{project.slug}/queries/(other)/")
    assert answer.context["found"].statement == dimensions.OTHER


def test_a_statement_that_did_not_run_says_so_and_leads_to_when_it_may_have(as_alice: Client, project: Project) -> None:
    answer = as_alice.get(f"/p/{project.slug}/queries/nothing%00/?from=-1h&env=production")
    assert answer.status_code == 404
    html = answer.content.decode()
    assert "This statement did not run in this period" in html
    assert 'href="?from=-30d"' in html
    assert "\x00" not in html


def test_a_page_of_events_follows_the_other(as_alice: Client, world: World) -> None:
    first = as_alice.get(f"/p/{world.project.slug}/events/").context["found"]
    assert first.pages > 1
    second = as_alice.get(f"/p/{world.project.slug}/events/?page=2").context["found"]
    assert second.page == 2
    assert first.rows[-1].at >= second.rows[0].at
    assert {row.event_id for row in first.rows}.isdisjoint(row.event_id for row in second.rows)
