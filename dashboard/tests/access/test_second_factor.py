"""Setting up a second factor, logging in with it, and being made to."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import segno
from django.test import Client
from django.utils import timezone

from dashboard.pages.account import qr
from events.accounts import second_factors
from events.models import AuditEntry, SecondFactor

PASSWORD = {"password": "alice-password-1"}
LOGIN = {"username": "alice", **PASSWORD}


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def code_of(user: Any, minutes: float = 0) -> str:
    """What Alice's app shows; a code is taken once, so a test that needs a second one asks for a later step."""
    factor = SecondFactor.objects.get(user=user)
    return second_factors.code_at(factor, now=timezone.now() + timedelta(minutes=minutes))


@pytest.fixture
def codes(as_alice: Client, alice: Any) -> list[str]:
    """Alice sets it up through the pages; her recovery codes."""
    assert as_alice.post("/account/second-factor/begin/", PASSWORD).status_code == 302
    found: list[str] = []
    for _ in range(3):  # a step may end between the code and the answer
        # The step before this one, so that this one and the next are left for logging in.
        answer = as_alice.post("/account/second-factor/confirm/", {"code": code_of(alice, -0.5)})
        if found := re.findall(r"\b[0-9a-f]{5}(?:-[0-9a-f]{5}){3}\b", answer.content.decode()):
            break
    return found


def after_password(**meta: Any) -> Client:
    client = Client(**meta)
    answer = client.post("/login/", {**LOGIN, "next": "/system/"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/code/")
    return client


def test_the_page_shows_the_secret_its_address_and_a_qr_code(as_alice: Client, alice: Any) -> None:
    as_alice.post("/account/second-factor/begin/", PASSWORD)
    page = as_alice.get("/account/second-factor/")
    text = page.content.decode()
    secret = second_factors.written_secret(SecondFactor.objects.get())
    assert secret in text
    svg = ElementTree.fromstring(re.search(r"<svg viewBox.*?</svg>", text, re.DOTALL)[0])  # type: ignore[index]
    assert svg.find("path").get("d", "").startswith("M4 4h7v1h-7z")  # type: ignore[union-attr]
    assert "style=" not in text
    assert "no-store" in page["Cache-Control"]
    address = re.search(r"otpauth://\S+?(?=<)", text)[0].replace("&amp;", "&")  # type: ignore[index]
    assert parse_qs(urlsplit(address).query)["secret"] == [secret.replace(" ", "")]


def test_the_drawing_is_the_code() -> None:
    drawn, matrix = qr.draw("otpauth://totp/x"), segno.make("otpauth://totp/x", error="m", micro=False).matrix
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawn.path):
        dark |= {(int(x) + step - 4, int(y) - 4) for step in range(int(width))}
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}


def test_a_wrong_first_code_turns_nothing_on(as_alice: Client, alice: Any) -> None:
    as_alice.post("/account/second-factor/begin/", PASSWORD)
    assert b"This code is wrong" in as_alice.post("/account/second-factor/confirm/", {"code": "x"}).content
    assert not second_factors.is_on(alice)
    assert Client().post("/login/", LOGIN)["Location"] == "/"


def test_the_recovery_codes_are_shown_once(as_alice: Client, codes: list[str]) -> None:
    assert len(codes) == second_factors.RECOVERY_CODES
    again = as_alice.get("/account/second-factor/").content.decode()
    assert "10 recovery codes left" in again
    assert not any(code in again for code in codes)


