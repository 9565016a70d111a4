"""Every row is a filter: chips in the address and numbers of what is left, on pages, charts, files and in the API."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.performance import endpoints, request_rates
from analytics.questions.vitals import vitals
from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.charts import world_map
from dashboard.frame import filters
from dashboard.tests.api.test_api import bearer, get
from dashboard.tests.pages.test_pages import read
from events.models import Project

HOUR = timedelta(hours=1)


@pytest.fixture
def measured(project: Project) -> Project:
    """40 slow requests from Austria on one host, 60 quick ones from Germany on another; page loads likewise."""
    now = timezone.now()
    at = now - 2 * HOUR
    facts.filled(
        project, "requests",
        *(facts.request(at, duration_ms=900, country="AT", host="web-1", route="GET /slow") for _ in range(40)),
        *(facts.request(at, duration_ms=10, country="DE", host="web-2", route="GET /quick") for _ in range(60)),
        now=now,
    )  # fmt: skip
    facts.filled(
        project, "vitals",
        *(facts.vital(f"a{n}", 5000, at=at, country="AT", browser="Firefox", route="/alpha") for n in range(60)),
        *(facts.vital(f"b{n}", 900, at=at, country="DE", browser="Chrome", route="/beta") for n in range(80)),
        now=now,
    )  # fmt: skip
    facts.filled(
        project, "logs",
        *(facts.log(f"one {n}", at=at, level="trace", host="web-1", service='a "b" *') for n in range(3)),
        *(facts.log(f"two {n}", at=at, level="error", host="web-2", service="a") for n in range(5)),
        now=now,
    )  # fmt: skip
    views = [event(n, at, country="AT", host="a.example") for n in range(40)]
    views += [event(n, at, country="DE", host="b.example") for n in range(50, 90)]
    facts.filled(project, "events", *views, now=now)
    return project


def test_what_is_left_is_counted_from_the_facts_and_adds_up_to_the_whole(measured: Project) -> None:
    now = timezone.now()
    about: dict[str, Any] = {"period": Period(now - 24 * HOUR, now + HOUR), "now": now}
    whole = request_rates.request_rates(measured, **about)
    parts = [request_rates.request_rates(measured, having={"country": code}, **about) for code in ("AT", "DE")]
    assert [one.count for one in parts] == [40, 60]
    assert tuple(a + b for a, b in zip(*(one.counts for one in parts), strict=True)) == whole.counts
    assert parts[0].starts == whole.starts
    [slow] = endpoints.endpoints(measured, having={"host": "web-1"}, **about)
    assert (slow.route, slow.count, sum(slow.trend)) == ("GET /slow", 40, 40)
    everything = endpoints.endpoints(measured, **about)
    assert slow.durations == next(one for one in everything if one.route == "GET /slow").durations
    [lcp, *_] = vitals.vitals(measured, having={"browser": "Firefox"}, **about).metrics
    assert (lcp.count, lcp.rating, sum(lcp.counts)) == (60, "poor", 60)
    with pytest.raises(ValueError, match="requests have no browser"):
        request_rates.request_rates(measured, having={"browser": "x"}, **about)


def test_the_dimensions_of_a_rollup_say_the_same_when_they_are_counted_from_the_facts(measured: Project) -> None:
    now = timezone.now()
    about: dict[str, Any] = {"period": Period(now - 24 * HOUR, now + HOUR), "now": now}
    ahead = request_rates.request_rates(measured, route="GET /slow", **about)
    assert request_rates.request_rates(measured, having={"route": "GET /slow"}, **about) == ahead


@pytest.mark.parametrize(
    ("page", "row", "left", "gone"),
    [
        ("performance/?by=country", "by=country&amp;country=AT", "/slow", "/quick"),
        ("performance/?by=host", "by=host&amp;host=web-2", "/quick", "/slow"),
        ("performance/", "route=GET+%2Fslow", "/slow", "/quick"),
        ("vitals/", "country=AT", "/alpha", "/beta"),
        ("vitals/?by=browser", "by=browser&amp;browser=Chrome", "/beta", "/alpha"),
        ("vitals/", "route=%2Falpha", "/alpha", "/beta"),
        ("logs/", "host=web-1", "one 1", "two 1"),
        ("analytics/?by_places=country", "by_places=country&amp;country=AT", ">AT<", ">DE<"),
        ("analytics/?by_pages=site", "by_pages=site&amp;site=a.example", "a.example", "b.example"),
    ],
)
def test_a_row_leads_to_what_has_to_do_with_it_and_a_chip_back(
    as_alice: Client, measured: Project, page: str, row: str, left: str, gone: str
) -> None:
    whole = as_alice.get(f"/p/web/{page}").content.decode()
    assert f'href="?{row}"' in whole or f'/logs/?{row}"' in whole
    narrowed = as_alice.get(f"/p/web/{page.split('?')[0]}?{row.replace('&amp;', '&')}")
    html = narrowed.content.decode()
    rows = html.split('<div class="gap">', 1)[1]
    assert left in rows
    assert gone not in rows
    assert "take this filter away" in html
    [chip, *_] = narrowed.context["frame"]["chips"]
    assert row.split("&amp;")[-1] not in chip.url
    assert read(html).refused == []


def test_a_map_stands_beside_the_countries_and_leads_to_each(as_alice: Client, measured: Project) -> None:
    for page, count in (
        ("analytics/", "40 visitors"),
        ("vitals/", "60 page loads"),
        ("performance/?by=country", "40 req"),
    ):
        answer = as_alice.get(f"/p/web/{page}")
        html = answer.content.decode()
        assert f"Austria: {count}" in html
        assert answer.context["map"].missing == 0
        assert len(answer.context["map"].countries) > 170
        assert "country=AT" in next(one.url for one in answer.context["map"].countries if "Austria" in one.words)


def test_a_map_says_what_it_has_no_place_for() -> None:
    found = world_map.drawn({"AT": 5, "MT": 3, "X": 9, "<>": 9}, noun="visitors", url=lambda code: f"?{code}")
    assert found is not None
    assert (found.missing, found.sentence) == (1, "Visitors by country: Austria 5, MT 3.")
    assert [one.step for one in found.countries if one.url] == [5]
    assert world_map.drawn({"(none)": 3}, noun="visitors", url=str) is None


def test_no_outline_crosses_the_map() -> None:
    """Russia and Fiji lie on both sides of 180°: cut there, or they draw bars through everything."""
    found = world_map.drawn({"RU": 1}, noun="visitors", url=str)
    assert found is not None
    for country in found.countries:
        steps = [int(one) for one in re.findall(r"-?\d+", re.sub(r"M\d+ \d+l", "", country.path))]
        assert max(map(abs, steps)) < 150, country.words
        assert all(0 <= int(x) <= found.width for x in re.findall(r"M(\d+)", country.path))


def test_filters_go_along_to_the_pages_charts_and_files_that_know_them(as_alice: Client, measured: Project) -> None:
    html = as_alice.get("/p/web/performance/?country=AT&host=web-1&from=-7d").content.decode()
    assert 'href="/p/web/vitals/?from=-7d&amp;country=AT"' in html
    assert 'href="/p/web/logs/?from=-7d&amp;host=web-1"' in html
    assert 'href="/p/web/issues/?from=-7d"' in html
    assert (
        html.count('<input type="hidden" name="country" value="AT">') == 2
    )  # the period by hand, the filter of routes
    assert "charts/latency.csv?from=-7d&amp;host=web-1&amp;country=AT" in html
    assert "/p/web/performance/endpoint/?host=web-1&amp;country=AT&amp;route=GET+%2Fslow&amp;from=-7d" in html
    # A rule knows no country: none is offered that would watch more than the chart shows.
    assert "Alert on this" not in html
    assert "Alert on this" in as_alice.get("/p/web/performance/?route=GET+/slow").content.decode()
    body = as_alice.get("/p/web/charts/throughput.csv?country=AT").content.decode()
    assert sum(int(row["2xx"]) for row in csv.DictReader(io.StringIO(body))) == 40
    lines = b"".join(as_alice.get("/p/web/logs/export.csv?host=web-1").streaming_content).decode()
    assert lines.count("one") == 3
    assert "two" not in lines


def test_the_api_takes_the_filters_of_the_pages(alice: Any, measured: Project) -> None:
    token = bearer(alice)
    assert get("/api/v1/projects/web/performance/?country=AT", token).json()["count"] == 40
    found = get("/api/v1/projects/web/performance/endpoints/?host=web-2", token).json()
    assert [one["route"] for one in found["results"]] == ["GET /quick"]
    asked = get("/api/v1/projects/web/vitals/?browser=Firefox&metric=LCP", token).json()
    assert [one["route"] for one in asked["routes"]] == ["/alpha"]
    assert [one["country"] for one in asked["countries"]] == ["AT"]


@pytest.mark.parametrize("value", ['a "b" *', "x\\", "level:error", "(", "–", "OR", "a, b"])
def test_any_value_of_a_log_line_is_a_filter(as_alice: Client, measured: Project, value: str) -> None:
    page = as_alice.get("/p/web/logs/", {"service": value})
    assert page.status_code == 200
    assert page.context["error"] is None
    assert len(page.context["lines"]) == (3 if value == 'a "b" *' else 0)


def test_levels_beyond_those_of_issues_are_filters_too(as_alice: Client, measured: Project) -> None:
    assert len(as_alice.get("/p/web/logs/?level=trace").context["lines"]) == 3


def test_an_address_loses_its_place_in_a_list_with_a_filter() -> None:
    query = QueryDict("from=-7d&page=/x&before=y&country=AT")
    assert filters.address(query, "country", "DE") == "?from=-7d&page=%2Fx&country=DE"
    assert filters.address(query, "country", "") == "?from=-7d&page=%2Fx"
    assert filters.chosen({"country": "A\x00T", "x": "y", "host": ""}, filters.REQUESTS) == {"country": "AT"}
