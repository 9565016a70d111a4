"""Every form that takes a secret counts guesses: none can be tried for ever, and a right one forgives."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import dashboard
from events.accounts import second_factors

NEW = {"new_password1": "a-long-new-passphrase", "new_password2": "a-long-new-passphrase"}
# Where a password is asked for, in which field, and what else the form holds.
PASSWORD_DOORS = {
    "login": ("/login/", "password", {"username": "alice"}),
    "password": ("/account/password/", "old_password", NEW),
    "second-factor-begin": ("/account/second-factor/begin/", "password", {}),
    "second-factor-codes": ("/account/second-factor/codes/", "password", {}),
    "second-factor-disable": ("/account/second-factor/disable/", "password", {}),
}
# Where a code is asked for, which a pause that doubles keeps from being guessed: tried in test_second_factor.py.
CODE_DOORS = {"login-code", "second-factor-confirm"}
# Where a password is chosen, so that there is nothing to guess; the invitation's address holds 256 bits.
CHOSEN = {"join"}


def test_all_forms_that_take_a_secret_are_known() -> None:
    asked = set()
    for template in Path(dashboard.__file__).parent.rglob("templates/**/*.html"):
        text = template.read_text()
        for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
            if re.search(r'type="password"|name="code"|name="otp', form):
                named = re.search(r"url 'dashboard:([\w-]+)'", form.split(">")[0])
                asked.add(named[1] if named else template.stem)
    assert asked - {"login_code"} <= set(PASSWORD_DOORS) | CODE_DOORS | CHOSEN
    assert len(asked) >= 5


@pytest.mark.parametrize("door", PASSWORD_DOORS)
def test_a_password_is_guessed_at_a_few_times_only(door: str, as_alice: Client, alice: Any, settings: Any) -> None:
    path, field, others = PASSWORD_DOORS[door]
    client = Client() if door == "login" else as_alice
    statuses = [client.post(path, {field: f"guess {n}", **others}).status_code for n in range(200)]
    assert statuses.count(429) == 200 - settings.AXES_FAILURE_LIMIT + 1
    assert client.post(path, {field: "alice-password-1", **others}).status_code == 429
    alice.refresh_from_db()
    assert alice.check_password("alice-password-1")
    assert not second_factors.waiting(alice)


def test_guesses_at_one_door_count_at_the_others(as_alice: Client, settings: Any) -> None:
    for n, (path, field, others) in enumerate(list(PASSWORD_DOORS.values())[1:] * 2):
        answer = as_alice.post(path, {field: "guess", **others})
        assert (answer.status_code == 429) is (n + 1 >= settings.AXES_FAILURE_LIMIT)
    assert Client().post("/login/", {"username": "alice", "password": "alice-password-1"}).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").post(
        "/login/", {"username": "alice", "password": "alice-password-1"}
    ).status_code == 302  # fmt: skip


def test_a_right_password_forgives_what_was_mistyped(as_alice: Client, settings: Any) -> None:
    for _ in range(3):
        for _ in range(settings.AXES_FAILURE_LIMIT - 1):
            assert as_alice.post("/account/second-factor/begin/", {"password": "typo"}).status_code == 200
        assert as_alice.post("/account/second-factor/begin/", {"password": "alice-password-1"}).status_code == 302


def test_a_code_is_guessed_at_a_few_times_only(as_alice: Client, alice: Any) -> None:
    assert as_alice.post("/account/second-factor/begin/", {"password": "alice-password-1"}).status_code == 302
    for n in range(100):
        as_alice.post("/account/second-factor/confirm/", {"code": f"{n:06d}"})
    waiting = second_factors.waiting(alice)
    assert waiting
    assert waiting.failures <= 4
    right = second_factors.code_at(waiting, now=timezone.now() - timedelta(seconds=15))
    assert b"wrong" in as_alice.post("/account/second-factor/confirm/", {"code": right}).content
    assert not second_factors.is_on(alice)


def test_the_admin_has_no_password_form_of_its_own(as_alice: Client) -> None:
    for send in (as_alice.get, as_alice.post):
        answer = send("/admin/password_change/", {"old_password": "alice-password-1", **NEW})
        assert (answer.status_code, answer["Location"]) == (302, "/account/password/")
