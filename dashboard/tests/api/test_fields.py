"""How much of an answer comes: rows of a page, and fields of a row."""

from typing import Any

import pytest

from dashboard.tests.api.test_api import bearer, get
from events.models import Project
from events.tests import make

RELEASES = "/api/v1/projects/web/releases/"


@pytest.fixture
def releases(project: Project) -> None:
    for n in range(5):
        make.release(project, f"web@1.{n}")


def test_a_page_has_as_many_rows_as_asked_for_and_goes_on(releases: None, alice: Any) -> None:
    token, seen, query = bearer(alice), [], {"limit": 2}
    while True:
        page = get(RELEASES, token, **query).json()
        assert len(page["results"]) <= 2
        seen += [one["version"] for one in page["results"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [f"web@1.{n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("limit", ["0", "-1", "101", "x"])
def test_a_limit_that_is_none_is_refused_by_name(releases: None, alice: Any, limit: str) -> None:
    answer = get(RELEASES, bearer(alice), limit=limit)
    assert answer.status_code == 400
    assert "limit" in answer.json()["detail"]


def test_a_row_has_the_fields_asked_for(releases: None, alice: Any) -> None:
    page = get(RELEASES, bearer(alice), fields="version, ").json()
    assert [list(one) for one in page["results"]] == [["version"]] * 5
    assert page["next"] is None
    assert get("/api/v1/projects/web/", bearer(alice), fields="slug").json() == {"slug": "web"}
    answer = get(RELEASES, bearer(alice), fields="version,password")
    assert answer.status_code == 400
    assert "There is no field 'password'; there are " in answer.json()["detail"]
    assert get(RELEASES, bearer(alice), fields=",").status_code == 200


def test_fields_of_an_empty_list_are_an_empty_list(project: Project, alice: Any) -> None:
    assert get(RELEASES, bearer(alice), fields="anything").json() == {"results": [], "next": None}
