"""The side bar holds every page in its group, each person's as they left it; the line above says what is looked at."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import re2
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from dashboard.frame import navigation, release_periods, side_bar, standing, state
from events.models import AuditEntry, Deploy, Project
from events.releases import deploys
from events.tests import make

GROUPED = {
    "Watch": ["Overview", "Alerts", "Incidents", "Uptime", "Monitors", "SLOs", "Boards"],
    "Errors": ["Issues", "Releases", "Feedback"],
    "Speed": ["Performance", "Vitals", "Queries", "Traces", "Logs", "Resources"],
    "Product": ["Analytics", "Insights", "Funnels", "Journeys", "Persons", "Flags", "Experiments"],
    "House": ["Scorecard", "Security", "Shares", "API", "Setup", "Settings"],
}


def listed(
    *, section: str = "overview", path: str = "", may_edit: bool = True, sees_system: bool = False
) -> list[navigation.Link]:
    return navigation.links(
        "web", section=section, path=path, query="from=-7d", may_edit=may_edit, sees_system=sees_system
    )


def titles(links: list[navigation.Link]) -> dict[str, list[str]]:
    return {title: [one.title for one in links if one.group == name] for name, title in navigation.GROUPS.items()}


def bar_of(client: Client, url: str = "/p/web/") -> str:
    return client.get(url).content.decode().split('id="side"')[1].split("</nav>")[0]


def test_each_page_has_its_place_in_a_group() -> None:
    assert titles(listed()) == GROUPED
    assert all(link.url.endswith("?from=-7d") for link in listed())


def test_each_key_leads_to_one_page() -> None:
    keys = [link.key for link in listed() if link.key]
    assert len(set(keys)) == len(keys)
    without = {link.title for link in listed() if not link.key}
    assert without == {"Funnels", "Journeys", "API"}  # two stand within the insights, one is opened to copy from


def test_viewers_are_not_led_to_pages_that_refuse_them() -> None:
    refused = {"Persons", "Settings", "Shares"}
    assert {link.title for link in listed()} - {link.title for link in listed(may_edit=False)} == refused


def test_who_runs_the_server_finds_the_page_about_it() -> None:
    assert titles(listed(sees_system=True))["House"] == [*GROUPED["House"], "System"]


@pytest.mark.parametrize(
    ("path", "section", "current"),
    [
        ("/p/web/insights/funnels/", "insights", "Funnels"),
        ("/p/web/insights/cohorts/", "insights", "Insights"),
        ("/p/web/issues/7/", "issues", "Issues"),
        ("/p/web/charts/errors/", "", None),
    ],
)
def test_one_page_is_the_current_one(path: str, section: str, current: str | None) -> None:
    marked = [link.title for link in listed(path=path, section=section) if link.is_current]
    assert marked == ([current] if current else [])


@pytest.mark.parametrize("url_name", ["queries", "weekly", "settings", "share-list", "insights-funnels"])
def test_a_page_marks_itself_once(as_alice: Client, project: Project, url_name: str) -> None:
    assert bar_of(as_alice, reverse(f"dashboard:{url_name}", args=[project.slug])).count('aria-current="page"') == 1


def test_the_bar_is_put_away_and_brought_back_without_a_script(as_alice: Client, project: Project, alice: Any) -> None:
    make.issue(project)
    assert '<body class="docked"' in as_alice.get("/p/web/").content.decode()
    answer = as_alice.post("/side-bar/", {"side": "away", "next": "/p/web/issues/?from=-7d"})
    assert answer["Location"] == "/p/web/issues/?from=-7d"
    assert answer.cookies[f"obs-side-{alice.pk}"].value == "away"
    page = as_alice.get("/p/web/").content.decode()
    assert "docked" not in page
    assert 'value="out" aria-label="Show the side bar"' in page
    as_alice.post("/side-bar/", {"side": "out", "next": "//evil.example/"})
    assert '<body class="docked"' in as_alice.get("/p/web/").content.decode()
    assert AuditEntry.objects.filter(action="account.side-bar").count() == 2


def test_folded_groups_stay_folded_but_for_that_of_the_page(as_alice: Client, project: Project, alice: Any) -> None:
    make.issue(project)
    as_alice.cookies[f"obs-side-{alice.pk}"] = "house.errors.nonsense.<b>"
    bar = bar_of(as_alice, "/p/web/issues/")
    is_open = {name: opened == " open" for name, opened in re2.findall(r'data-group="(\w+)"( open)?', bar)}
    assert is_open == {"watch": True, "errors": True, "speed": True, "product": True, "house": False}
    assert as_alice.post("/side-bar/", {"side": "away"}).cookies[f"obs-side-{alice.pk}"].value == "away.errors.house"


def test_two_who_share_a_browser_have_a_bar_each(
    as_alice: Client, as_bob: Client, project: Project, bob: Any, alice: Any
) -> None:
    make.issue(project)
    as_bob.cookies[f"obs-side-{alice.pk}"] = "away"
    assert '<body class="docked"' in as_bob.get("/p/web/").content.decode()
    assert side_bar.cookie_name(alice) != side_bar.cookie_name(bob)


def test_pages_about_no_project_have_the_bar_too(as_alice: Client, project: Project) -> None:
    bar = bar_of(as_alice, "/account/password/")
    assert [part.split("<")[0] for part in bar.split('<span class="grow">')[1:]][2:] == [
        "All projects", "Documentation", "Account", "Password", "Second factor",
    ]  # fmt: skip
    assert bar.count('aria-current="page"') == 1
    assert "System" not in bar
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    as_alice.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    assert "System" in bar_of(as_alice, "/account/password/")


def arrive(project: Project, version: str, at: datetime, environment: str = "live") -> Deploy:
    release, _ = project.releases.get_or_create(version=version)
    deploy, _ = deploys.put(release, environment=environment, finished_at=at, actor="test", now=at)
    return deploy


def test_a_release_is_shown_from_its_arrival_to_the_next(project: Project, now: datetime) -> None:
    for hours, version in ((9, "1"), (6, "2"), (3, "3")):
        arrive(project, version, now - timedelta(hours=hours))
    arrive(project, "3", now - timedelta(hours=1), "staging")
    found = release_periods.of(standing.of(project, environment="live", user=AnonymousUser()).arrivals)
    assert [one.version for one in found] == ["3", "2", "1"]
    assert found[0].until == ""
    assert [one.until for one in found[1:]] == [one.since for one in found[:-1]]
    shown = state.parse({"from": found[1].since, "to": found[1].until}, now=now)
    assert shown.length == timedelta(hours=3)
    assert [one.is_shown(shown) for one in found] == [False, True, False]
    assert (
        release_periods.of(standing.of(project, environment="staging", user=AnonymousUser()).arrivals)[0].version == "3"
    )


def test_the_line_says_environment_release_period_and_comparison(
    as_alice: Client, project: Project, now: datetime
) -> None:
    make.issue(project)
    arrive(project, "web@<1>", now - timedelta(hours=2))
    since = release_periods.of(standing.of(project, environment="", user=AnonymousUser()).arrivals)[0].since
    page = as_alice.get("/p/web/", {"env": "live", "from": since, "cmp": "prev"}).content.decode()
    line = page.split('<header class="bar">')[1].split("</header>")[0]
    said = [part.split("</summary>")[0] for part in line.split('<span class="said">')[1:]]
    assert said[0].startswith("live<")
    assert said[1].startswith("web@&lt;1&gt;<")
    assert "vs the period before" in said[2]
    assert 'aria-current="true"><span class="grow">web@&lt;1&gt;' in line
    assert "No deploy has arrived in none yet." in as_alice.get("/p/web/", {"env": "none"}).content.decode()
