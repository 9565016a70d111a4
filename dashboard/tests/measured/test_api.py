"""The read API answers a day of facts: members, not strangers."""

from typing import Any

import pytest

from dashboard.tests.api.test_api import bearer, get
from dashboard.tests.api.test_performance_api import ADDRESSES, BASE


@pytest.mark.parametrize("where", ADDRESSES)
def test_members_are_answered_and_strangers_are_not(alice: Any, bob: Any, charlie: Any, where: str) -> None:
    answer = get(BASE + where, bearer(alice))
    assert answer.status_code == 200, answer.content
    assert answer.json()[ADDRESSES[where]]
    assert get(BASE + where, bearer(bob)).status_code == 200
    assert get(BASE + where, bearer(charlie)).status_code == 404
    assert get(BASE + where, bearer(bob, "releases")).status_code == 403


def test_a_comparison_says_what_may_be_said(alice: Any) -> None:
    found = get(f"{BASE}performance/", bearer(alice)).json()
    assert found["p95"]["statement"] == "nothing to compare with"
    assert found["p95"]["enough"] is False
    assert found["count"] == 400


def test_log_lines_are_paged(alice: Any) -> None:
    first = get(f"{BASE}logs/", bearer(alice)).json()
    second = get(f"{BASE}logs/", bearer(alice), before=first["next"]).json()
    assert len(first["results"]) == len(second["results"]) == 100
    assert second["results"][0]["at"] <= first["results"][-1]["at"]


def test_a_trace_that_is_not_there_is_not_found(alice: Any) -> None:
    assert get(f"{BASE}traces/{'0' * 32}/", bearer(alice)).status_code == 404
    assert get(f"{BASE}traces/zzz/", bearer(alice)).status_code == 404
