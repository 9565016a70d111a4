"""The pages of performance open with data and without, and escape whatever was sent."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.tests import facts
from dashboard.frame import filters
from dashboard.tests import populated_performance as populated
from dashboard.tests.pages.test_pages import read
from events.facts import files
from events.models import Project, Segment

NAMED = ("performance", "queries", "vitals", "logs", "resources", "security")
WITHOUT_DATA = {
    "performance": "traces_sample_rate",
    "queries": "traces_sample_rate",
    "vitals": "web-vitals",
    "logs": "enable_logs=True",
    "resources": "hostmetrics",
    "security": "report-uri",
}

HOSTILE = "<script>alert(1)</script>"
INSIGHTS: list[tuple[str, dict[str, str]]] = [
    ("trends", {}),
    ("trends", {"event": "*", "measure": "avg", "of": "price", "by": "properties.plan", "tz": "Asia/Kolkata"}),
    ("trends", {"event": "pay", "cmp": "prev", "unit": "day", "only": "device=mobile|x"}),
    ("trends", {"event": HOSTILE, "by": HOSTILE}),
    ("funnels", {}),
    ("funnels", {"steps": "/basket\n? look\n! leave\npay", "by": "properties.plan", "within": "1h"}),
    ("funnels", {"steps": HOSTILE, "order": HOSTILE}),
    ("journeys", {}),
    ("journeys", {"begin": "/basket", "until": "pay", "stations": HOSTILE}),
    ("cohorts", {}),
    ("cohorts", {"tz": HOSTILE}),
    ("usage", {"events": "pay\n/basket"}),
    ("usage", {"events": "pay", "unit": "month", "only": HOSTILE}),
]


@pytest.fixture
def measured(project: Project) -> Project:
    populated.store(project, now=timezone.now())
    return project


def addresses(project: Project) -> list[str]:
    """Every page of performance that shows HTML, plain and with parameters of every kind."""
    slug = project.slug
    plain = [reverse(f"dashboard:{name}", args=[slug]) for name in NAMED]
    return [
        *plain,
        *(f"{one}?from=-7d&env=production&cmp=prev" for one in plain),
        *(f"{one}?cmp=release" for one in plain),
        *(f"{one}?from=%3Cscript%3E&env=%22%3E%3Cscript%3E&query=%3Cscript%3Ealert&kind=x&page=%00" for one in plain),
        *(
            reverse("dashboard:endpoint", args=[slug]) + f"?{urlencode({'route': route, 'a': 'x'})}"
            for route in populated.ROUTES
        ),
        reverse("dashboard:endpoint", args=[slug]) + "?route=nowhere",
        reverse("dashboard:query", args=[slug, f"{3:016x}"]),
        *(
            f"{reverse('dashboard:performance', args=[slug])}?sort={sort}&filter=GET"
            for sort in ("p95", "failures", "x")
        ),
        *(f"{reverse('dashboard:queries', args=[slug])}?sort={sort}" for sort in ("p95", "count", "x")),
        *(f"{reverse('dashboard:vitals', args=[slug])}?metric={m}&p=p99&device=mobile" for m in ("CLS", "INP", "x")),
        *(
            f"{reverse('dashboard:weekly', args=[slug])}?week={week}"
            for week in ("", "2026-W47", "2026-11-25", "x", "9999-12-31")
        ),
        reverse("dashboard:trace", args=[slug, populated.TRACE]),
        f"{reverse('dashboard:logs', args=[slug])}?before=2026-11-23T00:00:00%2B00:00~x",
        reverse("dashboard:logs", args=[slug]) + "?query=level:error+order:4",
        reverse("dashboard:logs", args=[slug]) + "?query=is:unresolved",
        reverse("dashboard:security", args=[slug]) + "?kind=csp",
        *(
            f"{reverse(f'dashboard:{name}', args=[slug])}?{urlencode(dict.fromkeys(filters.OF_SECTION[name], value))}"
            for name in ("performance", "vitals", "logs", "resources")
            for value in ("x", HOSTILE, "*", "\x00")
        ),
        reverse("dashboard:endpoint", args=[slug])
        + f"?{urlencode({'route': populated.ROUTES[0], 'country': HOSTILE})}",
        *(f"{reverse(f'dashboard:insights-{name}', args=[slug])}?{urlencode(asked)}" for name, asked in INSIGHTS),
    ]


def test_every_page_opens_and_holds_nothing_the_policy_refuses(as_alice: Client, measured: Project) -> None:
    for url in addresses(measured):
        answer = as_alice.get(url)
        assert answer.status_code == 200, url
        html = answer.content.decode()
        found = read(html)
        assert found.refused == [], url
        assert sorted(found.headings) == ["h1", "main"], url
        assert len(found.ids) == len(set(found.ids)), url
        for needle in ("<script>alert", "onerror=alert(1)>", "<svg/onload", "<iframe", "<style>*"):
            assert needle not in html, (url, needle)


@pytest.mark.parametrize("name", NAMED)
def test_an_empty_page_shows_what_fills_it(as_alice: Client, project: Project, key: Any, name: str) -> None:
    html = as_alice.get(reverse(f"dashboard:{name}", args=[project.slug])).content.decode()
    assert WITHOUT_DATA[name] in html
    assert key.public_key in html or "hostmetrics" in html


def test_a_question_without_an_answer_is_said_and_not_a_crash(as_alice: Client, measured: Project) -> None:
    for segment in Segment.objects.filter(project=measured):
        files.root().remove(segment.path)
    for name, query in (("logs", ""), ("endpoint", "?route=GET+/search"), ("queries", "")):
        answer = as_alice.get(reverse(f"dashboard:{name}", args=[measured.slug]) + query)
        assert answer.status_code == 503, name
        assert "file is missing" in answer.content.decode()


def test_the_countries_of_a_vital_have_bands_and_few_samples_none(as_alice: Client, project: Project) -> None:
    moment = timezone.now() - timedelta(hours=1)
    made = [("DE", 900.0)] * 50 + [("BR", 5000.0)] * 3
    rows = (facts.vital(n, value, at=moment, country=code) for n, (code, value) in enumerate(made))
    facts.filled(project, "vitals", *rows, now=timezone.now())
    html = as_alice.get(reverse("dashboard:vitals", args=[project.slug])).content.decode()
    told = {code: html.partition(f'data-country="{code}"')[2].partition("</tr>")[0] for code in ("DE", "BR")}
    assert "Good" in told["DE"]
    assert "900 ms" in told["DE"]
    assert "Too few samples" in told["BR"]
    assert "OBS_GEOIP_DATABASE" not in html


def test_a_page_without_countries_says_how_they_become_known(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    facts.filled(project, "vitals", facts.vital("a", 900.0, at=now - timedelta(hours=1)), now=now)
    html = as_alice.get(reverse("dashboard:vitals", args=[project.slug])).content.decode()
    assert "OBS_COUNTRY_HEADER" in html
    assert "OBS_GEOIP_DATABASE" in html
