"""Long pages are compressed for who came to them from here, and for nobody whom another site has sent."""

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.tests import populated_performance as populated
from dashboard.tests.test_every_route import PAGES, Route, by_name
from events.models import Project

OWN = {"Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Site": "same-origin"}
# Pages without a secret that stays the same. What is added here shows no key, token, code or link that lets anybody in.
MARKED = {
    "logs", "log-line", "log-patterns", "log-tail", "trace-list", "trace", "issue-list", "issue", "issue-groups",
    "event", "event-list", "overview", "chart", "chart-json", "performance", "endpoint", "queries", "query", "vitals",
    "resources", "security", "analytics", "insights-trends", "insights-funnels", "insights-journeys",
    "insights-cohorts", "insights-usage", "release-list", "release", "scorecard", "weekly", "board",
    "board-list", "docs", "docs-page", "docs-search", "home", "alerts", "rule-list", "incident-list", "slos", "slo",
    "flag-list", "experiment-list", "experiment",
}  # fmt: skip


@pytest.fixture
def lines(project: Project) -> str:
    now = timezone.now()
    populated.store_rows(project, {"logs": populated.facts(now=now)["logs"]}, now=now)
    return reverse("dashboard:logs", args=[project.slug])


def test_a_page_of_a_hundred_lines_is_at_most_sixty_kilobytes(as_bob: Client, lines: str) -> None:
    plain, sent = as_bob.get(lines), as_bob.get(lines, headers=OWN)
    assert sent["Content-Encoding"] == "gzip"
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= {one.strip() for one in sent["Vary"].split(",")}
    assert plain.content.count(b"data-row") == 100
    assert gzip.decompress(sent.content).count(b"data-row") == 100
    assert len(sent.content) <= 60_000 < len(plain.content)
    assert int(sent["Content-Length"]) == len(sent.content)


@pytest.mark.parametrize(
    ("site", "is_compressed"),
    [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False), ("", False), ("None", False)],
)
def test_whom_another_site_sends_gets_the_page_as_it_is(
    as_bob: Client, lines: str, site: str, is_compressed: bool
) -> None:
    answer = as_bob.get(lines, headers={**OWN, "Sec-Fetch-Site": site})
    assert ("Content-Encoding" in answer) is is_compressed
    assert "Sec-Fetch-Site" in answer["Vary"]


def test_figures_are_compressed_and_known_again(as_bob: Client, lines: str) -> None:
    url = reverse("dashboard:chart-json", args=["web", "log_volume"])
    plain, sent = as_bob.get(url), as_bob.get(url, headers=OWN)
    assert (gzip.decompress(sent.content)[:1], sent["Content-Encoding"]) == (b"{", "gzip")
    assert len(sent.content) < len(plain.content) / 2
    assert "Content-Encoding" not in as_bob.get(url, headers={**OWN, "Sec-Fetch-Site": "cross-site"})
    assert as_bob.get(url, headers={**OWN, "If-None-Match": sent["ETag"]}).status_code == 304


def test_without_the_headers_nothing_is_compressed(as_bob: Client, lines: str) -> None:
    assert "Content-Encoding" not in as_bob.get(lines, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in as_bob.get(lines, headers={"Sec-Fetch-Site": "none"})


def test_the_length_of_equal_pages_differs(as_bob: Client, lines: str) -> None:
    url = reverse("dashboard:log-tail", args=["web"])
    asked = {"since": (timezone.now() - timedelta(minutes=59)).isoformat()}
    assert len({len(as_bob.get(url, asked, headers=OWN).content) for _ in range(12)}) > 1


@pytest.mark.parametrize("route", PAGES, ids=by_name)
def test_only_pages_without_secrets_are_marked(route: Route) -> None:
    assert (getattr(route.callback, "may_be_compressed", False)) == (route.name in MARKED)


def test_the_token_of_forms_is_another_in_each_answer(as_bob: Client, lines: str) -> None:
    def token() -> Any:
        return as_bob.get(lines).context["csrf_token"]

    assert str(token()) != str(token())
