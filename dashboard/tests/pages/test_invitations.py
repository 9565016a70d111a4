"""Invitations: made by owners, used once, kept out of what is stored and logged."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from events.accounts import access, invitations, projects
from events.models import AuditEntry, Invitation, Membership, Project

SETTINGS = "/p/web/settings/"
LINK = re.compile(r"http://[^\s<]+(/join/[A-Za-z0-9_-]{43}/)")
NEW = {"username": "nora", "password": "correct-horse-battery"}


def invited(client: Client, role: str = "editor", email: str = "") -> str:
    answer = client.post(f"{SETTINGS}invite/", {"role": role, "email": email})
    found = LINK.search(answer.content.decode())
    return found[1] if found else ""


def test_somebody_new_joins_once(as_alice: Client, project: Project) -> None:
    path = invited(as_alice)
    visitor = Client()
    page = visitor.get(path)
    assert "Join Web" in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "private, no-store"
    for wrong in ({**NEW, "password": "short"}, {**NEW, "username": "alice"}, {**NEW, "username": "a\x00b"}, {}):
        assert visitor.post(path, wrong).status_code == 422
    assert not get_user_model().objects.filter(username="nora").exists()
    assert visitor.post(path, NEW)["Location"] == "/p/web/"
    assert visitor.get("/p/web/issues/").status_code == 200
    assert Membership.objects.get(user__username="nora").role == "editor"
    assert Client().get(path).status_code == 404
    assert Client().post(path, {**NEW, "username": "second"}).status_code == 404
    actions = list(AuditEntry.objects.filter(action__startswith="invitation.").values_list("action", "actor"))
    assert actions == [("invitation.accept", "nora"), ("invitation.create", "alice")]


def test_who_has_an_account_joins_as_who_they_are(as_alice: Client, as_charlie: Client, charlie: Any) -> None:
    path = invited(as_alice, role="viewer")
    assert "Join as charlie" in as_charlie.get(path).content.decode()
    as_charlie.post(path)
    assert access.role_of(charlie, Project.objects.get(slug="web")) == "viewer"


def test_a_member_is_not_made_less_and_the_link_stays(as_alice: Client, alice: Any, project: Project) -> None:
    path = invited(as_alice, role="viewer")
    assert "already" in as_alice.post(path).content.decode()
    assert access.role_of(alice, project) == "owner"
    assert Client().get(path).status_code == 200


def test_it_goes_by_mail_and_the_page_shows_no_link(as_alice: Client, project: Project) -> None:
    assert invited(as_alice, email="nora@example.org") == ""
    [sent] = mail.outbox
    assert sent.to == ["nora@example.org"]
    assert LINK.search(str(sent.body))
    html = as_alice.get(SETTINGS).content.decode()
    assert "n…@example.org" in html
    assert "nora@example.org" not in html
    as_alice.post(f"{SETTINGS}invite/", {"role": "editor", "email": "no address"})
    assert Invitation.objects.count() == 1


def test_a_mail_that_is_not_taken_leaves_the_link(as_alice: Client, settings: Any, project: Project) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert invited(as_alice, email="nora@example.org").startswith("/join/")


def test_only_owners_invite_and_take_back(as_alice: Client, as_bob: Client, project: Project) -> None:
    assert as_bob.post(f"{SETTINGS}invite/", {"role": "owner"}).status_code == 403
    path = invited(as_alice)
    made = Invitation.objects.get()
    revoke = {"action": "invitation_revoke", "invitation": made.pk}
    assert as_bob.post(f"{SETTINGS}change/", revoke).status_code == 403
    as_alice.post(f"{SETTINGS}change/", revoke)
    assert Client().get(path).status_code == 404
    assert "Invite" in as_alice.get(SETTINGS).content.decode()


def test_nothing_stored_opens_it(as_alice: Client, project: Project) -> None:
    token = invited(as_alice).split("/")[2]
    with connection.cursor() as cursor:
        for table in ("events_invitation", "events_auditentry"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert token not in cursor.fetchone()[0]


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 500, "%00" * 43, "ä" * 43])
def test_a_guess_is_not_found(db: None, token: str) -> None:
    assert Client().get(f"/join/{token}/").status_code == 404


def test_it_ends_after_a_week_and_with_its_maker(alice: Any, project: Project) -> None:
    now = timezone.now()
    _, token = invitations.create(project, "viewer", actor=alice, now=now)
    assert invitations.find(token, now=now + invitations.LASTS - timedelta(seconds=1))
    assert invitations.find(token, now=now + invitations.LASTS) is None
    other = get_user_model().objects.create_user("olaf")
    projects.set_role(project, other, "owner", actor="test", now=now)
    projects.set_role(project, alice, "editor", actor="test", now=now)
    assert invitations.find(token, now=now) is None


def test_open_ones_are_bounded(alice: Any, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 1)
    invitations.create(project, "viewer", actor=alice, now=timezone.now())
    with pytest.raises(ValidationError, match="are open"):
        invitations.create(project, "viewer", actor=alice, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_one_joins() -> None:
    now = timezone.now()
    owner = get_user_model().objects.create_user("owner")
    project = projects.create("raced", "Raced", owner=owner, now=now)
    made, _ = invitations.create(project, "viewer", actor=owner, now=now)
    people = [get_user_model().objects.create_user(f"p{n}") for n in range(6)]
    start, told = threading.Barrier(len(people)), list[str]()

    def join(user: Any) -> None:
        start.wait()
        try:
            invitations.accept(made, user, now=now)
            told.append("joined")
        except ValidationError as error:
            told.extend(error.messages)
        finally:
            connection.close()

    threads = [threading.Thread(target=join, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted(["joined", *[invitations.USED] * 5])
    assert Membership.objects.filter(project=project).count() == 2
