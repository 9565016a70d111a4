"""Web analytics: what a click leaves, what is compared, what an empty or anonymous project is told."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from analytics.questions.product import visits
from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.pages.analytics import presenting
from events.models import Project

PAGE = "/p/web/analytics/"


def _visitors(project: Project) -> None:
    at = timezone.now() - timedelta(hours=2)
    rows = [event(n, at, path=f"/{n % 3}", source="Google" if n % 2 else "Bing", country="DE") for n in range(60)]
    rows += [event(n, at + timedelta(minutes=1), name="signup", path="/1") for n in range(9)]
    rows += [event(100, at, path="/bot", is_bot=True)]
    facts.filled(project, "events", *rows, now=timezone.now())


def test_a_row_leads_to_what_has_to_do_with_it(as_alice: Client, project: Project) -> None:
    _visitors(project)
    html = as_alice.get(PAGE).content.decode()
    assert "Anonymous: a visitor is known for one day" in html
    assert 'href="?source=Google"' in html
    assert 'href="?page=%2F1"' in html
    assert 'href="?event=signup"' in html
    narrowed = as_alice.get(PAGE, {"source": "Google", "from": "-24h"}).content.decode()
    assert "Source: <b>Google</b>" in narrowed
    assert 'href="?from=-24h"' in narrowed  # the way back
    assert ">30</span>" in narrowed
    assert "Bing" not in narrowed
    assert "/bot" not in html
    assert "/bot" in as_alice.get(PAGE, {"bots": "1"}).content.decode()


def test_the_chart_has_the_period_before_and_says_what_is_not_over(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    rows = [event(n, now - timedelta(hours=hours)) for hours, count in ((1, 9), (30, 5)) for n in range(count)]
    facts.filled(project, "events", *rows, now=now)
    chart = "/p/web/charts/visitors.json"
    compared = as_alice.get(chart, {"from": "-24h", "cmp": "prev"}).json()
    assert compared["data"][-1]["name"] == "daily unique visitors, previous 24 h"
    assert sum(count or 0 for count in compared["data"][-1]["y"]) == 5
    assert compared["unfinished"]
    alone = as_alice.get(chart, {"from": "-24h"}).json()
    assert "previous 24 h" not in str(alone["data"])
    past = {name: f"{now - timedelta(days=days):%Y-%m-%dT%H:%M}" for name, days in (("from", 2), ("to", 1))}
    assert not as_alice.get(chart, past).json()["unfinished"]
    html = as_alice.get(PAGE, {"from": "-24h", "cmp": "prev"}).content.decode()
    assert "previous 24 h" in html
    assert "count people instead" not in html
    project.analytics = "identified"
    project.save()
    assert "?from=-7d&amp;event=$pageview&amp;measure=people" in as_alice.get(PAGE, {"from": "-7d"}).content.decode()


def test_each_card_opens_its_own_tab(as_alice: Client, project: Project) -> None:
    _visitors(project)
    html = as_alice.get(
        PAGE, {"by_places": "browser", "by_sources": "channel", "by_pages": "nonsense"}
    ).content.decode()
    assert '<th scope="col">Browser</th>' in html
    assert '<th scope="col">Channel</th>' in html
    assert '<th scope="col">Page</th>' in html


def test_a_list_is_exported_whole(as_alice: Client, project: Project) -> None:
    _visitors(project)
    text = b"".join(as_alice.get(f"{PAGE}list.csv", {"by": "page"})).decode()
    assert text.splitlines()[0] == "Page,Daily unique visitors,Visits,Views"
    assert sorted(text.splitlines()[1:]) == ["/0,20,20,20", "/1,20,20,20", "/2,20,20,20"]


def test_nothing_yet_shows_the_lines_that_fill_it(as_alice: Client, project: Project) -> None:
    assert "No visitors yet" in as_alice.get(PAGE).content.decode()
    chosen = as_alice.get(PAGE, {"source": "Google"}).content.decode()
    assert "No visitors yet" not in chosen
    assert "Nothing in this period." in chosen


def test_every_list_has_its_title_and_every_dimension_a_card() -> None:
    assert {name for names in presenting.CARDS.values() for name in names} == set(visits.DIMENSIONS)


def test_questions_do_not_grow_with_the_lists(
    as_alice: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    _visitors(project)
    with django_assert_max_num_queries(32):
        assert as_alice.get(PAGE).status_code == 200
