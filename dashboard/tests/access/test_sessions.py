"""How long a login lasts, and what ends it."""

import ast
import html
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from dashboard.access import middleware
from dashboard.tests.test_every_route import POLLS
from events.accounts import tokens
from events.models import ApiToken, AuditEntry, Project
from formaos_obs.environment import BASE_DIR

HOUR = 3600.0


@pytest.mark.parametrize(
    ("began", "seen", "is_over"),
    [
        (0, 0, False),
        (29 * 60, 29 * 60, False),
        (30 * 60, 30 * 60, True),
        (11.9 * HOUR, 10, False),
        (12 * HOUR, 10, True),
    ],
)
def test_a_login_ends_after_half_an_hour_idle_or_half_a_day(began: float, seen: float, is_over: bool) -> None:
    now = 1_800_000_000.0
    assert middleware.is_over(began=now - began, seen=now - seen, now=now) is is_over


def logged_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.fixture
def clock(monkeypatch: Any, now: datetime) -> list[datetime]:
    moments = [now]
    monkeypatch.setattr(middleware.timezone, "now", lambda: moments[-1])
    return moments


def test_requests_keep_it_alive_until_the_absolute_end(as_alice: Client, clock: list[datetime]) -> None:
    for step in range(36):
        clock.append(clock[0] + timedelta(minutes=20 * step))
        assert logged_in(as_alice), step
    clock.append(clock[0] + timedelta(hours=12))
    assert not logged_in(as_alice)


def test_idleness_ends_it_on_the_server(as_alice: Client, clock: list[datetime]) -> None:
    assert logged_in(as_alice)
    cookie = as_alice.cookies["obs-session"].value
    clock.append(clock[0] + timedelta(minutes=30))
    assert not logged_in(as_alice)
    clock.append(clock[0])
    as_alice.cookies["obs-session"] = cookie
    assert not logged_in(as_alice)


def test_changing_the_password_ends_the_other_logins(alice: Any, as_alice: Client) -> None:
    assert logged_in(as_alice)
    alice.set_password("another-password-2")
    alice.save()
    assert not logged_in(as_alice)


def test_the_session_changes_its_name_on_login(alice: Any) -> None:
    client = Client()
    client.get("/login/")
    client.cookies["obs-session"] = "fixed-by-an-attacker"
    client.post("/login/", {"username": "alice", "password": "alice-password-1"})
    assert client.cookies["obs-session"].value != "fixed-by-an-attacker"
    assert logged_in(client)


def test_guessing_locks_one_name_at_one_address_only(alice: Any, bob: Any, settings: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        Client().post("/login/", {"username": "alice", "password": "guess"}, headers={"X-Forwarded-For": "1.2.3.4"})
    right = {"username": "alice", "password": "alice-password-1"}
    assert Client().post("/login/", right, headers={"X-Forwarded-For": "5.6.7.8"}).status_code in (403, 429)
    assert Client().post("/login/", {"username": "bob", "password": "bob-password-1"}).status_code == 302
    assert Client(REMOTE_ADDR="203.0.113.9").post("/login/", right).status_code == 302


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_next_never_leads_elsewhere(alice: Any, where: str) -> None:
    sent = {"username": "alice", "password": "alice-password-1", "next": where}
    response = Client().post("/login/", sent)
    assert (response.status_code, response["Location"]) == (302, "/")


def change_password(client: Client, new: str, old: str = "alice-password-1") -> Any:
    return client.post("/account/password/", {"old_password": old, "new_password1": new, "new_password2": new})


def test_changing_the_password_keeps_this_login_and_ends_the_others(as_alice: Client, alice: Any) -> None:
    other = Client()
    other.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    before = as_alice.cookies["obs-session"].value
    assert change_password(as_alice, "a-long-new-passphrase").status_code == 302
    assert as_alice.cookies["obs-session"].value != before
    assert logged_in(as_alice)
    assert not logged_in(other)
    assert AuditEntry.objects.filter(action="password.change").count() == 1


@pytest.mark.parametrize("new", ["short", "alice", "password123456"])
def test_a_bad_password_is_refused(as_alice: Client, alice: Any, new: str) -> None:
    assert change_password(as_alice, new).status_code == 200
    assert change_password(as_alice, "a-long-new-passphrase", old="wrong").status_code == 200
    alice.refresh_from_db()
    assert alice.check_password("alice-password-1")


@pytest.mark.parametrize("asked", [True, False])
def test_tokens_end_with_the_password_for_whoever_asks(as_alice: Client, alice: Any, bob: Any, asked: bool) -> None:
    now = timezone.now()
    _, mine = tokens.create(alice, name="mine", scopes=["read"], now=now)
    _, other = tokens.create(bob, name="other", scopes=["read"], now=now)
    sent = {"old_password": "alice-password-1"} | dict.fromkeys(("new_password1", "new_password2"), "a-long-passphrase")
    assert as_alice.post("/account/password/", sent | ({"ends_tokens": "on"} if asked else {})).status_code == 302
    assert (tokens.find(mine, now=now) is None, tokens.find(other, now=now) is None) == (asked, False)
    assert AuditEntry.objects.get(action="password.change").detail == {"tokens_ended": asked}


def test_a_token_ends_unless_its_maker_says_never(as_alice: Client) -> None:
    made = {}
    for days in ("", "30", "365", "never", "0", "-1", "99999", "x"):
        as_alice.post("/account/tokens/", {"name": f"t{days}", "scopes": ["read"], "days": days})
        token = ApiToken.objects.get(name=f"t{days}")
        made[days] = round((token.expires_at - timezone.now()) / timedelta(days=1)) if token.expires_at else None
    assert made == {"": 90, "30": 30, "365": 365, "never": None, "0": 90, "-1": 90, "99999": 90, "x": 90}
    page = as_alice.get("/account/").content.decode()
    assert '<option value="90" selected>' in page


@pytest.mark.parametrize("name", sorted(POLLS))
def test_what_a_page_asks_by_itself_keeps_no_login_alive(
    as_alice: Client, project: Project, clock: list[datetime], name: str
) -> None:
    assert logged_in(as_alice)
    address = reverse(f"dashboard:{name}", args=[project.slug])
    for minute in (10, 20, 29):
        clock.append(clock[0] + timedelta(minutes=minute))
        assert as_alice.get(address).status_code in (200, 204)
    clock.append(clock[0] + timedelta(minutes=31))
    assert not logged_in(as_alice)


def test_the_charts_of_a_wall_keep_no_login_alive(as_alice: Client, project: Project, clock: list[datetime]) -> None:
    Project.objects.filter(pk=project.pk).update(first_event_at=clock[0] - timedelta(days=1))
    assert logged_in(as_alice)
    page = as_alice.get(f"/p/{project.slug}/?wall=1").content.decode()
    charts = [html.unescape(found) for found in re.findall(r'data-src="([^"]+)"', page)]
    assert charts
    for minute in (10, 20, 29):
        clock.append(clock[0] + timedelta(minutes=minute))
        assert {as_alice.get(chart).status_code for chart in charts} <= {200, 404}
    clock.append(clock[0] + timedelta(minutes=31))
    assert not logged_in(as_alice)


def test_passwords_are_hashed_with_scrypt() -> None:
    shipped = ast.parse((BASE_DIR / "formaos_obs/settings.py").read_text())
    (hashers,) = (
        ast.literal_eval(node.value)
        for node in shipped.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PASSWORD_HASHERS"
    )
    with override_settings(PASSWORD_HASHERS=hashers):
        assert make_password("correct horse battery").startswith("scrypt$")
