"""Guessing passwords: locked out in tiers, told within bounds, kept without names or whole addresses."""

from collections import Counter
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory

from events.accounts import audit, lockouts, logins, second_factors
from events.models import AuditEntry, LoginFailure

WRONG = {"username": "alice", "password": "guess"}
RIGHT = {"username": "alice", "password": "alice-password-1"}
HOME = "198.51.100.7"


def fail(name: str = "alice", *, address: str = HOME, now: datetime, times: int = 1) -> bool:
    return [logins.note_failure(name, address=address, now=now) for _ in range(times)][-1]


def wait(name: str = "alice", *, address: str = HOME, now: datetime) -> timedelta:
    return logins.locked_for(name, address=address, now=now)


@pytest.mark.parametrize(("earlier", "hours"), [(0, 0.25), (1, 2), (2, 24), (3, 24), (50, 24)])
def test_lockouts_come_in_tiers(earlier: int, hours: float) -> None:
    assert logins.lockout(earlier) == timedelta(hours=hours)


@pytest.mark.django_db
def test_repeated_lockouts_grow_and_a_right_password_forgives(now: datetime) -> None:
    for hours in (0.25, 2, 24, 24):
        assert not fail(now=now, times=4)
        assert not wait(now=now)
        assert fail(now=now)
        assert wait(now=now) == timedelta(hours=hours)
        now += timedelta(hours=hours)
        assert not wait(now=now)
    logins.note_success("alice", address=HOME)
    fail(now=now, times=5)
    assert wait(now=now) == timedelta(hours=0.25)


@pytest.mark.django_db
def test_failing_while_locked_out_lengthens_nothing(now: datetime) -> None:
    fail(now=now, times=5)
    fail(now=now + timedelta(minutes=10), times=50)
    assert wait(now=now + timedelta(minutes=10)) == timedelta(minutes=5)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "address", "is_locked"),
    [
        ("alice", HOME, True),
        ("alice", "198.51.100.200", True),
        ("alice", "203.0.113.1", False),
        ("bob", HOME, False),
        ("Alice", HOME, False),
    ],
)
def test_a_lockout_is_of_one_name_at_one_network(name: str, address: str, is_locked: bool, now: datetime) -> None:
    fail(now=now, times=5)
    assert bool(wait(name, address=address, now=now)) is is_locked


def test_a_thousand_guesses_are_five_tries(alice: Any, bob: Any, settings: Any, monkeypatch: Any) -> None:
    tried: Counter[str] = Counter()
    monkeypatch.setattr(type(alice), "check_password", lambda user, password: tried.update([user.username]))
    for guess in range(1000):
        # A forged header is not believed without a trusted proxy.
        forged = {"X-Forwarded-For": f"203.0.{guess % 256}.{guess % 7}", "User-Agent": f"agent {guess}"}
        request = RequestFactory().post("/login/", headers=forged)
        assert authenticate(request, username="alice", password=f"guess {guess}") is None
    assert tried["alice"] == settings.AXES_FAILURE_LIMIT
    monkeypatch.undo()
    assert Client().post("/login/", {"username": "bob", "password": "bob-password-1"}).status_code == 302
    assert Client(REMOTE_ADDR=HOME).post("/login/", RIGHT).status_code == 302
    answer = Client().post("/login/", RIGHT)
    assert answer.status_code == 429
    assert b"Try again in 1" in answer.content
    assert 600 < int(answer["Retry-After"]) <= 900


def test_behind_a_proxy_only_its_own_entry_is_believed(alice: Any, settings: Any) -> None:
    settings.OBS_TRUSTED_PROXIES = 1
    for guess in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login/", WRONG, headers={"X-Forwarded-For": f"203.0.{guess}.1, {HOME}"})
    assert Client().post("/login/", RIGHT, headers={"X-Forwarded-For": f"1.2.3.4, {HOME}"}).status_code == 429
    assert Client().post("/login/", RIGHT, headers={"X-Forwarded-For": f"{HOME}, 1.2.3.4"}).status_code == 302


def test_each_failure_is_told_with_the_person_and_never_the_typed_name(alice: Any, settings: Any) -> None:
    Client(REMOTE_ADDR=HOME).post("/login/", WRONG)
    Client(REMOTE_ADDR=HOME).post("/login/", {"username": "my-password-typed-here", "password": "x"})
    told = list(AuditEntry.objects.order_by("id").values_list("action", "actor", "address"))
    assert told == [("login.failed", "alice", "198.51.100.0"), ("login.failed", "nobody", "198.51.100.0")]
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client(REMOTE_ADDR=HOME).post("/login/", WRONG)
    locked = AuditEntry.objects.get(action="login.locked")
    assert (locked.actor, locked.detail) == ("alice", {"step": "password", "lockouts": 1})
    assert audit.verify().is_whole


def test_each_login_is_told_with_the_person_and_where_from(alice: Any) -> None:
    for _ in range(2):
        assert Client(REMOTE_ADDR=HOME).post("/login/", RIGHT).status_code == 302
    told = list(AuditEntry.objects.filter(action="login").values_list("actor", "address"))
    assert told == [("alice", "198.51.100.0")] * 2
    assert audit.verify().is_whole


