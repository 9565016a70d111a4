"""The issue list: what its search box offers, changes told to a script, undone, and done once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.tests.populated import World, populate
from events.models import Activity, AuditEntry, Project, Transition

JSON = {"Accept": "application/json"}


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


def offered(client: Client, query: str, at: int | None = None) -> list[str]:
    asked = {"query": query, **({} if at is None else {"at": str(at)})}
    found = client.get(reverse("dashboard:issue-completion", args=["web"]), asked).json()
    return [one["text"] for one in found["options"]]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("rel", "release:"),
        ("lev", "level:"),
        ("is:res", "resolved"),
        ("level:", "fatal"),
        ("level:[error, wa", "warning"),
        ("release:shop", "shop@1.4.2"),
        ("release:la", "latest"),
        ("environment:st", "staging"),
        ("assigned:", "me"),
        ("assigned:al", "alice"),
        ("bookmarks:m", "me"),
        ("firstSeen:", "-1h"),
        ("timesSeen:", ">10"),
        ("brow", "browser:"),
        ("browser:fire", "Firefox"),
        ("is:unresolved error.t", "error.type:"),
    ],
)
def test_the_search_box_offers_fields_and_values(as_alice: Client, world: World, query: str, first: str) -> None:
    assert offered(as_alice, query)[0] == first


def test_offers_replace_the_word_at_the_cursor(as_alice: Client, world: World) -> None:
    url = reverse("dashboard:issue-completion", args=["web"])
    found = as_alice.get(url, {"query": "leve is:new", "at": "4"}).json()
    assert (found["start"], found["end"], found["options"][0]["text"]) == (0, 4, "level:")


@pytest.mark.parametrize(
    "query", ["", " ", "user:u_", "url:x", "]", '"', "x" * 5000, "a:\x00", "!", "timesSeen:zz", "has:zzz"]
)
def test_nonsense_is_answered_with_nothing(as_alice: Client, world: World, query: str) -> None:
    assert offered(as_alice, query) == []
    assert offered(as_alice, query, at=99_999) == []


def test_hostile_names_are_offered_as_text_that_finds_them(as_alice: Client, world: World) -> None:
    (text,) = offered(as_alice, "release:<scr")
    assert text.startswith('"<script>')
    assert as_alice.get("/p/web/issues/", {"query": f"release:{text}"}).status_code == 200


def test_looking_is_for_members_and_leaves_an_entry(as_alice: Client, as_charlie: Client, world: World) -> None:
    url = reverse("dashboard:issue-completion", args=["web"])
    assert as_charlie.get(url).status_code == 404
    before = AuditEntry.objects.filter(action="issues.search").count()
    as_alice.get(url, {"query": "le"})
    assert AuditEntry.objects.filter(action="issues.search").count() == before + 1


def bulk(client: Client, *issues: int, action: str = "resolve", **more: str) -> Any:
    url = reverse("dashboard:issue-bulk", args=["web"])
    return client.post(url, {"action": action, "issue": issues, **more}, headers=JSON)


def test_a_script_is_told_what_rows_say_now_and_how_to_undo_it(as_alice: Client, world: World) -> None:
    told = bulk(as_alice, world.issue.pk, world.hostile_issue.pk).json()
    assert told["said"] == "2 issues resolved."
    assert told["rows"][str(world.issue.pk)] == {"status": "resolved", "assignee": ""}
    undone = bulk(as_alice, action="undo", batch=told["batch"]).json()
    assert undone["said"] == "2 issues as before."
    assert undone["rows"][str(world.issue.pk)]["status"] == ""
    assert undone["batch"] == ""
    again = bulk(as_alice, action="undo", batch=told["batch"]).json()
    assert (again["said"], again["rows"]) == ("0 issues as before.", {})


def test_a_second_tab_that_resolves_the_same_does_nothing_more(as_alice: Client, world: World) -> None:
    first, second = (bulk(as_alice, world.issue.pk).json() for _ in range(2))
    assert first["said"] == "1 issue resolved."
    assert second["said"] == "Nothing was left to do: 1 issue was resolved already."
    assert (bool(first["batch"]), second["batch"]) == (True, "")
    assert Activity.objects.filter(issue=world.issue, action="resolve", detail__has_key="batch").count() == 1
    assert Transition.objects.filter(issue_id=world.issue.pk, kind=Transition.Kind.RESOLVED).count() == 1
    both = bulk(as_alice, world.issue.pk, world.hostile_issue.pk).json()
    assert both["said"] == "1 issue resolved. 1 issue was resolved already."


def test_ignoring_until_another_moment_is_a_change(as_alice: Client, world: World) -> None:
    said = [
        bulk(as_alice, world.issue.pk, action=action, **more).json()["said"]
        for action, more in (
            ("ignore", {}), ("ignore", {}), ("ignore_until", {"for": "1h"}), ("ignore_until", {"for": "7d"}),
            ("unresolve", {}), ("unresolve", {}),
        )
    ]  # fmt: skip
    assert said == [
        "1 issue ignored.", "Nothing was left to do: 1 issue was ignored already.", "1 issue ignored.",
        "1 issue ignored.", "1 issue reopened.", "Nothing was left to do: 1 issue was reopened already.",
    ]  # fmt: skip


def test_rows_that_are_gone_are_left_out_and_refusals_are_told(as_alice: Client, as_bob: Client, world: World) -> None:
    told = bulk(as_alice, world.issue.pk, action="delete").json()
    assert (told["said"], told["rows"]) == ("1 issue deleted.", {})
    refused = bulk(as_alice)
    assert (refused.status_code, refused.json()) == (422, {"refused": "Choose at least one issue."})
    assert bulk(as_alice, world.hostile_issue.pk, action="nonsense").status_code == 422
    assert bulk(as_bob, world.hostile_issue.pk).status_code == 403


def test_without_scripts_the_list_offers_to_undo(as_alice: Client, world: World) -> None:
    url = reverse("dashboard:issue-bulk", args=["web"])
    given = {"action": "resolve", "issue": [world.issue.pk], "next": "/p/web/issues/?query=&from=-7d"}
    shown = as_alice.post(url, given, follow=True)
    address = shown.redirect_chain[-1][0]
    assert address.startswith("/p/web/issues/?query=&from=-7d&batch=")
    page = shown.content.decode()
    assert "data-undo" in page
    assert 'name="next" value="/p/web/issues/?query=&amp;from=-7d"' in page
    batch = address.rpartition("=")[2]
    as_alice.post(url, {"action": "undo", "batch": batch, "next": "/p/web/issues/"})
    world.issue.refresh_from_db()
    assert world.issue.status == "unresolved"
    assert "data-undo" not in as_alice.get("/p/web/issues/?batch=nonsense").content.decode()
