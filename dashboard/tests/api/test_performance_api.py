"""The read API answers the questions that the pages ask."""

from typing import Any

import pytest
from django.utils import timezone

from dashboard.tests import populated_performance as populated
from dashboard.tests.api.test_api import bearer, get
from events.models import Project

BASE = "/api/v1/projects/web/"
ADDRESSES = {
    "performance/": "starts",
    "performance/endpoints/": "results",
    "performance/endpoint/?route=GET+/items/{id}": "bars",
    "queries/": "loops",
    "vitals/?metric=CLS&percentile=p99&device=mobile": "vitals",
    "logs/?query=level:error": "results",
    f"traces/{populated.TRACE}/": "spans",
    "hosts/": "readings",
    "security/?kind=csp": "lines",
}


@pytest.fixture
def measured(project: Project) -> Project:
    populated.store(project, now=timezone.now())
    return project


@pytest.mark.parametrize("where", ADDRESSES)
def test_members_are_answered_and_strangers_are_not(measured: Project, bob: Any, charlie: Any, where: str) -> None:
    answer = get(BASE + where, bearer(bob))
    assert answer.status_code == 200, answer.content
    assert answer.json()[ADDRESSES[where]]
    assert get(BASE + where, bearer(charlie)).status_code == 404
    assert get(BASE + where, bearer(bob, "releases")).status_code == 403


@pytest.mark.parametrize("where", [one for one in ADDRESSES if not one.startswith("traces")])
def test_nothing_is_answered_as_nothing(project: Project, alice: Any, where: str) -> None:
    assert get(BASE + where, bearer(alice)).status_code == 200


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("performance/?start=2026-02-01T00:00:00Z&end=2026-01-01T00:00:00Z", "start lies before end"),
        ("performance/endpoints/?sort=name", "sort"),
        ("performance/endpoint/", "route"),
        ("vitals/?metric=FID", "metric"),
        ("logs/?query=is:unresolved", "is:"),
        ("logs/?before=x", "before"),
        ("hosts/?nonsense=1", "Unknown parameter"),
    ],
)
def test_a_wrong_parameter_is_named(project: Project, alice: Any, where: str, said: str) -> None:
    answer = get(BASE + where, bearer(alice))
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_comparison_says_what_may_be_said(measured: Project, alice: Any) -> None:
    found = get(f"{BASE}performance/", bearer(alice)).json()
    assert found["p95"]["statement"] == "nothing to compare with"
    assert found["p95"]["enough"] is False
    assert found["count"] == 400


def test_log_lines_are_paged(measured: Project, alice: Any) -> None:
    first = get(f"{BASE}logs/", bearer(alice)).json()
    second = get(f"{BASE}logs/", bearer(alice), before=first["next"]).json()
    assert len(first["results"]) == len(second["results"]) == 100
    assert second["results"][0]["at"] <= first["results"][-1]["at"]


def test_a_trace_that_is_not_there_is_not_found(measured: Project, alice: Any) -> None:
    assert get(f"{BASE}traces/{'0' * 32}/", bearer(alice)).status_code == 404
    assert get(f"{BASE}traces/zzz/", bearer(alice)).status_code == 404
