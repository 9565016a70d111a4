"""Acting after a login ended: nothing is changed, nothing typed is lost, and it is called what it is."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Activity, Issue, Project
from events.tests import make

TEXT = "A long comment, <b>typed</b> for half an hour"


@pytest.fixture
def issue(project: Project) -> Issue:
    return make.issue(project)


def action(issue: Issue) -> str:
    return reverse("dashboard:issue-action", args=[issue.project.slug, issue.pk])


def post(client: Client, issue: Issue, **headers: str) -> Any:
    posted = {"action": "comment", "text": TEXT, "password": "hunter2-typed"}
    return client.post(action(issue), posted, headers={"Origin": "http://testserver", **headers})


def test_a_change_after_the_login_ended_shows_what_was_typed_and_leads_back_to_the_page(issue: Issue) -> None:
    page = f"/p/web/issues/{issue.pk}/"
    answer = post(Client(), issue, Referer=f"http://testserver{page}?env=production")
    shown = answer.content.decode()
    assert answer.status_code == 401
    assert "You are logged out" in shown
    assert "Not with your role" not in shown
    assert "A long comment, &lt;b&gt;typed&lt;/b&gt; for half an hour" in shown
    assert "hunter2-typed" not in shown
    assert "/login/?next=%2Fp%2Fweb%2Fissues%2F" in shown
    assert "%3Fenv%3Dproduction" in shown
    assert not Activity.objects.exists()


def test_logging_in_leads_to_a_page_that_answers(issue: Issue, alice: Any) -> None:
    page = f"/p/web/issues/{issue.pk}/"
    client = Client()
    shown = post(client, issue, Referer=f"http://testserver{page}").content.decode()
    assert f"/login/?next={page.replace('/', '%2F')}" in shown
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("referrer", ["http://evil.example/p/web/", "//evil.example", "http://testserver//evil", ""])
def test_it_never_leads_to_another_host(issue: Issue, referrer: str) -> None:
    shown = post(Client(), issue, Referer=referrer).content.decode()
    assert "/login/?next=%2F&quot;" in shown or 'href="/login/?next=%2F"' in shown
    assert "evil" not in shown


def test_a_form_of_another_page_gets_none_of_its_text_shown(issue: Issue) -> None:
    answer = post(Client(), issue, Origin="https://evil.example")
    assert TEXT[:10] not in answer.content.decode()


def test_a_stale_token_is_no_question_of_roles(issue: Issue, alice: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = post(client, issue)
    assert (answer.status_code, "You are logged out" in answer.content.decode()) == (403, True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    answer = post(client, issue)
    shown = answer.content.decode()
    assert answer.status_code == 403
    assert "This page is out of date" in shown
    assert "A long comment" in shown
    assert "Not with your role" not in shown


def test_scripts_get_json(issue: Issue) -> None:
    answer = post(Client(), issue, Accept="application/json")
    assert (answer.status_code, answer.json()) == (401, {"detail": "You are logged out: nothing was changed."})
    assert Client().get("/p/web/issues/", headers={"Accept": "application/json"}).status_code == 401
    assert Client().get("/p/web/issues/").status_code == 302


def test_presence_says_who_is_there_and_keeps_nobody_in(as_alice: Client, db: None) -> None:
    found = as_alice.get("/presence.json").json()
    assert (found["user"], bool(found["token"])) == ("alice", True)
    assert as_alice.get("/presence.json")["Cache-Control"] == "private, no-store"
    assert Client().get("/presence.json").json() == {"user": ""}
    assert "obs_seen" not in as_alice.session
    as_alice.get("/")
    assert "obs_seen" in as_alice.session


def test_much_is_shown_in_part(issue: Issue) -> None:
    posted = {f"field_{n}": "x" * 30_000 for n in range(60)}
    answer = Client().post(action(issue), posted, headers={"Origin": "http://testserver"})
    assert len(answer.content) < 20 * 10_000 + 10_000
