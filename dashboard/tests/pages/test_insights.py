"""Questions that people put together: each answered on its page, and what makes no sense is said there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.charts.figures import Figure
from dashboard.pages.insights import presenting
from events.models import Project
from events.tests import make

BASE = "/p/web/insights/"


@pytest.fixture
def visited(project: Project) -> Project:
    """Twenty people see a page, ten sign up a minute later, five of them pay."""
    start = timezone.now() - timedelta(hours=3)
    rows = [event(n, start, path="/pricing", properties={"plan": f"p{n}"}) for n in range(20)]
    rows += [event(n, start + timedelta(minutes=1), name="signup") for n in range(10)]
    rows += [event(n, start + timedelta(minutes=3), name="paid", properties={"price": n}) for n in range(5)]
    rows += [event(99, start, path="/pricing", is_bot=True)]
    facts.store(project, "events", *rows, now=timezone.now())
    return project


def opened(client: Client, path: str, **asked: str) -> str:
    answer = client.get(f"{BASE}{path}", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def csv(client: Client, chart: str, **asked: str) -> list[str]:
    return client.get(f"/p/web/charts/{chart}.csv", asked).content.decode().splitlines()


def test_a_funnel_is_shown_with_its_numbers_and_its_table(as_alice: Client, visited: Project) -> None:
    asked = {"steps": "/pricing\nsignup\npaid", "within": "1h"}
    html = opened(as_alice, "funnels/", **asked)
    assert ">25.0 %</span>" in html
    assert "3.0 min" in html
    assert "5 of 20 arrive, 25.0 %" in html
    assert csv(as_alice, "funnel", **asked)[1:] == [
        "1 /pricing,20,100.0 %,100.0 %,0,–,–",
        "2 signup,10,50.0 %,50.0 %,10,1.0 min,1.0 min",
        "3 paid,5,25.0 %,50.0 %,5,2.0 min,2.0 min",
    ]
    assert "21" in opened(as_alice, "funnels/", **asked, bots="1")


def test_a_trend_is_cut_by_a_property_and_many_values_are_folded(as_alice: Client, visited: Project) -> None:
    html = opened(as_alice, "", event="/pricing", by="properties.plan", measure="people")
    assert "20 different values; the 8 largest are shown" in html
    assert "(other)" in html
    assert "10" in csv(as_alice, "trend", event="paid", measure="sum", of="price")[-4]
    html = opened(as_alice, "", event="signup", cmp="prev")
    assert "signup" in html


def test_journeys_cohorts_and_usage_are_shown(as_alice: Client, visited: Project) -> None:
    assert csv(as_alice, "journeys")[1:] == ["1,/pricing,signup,10", "2,signup,paid,5"]
    assert "most of them from /pricing to signup (10)" in opened(as_alice, "journeys/")
    assert "20 began" in opened(as_alice, "cohorts/")
    html = opened(as_alice, "usage/", events="signup")
    assert "10 of 20 people" in html
    assert ">50.0 %</span>" in html


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        ("funnels/", {"steps": "signup"}, "A funnel has two steps at least"),
        ("funnels/", {"steps": "a\nb", "within": "soon"}, "is no length of time"),
        ("funnels/", {"steps": "!x\na\nb"}, "What is excluded stands between two steps"),
        ("funnels/", {"steps": "a\n!\nb"}, "names no event"),
        ("funnels/", {}, "Nothing asked yet"),
        ("", {"measure": "avg"}, "Name the property"),
        ("", {"by": "visitor"}, "cannot be cut by"),
        ("", {"only": "country"}, "lets nothing through"),
        ("", {"tz": "Mars"}, "is no time zone"),
        ("", {"unit": "hour", "from": "-90d"}, "more than 1000 hours"),
        ("journeys/", {"stations": "99"}, "from 2 to 10 stations"),
        ("journeys/", {"begin": "nowhere"}, "No session went from one station to another"),
        ("cohorts/", {"unit": "hour", "from": "-30d"}, "60 rows at most"),
    ],
)
def test_what_makes_no_sense_is_said(
    as_alice: Client, visited: Project, path: str, asked: dict[str, str], said: str
) -> None:
    assert said in opened(as_alice, path, **asked).replace("&#x27;", "'")


def test_what_the_lost_met_leads_to_its_issue(as_alice: Client, visited: Project) -> None:
    issue = make.issue(visited, title="TypeError: no basket")
    group = issue.groups.get().hash.hex
    at = timezone.now() - timedelta(hours=3) + timedelta(minutes=1, seconds=30)
    rows = [{"at": at, "event_id": f"{n:032x}", "group_hash": group, "user_key": n} for n in (5, 6, 7)]
    facts.store(visited, "errors", *rows, now=timezone.now())
    html = opened(as_alice, "funnels/", steps="signup\npaid")
    assert f'<a href="/p/web/issues/{issue.pk}/">TypeError: no basket</a>' in html
    assert "60.0 % (3 of 5)" in html
    assert "0.0 % (0 of 5)" in html
    assert "Visitors of this project are anonymous" in opened(as_alice, "funnels/", steps="/pricing\nsignup", to="-2h")


def test_without_any_event_a_page_says_what_sends_some(as_alice: Client, project: Project) -> None:
    for path in ("", "funnels/", "journeys/", "cohorts/", "usage/"):
        assert "posthog.init" in opened(as_alice, path)
    assert "Nobody began in this period." in opened(as_alice, "funnels/", steps="a\nb")


def test_the_form_keeps_what_was_asked(as_alice: Client, visited: Project) -> None:
    html = opened(as_alice, "funnels/", steps="/pricing\nsignup", order="strict", env="live", only="path=/pricing")
    assert "/pricing\nsignup</textarea>" in html
    assert '<option value="strict" selected>' in html
    assert 'name="env" value="live"' in html
    assert 'value="path=/pricing"' in html


def test_questions_of_the_database_do_not_grow(as_alice: Client, visited: Project) -> None:
    with CaptureQueriesContext(connection) as asked:
        opened(as_alice, "usage/", events="signup")
    assert len(asked) <= 30


def test_a_table_tells_numbers_from_words_and_whole_ones_from_parts() -> None:
    figure = Figure([], {}, "", ["from", "to", "people", "share"], [["/", "/cart", 4.0, 0.5], ["/cart", None, 3, 1.0]])
    columns, rows = presenting.numbers_of(figure, most=5)
    assert columns == [("from", False), ("to", False), ("people", True), ("share", True)]
    assert [[repr(value) for value, _ in row] for row in rows] == [
        ["'/'", "'/cart'", "4", "0.5"],
        ["'/cart'", "None", "3", "1"],
    ]


def test_a_formula_of_series_is_shown_with_its_numbers(as_alice: Client, visited: Project) -> None:
    asked = {"event": "paid", "series": "/pricing\nsignup | people", "formula": "A / B * 100"}
    html = opened(as_alice, "", **asked)
    assert "A: total of paid, B: total of /pricing, C: people of signup." in html
    assert ">25</span>" in html
    assert any(line.endswith(",25.0") for line in csv(as_alice, "trend", **asked))
    assert "period before" in opened(as_alice, "", **asked, cmp="prev")
    assert "C people of signup" in opened(as_alice, "", **{**asked, "formula": ""})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"series": "a\nb\nc\nd\ne"}, "5 series at most"),
        ({"series": "a | sum | b | c"}, "is no series"),
        ({"series": "| sum"}, "is no series"),
        ({"series": "signup", "formula": "A / X"}, "'X' is no letter of the formula: a, b"),
        ({"measure": "weekly_actives"}, "known for one day only"),
    ],
)
def test_what_is_no_formula_is_said(as_alice: Client, visited: Project, asked: dict[str, str], said: str) -> None:
    assert said in opened(as_alice, "", **asked).replace("&#x27;", "'")
