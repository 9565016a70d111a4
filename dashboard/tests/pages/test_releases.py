"""Each release says how it compares with the one before it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.tests import populated_performance as populated
from events.models import Issue, Project
from events.tests import make, rows


@pytest.fixture
def three(project: Project) -> Project:
    """1.0 is quick and calm, 1.1 is slow and crashes, 1.2 sent a handful of requests."""
    now = timezone.now()
    for version, issues in (("shop@1.0", 4), ("shop@1.1", 2), ("shop@1.2", 0)):
        make.release(project, version, new_issue_count=issues)
    requests, vitals, sessions = [], [], []
    for version, count, duration, crashes in (
        ("shop@1.0", 200, 100.0, 0), ("shop@1.1", 200, 400.0, 60), ("shop@1.2", 5, 100.0, 0),
    ):  # fmt: skip
        for n in range(count):
            shared = {"at": now - timedelta(minutes=5 + n % 50), "release": version, "environment": "production"}
            requests.append(
                {**shared, "route": "GET /", "status": 500 if n < crashes else 200, "duration_ms": duration}
            )
            vitals.append(
                {
                    **shared,
                    "metric_id": rows.hexed(f"{version}{n}"),
                    "metric": "LCP",
                    "value": duration * 10,
                    "route": "/",
                }
            )
            sessions.append(
                rows.session(f"{version}{n}", at=shared["at"], status="crashed" if n < crashes else "exited",
                             release=version, environment="production", user_key=n)
            )  # fmt: skip
    populated.store_rows(project, {"requests": requests, "vitals": vitals, "sessions": sessions}, now=now)
    return project


def test_the_list_tells_what_was_before(as_alice: Client, three: Project, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(40):
        html = as_alice.get("/p/web/releases/").content.decode()
    of = {row.split("</a>")[0].rsplit(">")[-1]: row for row in html.split("<tr data-row>")[1:]}
    assert list(of) == ["shop@1.2", "shop@1.1", "shop@1.0"]
    assert 'class="change bad clear" title="before: 100.00 %; clearly worse"' in of["shop@1.1"]
    assert "↓ before: 100.00 %" in of["shop@1.1"]
    assert 'class="change bad clear" title="before: 0.00 %; clearly worse"' in of["shop@1.1"]
    assert 'class="change" title="before: 30.00 %; too few samples to tell"' in of["shop@1.2"]
    assert "before:" not in of["shop@1.0"].split("</tr>")[0]


def test_a_release_is_told_with_the_one_before_it(as_alice: Client, three: Project) -> None:
    html = as_alice.get("/p/web/releases/shop@1.1/").content.decode()
    assert "100.00 % in shop@1.0; clearly worse" in html
    assert "4 in shop@1.0" in html
    few = as_alice.get("/p/web/releases/shop@1.2/").content.decode()
    assert "30.00 % in shop@1.1; too few samples to tell" in few
    first = as_alice.get("/p/web/releases/shop@1.0/").content.decode()
    assert "no release to compare with" in first


def test_errors_are_errors_and_failed_requests_are_called_so(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    for version in ("shop@1.0", "shop@1.1"):
        make.release(project, version)
    errors = [rows.error(n, at=now - timedelta(minutes=5), release="shop@1.1") for n in range(37)]
    rows.store(project, *errors, now=now)
    html = as_alice.get("/p/web/releases/").content.decode()
    of = {row.split("</a>")[0].rsplit(">")[-1]: row for row in html.split("<tr data-row>")[1:]}
    assert '<td data-label="Errors" class="num">37</td>' in of["shop@1.1"]
    assert '<td data-label="Errors" class="num">37</td>' not in of["shop@1.0"]
    assert "Failed requests" in html
    tile = as_alice.get("/p/web/releases/shop@1.1/").content.decode().split("<dt>Errors</dt>")[1]
    assert tile.startswith('<dd class="value">37</dd>')


def test_before_means_before_in_the_package_and_not_in_the_order_of_arrival(as_alice: Client, three: Project) -> None:
    for late in ("api@7", "shop@1.0.5"):  # another package; a fix of an older line
        make.release(three, late)
    fixed = as_alice.get("/p/web/releases/shop@1.1/").content.decode()
    assert ">0 in shop@1.0.5<" in fixed
    assert ">4 in shop@1.0<" in as_alice.get("/p/web/releases/shop@1.0.5/").content.decode()
    assert "no release to compare with" in as_alice.get("/p/web/releases/api@7/").content.decode()


def test_the_list_has_the_order_of_versions_over_its_pages(as_alice: Client, project: Project) -> None:
    many = [f"shop@1.{n}.0" for n in range(11, 36)]
    for name in ("f5806cc", "shop@1.10.0", "shop@1.9.1", *many, "api@7", "shop@1.2"):
        make.release(project, name)
    first, second = (as_alice.get("/p/web/releases/", {"page": page}).content.decode() for page in (1, 2))
    names = [
        row.split("</a>")[0].rsplit(">")[-1] for html in (first, second) for row in html.split("<tr data-row>")[1:]
    ]
    assert names == [
        *(f"shop@1.{n}.0" for n in range(35, 9, -1)), "shop@1.9.1", "shop@1.2", "api@7", "f5806cc",
    ]  # fmt: skip
    assert "against" not in second.split("shop@1.2</a>")[1].split("</tr>")[0]
    assert as_alice.get("/p/web/releases/", {"page": "x"}).status_code == 200


def test_each_release_has_a_verdict_in_one_sentence(as_alice: Client, three: Project) -> None:
    html = as_alice.get("/p/web/releases/").content.decode()
    of = {row.split("</a>")[0].rsplit(">")[-1]: row for row in html.split("<tr data-row>")[1:]}
    assert (
        "Clearly worse: crash-free sessions, crash-free users, failed requests, p95, LCP p75; against shop@1.0."
        in of["shop@1.1"]
    )
    assert "The first release: there is none to compare it with." in of["shop@1.0"]
    assert "No clear difference from shop@1.1." in of["shop@1.2"]
    page = as_alice.get("/p/web/releases/shop@1.1/").content.decode()
    assert '<span class="badge bad">worse</span> Clearly worse: crash-free sessions' in page


def test_its_adoption_is_drawn_along_the_period(as_alice: Client, three: Project) -> None:
    drawn = as_alice.get("/p/web/releases/shop@1.1/")
    assert max(drawn.context["adoption"]) > 40
    assert "Share of sessions, along the period" in drawn.content.decode()
    make.release(three, "shop@1.3")
    assert as_alice.get("/p/web/releases/shop@1.3/").context["adoption"] == []


def test_issues_that_came_back_are_listed(as_alice: Client, three: Project) -> None:
    issue = make.issue(three)
    Issue.objects.filter(pk=issue.pk).update(title="Back again", is_regressed=True, last_release="shop@1.1")
    html = as_alice.get("/p/web/releases/shop@1.1/").content.decode()
    assert "Back again" in html.split("Came back in this release")[1]
    assert "Came back" not in as_alice.get("/p/web/releases/shop@1.0/").content.decode()
