"""People see where they are logged in, and end it; tokens are told in plain words, with a line that runs."""

import html
import re
import shlex
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from events.accounts import tokens
from events.models import ApiToken, AuditEntry, Project

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1"
)


def logged_in(user_agent: str, address: str, *, name: str = "alice") -> Client:
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address)
    client.post("/login/", {"username": name, "password": f"{name}-password-1"})
    assert client.get("/account/").status_code == 200
    return client


@pytest.fixture
def here(alice: Any) -> Client:
    return logged_in(FIREFOX, "198.51.100.77")


def shown(client: Client) -> str:
    page = client.get("/account/").content.decode()
    return html.unescape(page[page.index('id="logins"') : page.index('id="safety"')])


def ends(page: str) -> list[str]:
    return re.findall(r'action="(/account/logins/[0-9a-f]+/end/)"', page)


def test_each_login_says_on_what_from_which_network_and_which_is_this(here: Client, bob: Any) -> None:
    logged_in(PHONE, "2001:db8:1:2::9")
    logged_in(PHONE, "203.0.113.5", name="bob")
    page = shown(here)
    assert "Firefox on desktop" in page
    assert "Safari on mobile" in page
    assert page.count(">this one<") == 1
    assert "network 198.51.100.0 " in page
    assert "network 2001:db8:1:: " in page
    assert "198.51.100.77" not in page
    assert "203.0.113" not in page
    assert page.index("Firefox on desktop") < page.index("Safari on mobile")


def test_another_login_of_ones_own_is_ended_and_no_key_is_told(here: Client) -> None:
    phone = logged_in(PHONE, "203.0.113.5")
    page = shown(here)
    assert not any(session.session_key in page for session in Session.objects.all())
    [end] = ends(page)
    assert here.post(end)["Location"] == "/account/"
    assert phone.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert here.post(end).status_code == 404
    entry = AuditEntry.objects.get(action="login.end")
    assert (entry.actor, entry.object_id) == ("alice", end.split("/")[3])


def test_nobody_ends_the_login_of_somebody_else(here: Client, bob: Any) -> None:
    logged_in(PHONE, "203.0.113.5")
    [end] = ends(shown(here))
    assert logged_in(PHONE, "203.0.113.6", name="bob").post(end).status_code == 404
    assert len(ends(shown(here))) == 1


def test_all_others_end_at_once_and_this_one_by_its_mark_too(here: Client) -> None:
    others = [logged_in(PHONE, f"203.0.113.{n}") for n in (1, 2)]
    [this] = set(ends(shown(others[0]))) - set(ends(shown(here)))
    here.post("/account/logins/end/")
    assert [other.get("/account/").status_code for other in others] == [302, 302]
    assert ends(shown(here)) == []
    assert here.post(this)["Location"] == "/account/"
    assert here.get("/account/").status_code == 302


def test_a_token_says_what_it_may_and_its_line_runs(here: Client, project: Project) -> None:
    answer = here.post("/account/tokens/", {"name": "CI", "scopes": ["read"], "project": "web", "days": "30"})
    page = html.unescape(answer.content.decode())
    line = shlex.split(re.findall(r'<pre id="curl">(.*?)</pre>', page)[0])
    assert line[:2] == ["curl", "-H"]
    assert "no-store" in answer["Cache-Control"]
    name, value = line[2].split(": ")
    found = Client().get(line[3].partition("//")[2].partition("/")[2].join(["/", ""]), headers={name: value})
    assert [one["slug"] for one in found.json()["results"]] == ["web"]
    token = ApiToken.objects.get(name="CI")
    assert token.project == project
    assert value.removeprefix("Bearer ") not in here.get("/account/").content.decode()
    listed = here.get("/account/").content.decode()
    assert "Read<br>" in listed
    assert project.name in listed


def test_a_token_without_a_use_or_of_a_strange_project_is_not_made(here: Client) -> None:
    Project.objects.create(slug="strange", name="Strange")
    assert "tick at least one thing" in here.post("/account/tokens/", {"name": "x"}, follow=True).content.decode()
    assert here.post("/account/tokens/", {"scopes": ["read"], "project": "strange"}).status_code == 404
    assert not ApiToken.objects.exists()


def test_an_ended_token_stays_in_the_list_below_those_that_work(here: Client, alice: Any, now: Any) -> None:
    old, _ = tokens.create(alice, name="old", scopes=["releases"], now=now)
    tokens.create(alice, name="new", scopes=["admin"], now=now)
    here.post(f"/account/tokens/{old.pk}/revoke/")
    page = here.get("/account/").content.decode()
    assert page.index("<b>new</b>") < page.index("<b>old</b>")
    assert "Tell of releases" in page
