"""The palette finds what a word names in this project, for whoever may see it, and says what it could not ask."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from analytics.engine import EngineError
from analytics.tests.flags import make as make_flags
from dashboard.frame import shortcuts
from dashboard.pages.palette import finding
from events.models import AuditEntry, Dimension, Issue, Membership, Person, Project
from events.persons import reading
from events.tests import make


def find(client: Client, text: str) -> list[dict[str, str]]:
    answer = client.post("/p/web/palette.json", {"q": text})
    assert answer.status_code == 200
    return answer.json()["hits"]


def titles(client: Client, text: str) -> list[str]:
    return [hit["title"] for hit in find(client, text)]


def test_issues_are_found_by_title_and_culprit_the_open_ones_first(as_bob: Client, project: Project, bob: Any) -> None:
    other = Project.objects.create(slug="other", name="Other")
    Membership.objects.create(project=other, user=bob, role="viewer")
    make.issue(other, title="Timeout elsewhere")
    for number in range(8):
        make.issue(project, title=f"Slow timeout {number}", status=Issue.Status.RESOLVED)
    wanted = make.issue(project, title="TimeoutError: <b>", culprit="shop.checkout in pay")
    hits = find(as_bob, "TIMEOUT")
    assert len(hits) == finding.MOST
    assert hits[0] == {
        "title": "TimeoutError: <b>",
        "url": f"/p/web/issues/{wanted.pk}/",
        "note": "error · unresolved · shop.checkout in pay",
        "icon": "bug",
    }
    assert titles(as_bob, "shop.checkout") == ["TimeoutError: <b>"]
    assert titles(as_bob, "elsewhere") == []


@pytest.mark.parametrize("text", ["", "t", " t ", "\x00", "%", "__", "t\x00"])
def test_nothing_is_found_by_next_to_nothing(as_bob: Client, project: Project, text: str) -> None:
    make.issue(project, title="Timeout")
    assert find(as_bob, text) == []


def test_endpoints_releases_and_flags_are_found(as_bob: Client, project: Project, now: datetime) -> None:
    routes = Dimension.objects.create(project=project, name="requests.route")
    for route in ("GET /pay/{id}", "(other)", "GET /basket"):
        routes.values.create(value=route)
    make.release(project, "pay@1.4.2+7")
    flag = make_flags.stored(project, "short-payment", now=now)
    assert find(as_bob, "pay") == [
        {
            "title": "GET /pay/{id}",
            "url": "/p/web/performance/endpoint/?route=GET+%2Fpay%2F%7Bid%7D",
            "note": "endpoint",
            "icon": "gauge",
        },
        {"title": "pay@1.4.2+7", "url": "/p/web/releases/pay@1.4.2+7/", "note": "release", "icon": "rocket"},
        {
            "title": "short-payment",
            "url": f"/p/web/flags/{flag.pk}/",
            "note": f"flag · {'on' if flag.is_active else 'off'}",
            "icon": "flag",
        },
    ]
    assert titles(as_bob, "other") == []


def test_a_person_is_found_by_an_id_by_those_who_may(
    as_alice: Client, as_bob: Client, project: Project, now: datetime
) -> None:
    person = Person.objects.create(project=project, created_at=now)
    person.ids.create(project=project, visitor=reading.visitor_of(project, "ada@example.org"))
    assert find(as_alice, " ada@example.org ") == [
        {"title": "ada@example.org", "url": f"/p/web/persons/{person.uuid}/", "note": "person", "icon": "users"}
    ]
    assert find(as_bob, "ada@example.org") == []
    assert find(as_alice, "ada@example") == []
    assert as_alice.get("/p/web/palette.json?q=ada@example.org").status_code == 405  # no address has an id


def test_each_search_is_written_down_without_its_words(as_bob: Client, project: Project) -> None:
    find(as_bob, "ada@example.org")
    entry = AuditEntry.objects.get(action="palette.search")
    assert (entry.actor, entry.project_id) == ("bob", project.pk)
    assert "ada" not in str(entry.detail)


def test_a_kind_that_is_not_answered_is_named_and_the_rest_found(
    as_bob: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: Any, **rest: Any) -> Any:
        raise EngineError("too slow")

    monkeypatch.setitem(finding.FINDERS, "queries", slow)
    make.issue(project, title="Timeout")
    answer = as_bob.post("/p/web/palette.json", {"q": "timeout"}).json()
    assert [hit["title"] for hit in answer["hits"]] == ["Timeout"]
    assert answer["unanswered"] == ["queries"]


def test_actions_and_settings_are_offered_to_editors_and_open(
    as_alice: Client, as_bob: Client, project: Project
) -> None:
    offered = shortcuts.of_project(project.slug, may_own=True)
    assert {one.title for one in offered} - {
        one.title for one in shortcuts.of_project(project.slug, may_own=False)
    } == {"Audit trail"}
    assert {"New channel", "Grouping rules", "Ingest keys"} <= {one.title for one in offered}
    for one in [*offered, *shortcuts.of_account()]:
        assert as_alice.get(one.url.partition("#")[0]).status_code == 200, one.title
    palette = as_alice.get("/p/web/issues/").content.decode().split('id="palette-list"')[1]
    assert all(one.title in palette for one in offered)
    narrow = as_bob.get("/p/web/issues/").content.decode().split('id="palette-list"')[1]
    assert not [one.title for one in offered if f">{one.title}<" in narrow and one.title not in ("Channels",)]
    assert all(one.title in narrow for one in shortcuts.of_account())