def test_a_password_alone_lets_nobody_in(codes: list[str]) -> None:
    client = after_password()
    assert not is_in(client)
    assert client.get("/admin/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_the_code_lets_them_in_to_where_they_wanted(codes: list[str], alice: Any) -> None:
    client = after_password()
    name = client.session.session_key
    answer = client.post("/login/code/", {"code": code_of(alice)})
    assert (answer.status_code, answer["Location"]) == (302, "/system/")
    assert is_in(client)
    assert client.session.session_key != name
    assert AuditEntry.objects.filter(action="login").latest("id").detail == {"second_factor": "app"}


def test_the_admin_is_entered_the_same_way(codes: list[str], alice: Any) -> None:
    client = Client()
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    for send in (client.get, client.post):
        assert send("/admin/login/?next=/admin/", LOGIN)["Location"].startswith("/login/?next=")
    client = after_password()
    client.post("/login/code/", {"code": code_of(alice)})
    assert client.get("/admin/").status_code == 200


def test_a_replayed_code_is_refused(codes: list[str], alice: Any) -> None:
    code = code_of(alice)
    assert after_password().post("/login/code/", {"code": code}).status_code == 302
    again = after_password()
    assert b"was used already" in again.post("/login/code/", {"code": code}).content
    assert not is_in(again)


def test_a_recovery_code_lets_in_once(codes: list[str]) -> None:
    assert after_password().post("/login/code/", {"code": codes[3]}).status_code == 302
    assert after_password().post("/login/code/", {"code": codes[3]}).status_code == 200


def test_guesses_are_slowed_down_and_told(codes: list[str]) -> None:
    client = after_password()
    statuses = [client.post("/login/code/", {"code": "x"}).status_code for _ in range(20)]
    assert statuses.count(200) <= 4
    assert statuses[-1] == 429
    entry = AuditEntry.objects.filter(action="login.failed").first()
    assert entry
    assert (entry.actor, entry.detail) == ("alice", {"step": "code"})


def test_the_step_between_ends_by_itself_and_with_the_password(codes: list[str], alice: Any, monkeypatch: Any) -> None:
    client = after_password()
    soon = timezone.now() + timedelta(minutes=6)
    with monkeypatch.context() as later:
        later.setattr("dashboard.pages.account.second_factor_views.timezone.now", lambda: soon)
        assert client.get("/login/code/")["Location"] == "/login/"
    client = after_password()
    alice.set_password("another-password-2")
    alice.save()
    assert client.get("/login/code/")["Location"] == "/login/"
    assert Client().post("/login/code/", {"code": "000000"})["Location"] == "/login/"


def test_turning_it_on_ends_the_other_logins(as_alice: Client, alice: Any) -> None:
    other, bystander = Client(), Client()
    other.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    bystander.post("/login/", {"username": "nobody", "password": "x"})
    assert is_in(other)
    as_alice.post("/account/second-factor/begin/", PASSWORD)
    assert is_in(other)
    as_alice.post("/account/second-factor/confirm/", {"code": code_of(alice)})
    assert is_in(as_alice)
    assert not is_in(other)


def test_turning_it_off_takes_the_password_and_ends_the_other_logins(
    as_alice: Client, codes: list[str], alice: Any
) -> None:
    other = after_password()
    other.post("/login/code/", {"code": codes[0]})
    assert b"The password is wrong" in as_alice.post("/account/second-factor/disable/", {"password": "x"}).content
    assert second_factors.is_on(alice)
    assert as_alice.post("/account/second-factor/disable/", PASSWORD).status_code == 302
    assert not second_factors.is_on(alice)
    assert is_in(as_alice)
    assert not is_in(other)


@pytest.mark.parametrize("path", ["begin", "codes", "disable"])
def test_password_guesses_inside_are_locked_out(as_alice: Client, path: str, settings: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = as_alice.post(f"/account/second-factor/{path}/", {"password": "guess"})
    assert last.status_code == 429
    assert as_alice.post(f"/account/second-factor/{path}/", PASSWORD).status_code == 429
    assert not SecondFactor.objects.exists()


@pytest.fixture
def required(settings: Any) -> None:
    settings.OBS_REQUIRE_TOTP = True


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("path", ["/", "/p/web/issues/", "/admin/", "/account/", "/account/password/", "/system/"])
def test_staff_without_one_can_do_nothing_else(alice: Any, path: str) -> None:
    client = Client()
    client.post("/login/", LOGIN)
    for send in (client.get, client.post):
        answer = send(path)
        assert (answer.status_code, answer["Location"]) == (302, "/account/second-factor/")
    assert client.get("/account/second-factor/").status_code == 200


@pytest.mark.usefixtures("required")
def test_staff_with_one_go_on(as_alice: Client, codes: list[str]) -> None:
    assert is_in(as_alice)
    client = after_password()
    client.post("/login/code/", {"code": codes[0]})
    assert client.get("/admin/").status_code == 200
    client.post("/account/second-factor/disable/", PASSWORD)
    assert not is_in(client)


@pytest.mark.usefixtures("required")
def test_others_need_none(alice: Any) -> None:
    alice.is_staff = False
    alice.save()
    client = Client()
    client.post("/login/", LOGIN)
    assert is_in(client)
