"""Log lines by pattern, followed as they come, and searches under a name."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.questions.logs.log_patterns import Pattern
from analytics.tests import facts
from dashboard.frame import saved_views
from dashboard.pages.logs.pattern_views import search_of
from dashboard.tests import populated_performance as populated
from events.models import AuditEntry, Project

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stored(project: Project) -> Project:
    now = timezone.now()
    rows = [facts.log(f'the "disk" {n} is 100% * full', at=now - n * MINUTE) for n in range(1, 4)]
    rows.append(facts.log("order 7 placed", template="order {} placed*", at=now - MINUTE))
    populated.store_rows(project, {"logs": rows}, now=now)
    return project


def test_a_pattern_leads_to_its_lines(as_bob: Client, stored: Project) -> None:
    answer = as_bob.get(reverse("dashboard:log-patterns", args=[stored.slug]), {"from": "-7d"})
    found = {row.pattern.text: row for row in answer.context["rows"]}
    assert {text: row.pattern.count for text, row in found.items()} == {
        'the "disk" <*> is <*>% * full': 3, "order {} placed*": 1,
    }  # fmt: skip
    for row in found.values():
        html = as_bob.get(row.lines_url).content.decode()
        assert html.count("data-row") == row.pattern.count
        assert "from=-7d" in row.lines_url
    assert AuditEntry.objects.filter(action="logs.patterns").count() == 1


@pytest.mark.parametrize(
    ("text", "is_sent", "search"),
    [
        ("order {} placed*", True, r'template:"order {} placed\*"'),
        ('a "b" <*> c\\d', False, r'message:"a \"b\" * c\\d"'),
        ("<*>", False, 'message:"*"'),
    ],
)
def test_the_search_of_a_pattern(text: str, is_sent: bool, search: str) -> None:
    now = timezone.now()
    assert search_of(Pattern(text, is_sent, 1, {}, now, now, "", "")) == search


def test_patterns_say_what_is_wrong_what_is_missing_and_how_to_begin(as_bob: Client, stored: Project) -> None:
    url = reverse("dashboard:log-patterns", args=[stored.slug])
    assert "issues, not of logs" in as_bob.get(url, {"query": "is:unresolved"}).content.decode()
    assert "No line fits" in as_bob.get(url, {"query": "nowhere"}).content.decode()
    empty = as_bob.get(url, {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}).content.decode()
    assert "enable_logs" in empty


def test_the_tail_shows_what_came_since_and_leaves_an_entry(as_bob: Client, stored: Project) -> None:
    url, now = reverse("dashboard:log-tail", args=[stored.slug]), timezone.now()
    answer = as_bob.get(url, {"since": (now - 2.5 * MINUTE).isoformat(), "query": "disk"})
    html = answer.content.decode()
    assert (html.count("data-row"), html.index("disk&quot; 1") < html.index("disk&quot; 2")) == (2, True)
    assert "<html" not in html
    assert AuditEntry.objects.filter(action="logs.tail").count() == 1
    again = as_bob.get(url, {"since": answer["X-Cursor"]})
    assert again.content.decode().count("data-row") == 0


@pytest.mark.parametrize("asked", [{"since": "x"}, {"since": "9999-99-99"}, {"query": 'open "'}, {"from": "\x00"}])
def test_nonsense_is_no_fault_of_the_server(as_bob: Client, stored: Project, asked: dict[str, Any]) -> None:
    assert as_bob.get(reverse("dashboard:log-tail", args=[stored.slug]), asked).status_code in (200, 400)


def test_saved_searches_stand_above_the_lines(as_bob: Client, bob: Any, alice: Any, stored: Project) -> None:
    url, now = reverse("dashboard:logs", args=[stored.slug]), timezone.now()
    for owner, name, address, is_shared in (
        (bob, "mine", f"{url}?query=disk", False), (alice, "ours", f"{url}?query=order", True),
        (alice, "hers", f"{url}?query=a", False), (bob, "elsewhere", f"/p/{stored.slug}/issues/", False),
    ):  # fmt: skip
        saved_views.save(stored, owner=owner, name=name, url=address, is_shared=is_shared, now=now)
    html = as_bob.get(url, {"query": "disk"}).content.decode()
    above = html[html.index('aria-label="Searches"') :].partition("</nav>")[0]
    assert [name in above for name in ("mine", "ours", "hers", "elsewhere")] == [True, True, False, False]
    assert "Save this search" in above
    assert "Save this search" not in as_bob.get(url).content.decode()