@pytest.mark.django_db
def test_a_storm_is_summed_up(now: datetime) -> None:
    for number in range(100):
        fail(f"name {number}", address=f"10.0.{number % 4}.1", now=now)
    assert AuditEntry.objects.count() == logins.TOLD_PER_MINUTE
    assert logins.tell_failures(now=now) == 80
    assert logins.tell_failures(now=now) == 0
    summed = AuditEntry.objects.latest("id")
    assert (summed.action, summed.detail) == ("login.failed", {"failures": 80, "names": 80, "networks": 4})
    assert LoginFailure.objects.exclude(name="network").count() == 100
    logins.tell_failures(now=now + logins.FORGOTTEN_AFTER + timedelta(seconds=1))
    assert LoginFailure.objects.count() == 0


def tried(names: int, *, at: str = HOME, password: str = "guess") -> int:
    """How many of so many names a network gets an answer about."""
    answers = [
        Client(REMOTE_ADDR=at).post("/login/", {"username": f"name {n}", "password": password}) for n in range(names)
    ]
    return [answer.status_code for answer in answers].count(200)


def test_one_password_is_not_tried_on_all_names(alice: Any, bob: Any, settings: Any) -> None:
    assert Client(REMOTE_ADDR=HOME).post("/login/", RIGHT).status_code == 302
    assert tried(128) == settings.OBS_LOGIN_NETWORK_LIMIT - 1
    assert tried(3, at="198.51.100.250") == 0
    stranger = {"username": "bob", "password": "bob-password-1"}
    assert Client(REMOTE_ADDR=HOME).post("/login/", stranger).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.1").post("/login/", stranger).status_code == 302
    # Who logged in from there before goes on, with tries of their own.
    assert Client(REMOTE_ADDR=HOME).post("/login/", RIGHT).status_code == 302
    assert Client(REMOTE_ADDR=HOME).post("/login/", WRONG).status_code == 200
    assert AuditEntry.objects.filter(detail__network=True).count() <= 1


def test_somebody_who_logs_in_does_not_clear_the_way_for_their_guesses(alice: Any, settings: Any) -> None:
    answered = 0
    for round_ in range(8):
        answered += sum(
            Client().post("/login/", {"username": f"{round_} {n}", "password": "guess"}).status_code == 200
            for n in range(10)
        )
        assert Client().post("/login/", RIGHT).status_code == 302
    assert answered == settings.OBS_LOGIN_NETWORK_LIMIT - 1


@pytest.mark.django_db
def test_a_network_is_locked_for_a_while_and_an_office_that_mistypes_is_not(now: datetime, settings: Any) -> None:
    for hours in (0.25, 2, 2):
        for n in range(settings.OBS_LOGIN_NETWORK_LIMIT):
            fail(f"name {n}", now=now)
        assert wait("anybody", now=now) == timedelta(hours=hours)
        now += timedelta(hours=hours)
        assert not wait("anybody", now=now)
    LoginFailure.objects.all().delete()
    for n in range(settings.OBS_LOGIN_NETWORK_LIMIT * 3):
        now += timedelta(minutes=16)
        fail(f"name {n}", now=now)
        assert not wait("anybody", now=now)


def test_no_table_holds_the_typed_name_or_the_whole_address(alice: Any) -> None:
    typed = "typed-by-mistake"
    client = Client(REMOTE_ADDR=HOME)
    client.post("/login/", {"username": typed, "password": "x", "next": f"/?{typed}"})
    client.post("/login/", RIGHT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(axes|events|django_session)'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text ~ %s', [f"{typed}|{HOME}"])
            assert cursor.fetchone() == (0,), table
    assert not AccessAttempt.objects.exists()
    assert not AccessLog.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "\0", "٣", "x" * 100_000])
def test_any_name_can_fail(name: str) -> None:
    assert Client().post("/login/", {"username": name, "password": "x"}).status_code == 200
    lockouts.Handler().user_login_failed(None, {"username": None})


def test_an_operator_ends_the_logins_of_one_person(as_alice: Client, as_bob: Client, alice: Any, now: datetime) -> None:
    begun = second_factors.begin(alice, now=now)
    assert begun
    assert second_factors.confirm(alice, second_factors.code_at(begun, now=now), now=now)
    call_command("end_logins", "alice", stdout=StringIO())
    assert second_factors.is_on(alice)
    assert as_alice.get("/").status_code == 302
    assert as_bob.get("/").status_code == 200
    out = StringIO()
    call_command("end_logins", "bob", stdout=out)
    call_command("end_logins", "alice", "--second-factor", stdout=out)
    assert out.getvalue() == "1 logins ended\n0 logins ended\n"
    assert not second_factors.is_on(alice)
    for wrong in (["nobody"], ["alice", "--second-factor"]):
        with pytest.raises(CommandError):
            call_command("end_logins", *wrong)
    ended = AuditEntry.objects.filter(action="login.end", via="command")
    assert [entry.detail["ended"] for entry in ended.order_by("id")] == [1, 1, 0]


def test_only_logins_that_are_over_are_forgotten(as_alice: Client, as_bob: Client) -> None:
    ends = {client: client.session.get_expiry_date() for client in (as_alice, as_bob)}
    Session.objects.filter(pk=as_bob.session.session_key).update(expire_date=ends[as_alice] - timedelta(hours=1))
    assert logins.forget_expired_sessions(now=ends[as_alice] - timedelta(minutes=1)) == 1
    assert [session.pk for session in Session.objects.all()] == [as_alice.session.session_key]
    assert as_alice.get("/").status_code == 200
