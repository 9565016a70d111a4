"""The admin: who enters, what it shows at which cost, and that it leaves nothing unaudited."""

import uuid
from datetime import datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.accounts import audit, tokens
from events.consent import ledger
from events.ingest import payloads
from events.models import ApiToken, AuditEntry, DeadLetter, InboxItem, IngestKey, Membership, Project

NOT_HERE = {"segment", "retiredsegment", "inboxitem", "seen", "issue", "issuegroup", "occurrence", "grouphour"}


@pytest.fixture
def root(db: None) -> Client:
    user = get_user_model().objects.create_superuser("root", "", "root-password-1")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def letter(project: Project, now: datetime) -> DeadLetter:
    payload = payloads.pack({"message": "<script>alert(1)</script>"})
    return DeadLetter.objects.create(
        project=project, kind="error", item_id=uuid.uuid4(), received_at=now, attempts=5, error="x", payload=payload
    )


def fill(count: int, now: datetime) -> None:
    for n in range(count):
        mark = uuid.uuid4().hex
        project = Project.objects.create(slug=f"p-{mark}", name=f"P {n}")
        user = get_user_model().objects.create_user(f"u-{mark}")
        IngestKey.objects.create(project=project)
        Membership.objects.create(project=project, user=user)
        tokens.create(user, name="t", scopes=["read"], project=project, now=now)
        letter(project, now)
        ledger.record(project.pk, n, state="given", source="page", now=now)


def events_changelists() -> list[str]:
    metas = [model._meta for model in admin.site._registry if model._meta.app_label in ("events", "auth")]
    return [f"admin:{meta.app_label}_{meta.model_name}_changelist" for meta in metas]


def test_no_changelist_makes_a_query_per_row(root: Client, now: datetime) -> None:
    names = events_changelists()
    assert len(names) == 9
    root.get(reverse("admin:index"))
    counts: dict[str, list[int]] = {name: [] for name in names}
    for more in (3, 47):
        fill(more, now)
        for name in names:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert root.get(reverse(name)).status_code == 200
            counts[name].append(len(queries))
    assert {name: count for name, count in counts.items() if count[0] != count[1] or count[0] > 20} == {}


def test_facts_issues_and_the_inbox_are_not_in_it() -> None:
    assert {model._meta.model_name for model in admin.site._registry}.isdisjoint(NOT_HERE)


def test_visitors_are_sent_to_the_one_login_page(db: None) -> None:
    response = Client().get("/admin/events/project/", follow=True)
    assert response.redirect_chain[-1] == ("/login/?next=/admin/events/project/", 302)


def test_people_who_are_no_staff_find_nothing(project: Project, bob: Any, as_bob: Client) -> None:
    bob.is_staff = False
    bob.save()
    assert as_bob.get("/admin/", follow=True).status_code == 404


def test_staff_without_permissions_see_no_table(as_alice: Client) -> None:
    assert as_alice.get("/admin/").status_code == 200
    for name in events_changelists():
        assert as_alice.get(reverse(name)).status_code == 403


def test_every_request_leaves_one_entry(root: Client, project: Project, now: datetime) -> None:
    dead = letter(project, now)
    for where in (
        reverse("admin:index"),
        *(reverse(name) for name in events_changelists()),
        reverse("admin:events_project_change", args=[project.pk]),
        reverse("admin:events_deadletter_change", args=[dead.pk]),
        reverse("admin:events_project_history", args=[project.pk]),
        reverse("admin:events_ingestkey_delete", args=[1]),
    ):
        before = AuditEntry.objects.count()
        root.get(where)
        assert AuditEntry.objects.count() == before + 1, where
    assert audit.verify().is_whole


def change(root: Client, where: str, data: dict[str, Any]) -> AuditEntry:
    before = AuditEntry.objects.count()
    response = root.post(where, data)
    errors = response.context and response.context.get("errors")
    assert response.status_code == 302, errors
    assert AuditEntry.objects.count() == before + 1
    entry = AuditEntry.objects.first()
    assert entry is not None
    return entry


def test_a_project_made_here_is_usable_and_audited_once(root: Client) -> None:
    data = {"slug": "shop", "name": "Shop", "allow_list": "[]", "allowed_origins": "[]", "disabled_categories": "[]"}
    data |= {"retention_days": "{}", "browser": "{}", "analytics": "anonymous", "small_groups": "10"}
    data |= dict.fromkeys(("local_variables", "request_bodies", "query_strings"), "names")
    assert change(root, reverse("admin:events_project_add"), data).action == "project.create"
    project = Project.objects.get(slug="shop")
    assert (project.keys.count(), project.memberships.get().role) == (1, "owner")
    entry = change(root, reverse("admin:events_project_change", args=[project.pk]), {**data, "name": "New"})
    assert (entry.action, entry.project_id) == ("project.change", project.pk)
    assert "Name" in entry.detail["fields"]


def test_memberships_go_through_their_functions(root: Client, project: Project, alice: Any, charlie: Any) -> None:
    where = reverse("admin:events_membership_add")
    assert change(root, where, {"project": project.pk, "user": charlie.pk, "role": "viewer"}).action == "member.add"
    own = project.memberships.get(user=alice)
    response = root.post(reverse("admin:events_membership_change", args=[own.pk]), {"role": "viewer"})
    assert "at least one owner" in response.content.decode()


def test_a_token_is_shown_once(root: Client, alice: Any, now: datetime) -> None:
    where = reverse("admin:events_apitoken_add")
    response = root.post(where, {"user": alice.pk, "name": "ci", "scopes": ["read", "releases"]})
    token = ApiToken.objects.get()
    shown = response.context["secret"]
    assert tokens.find(shown, now=now) == token
    assert shown in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert AuditEntry.objects.get(action="token.create").actor == "root"
    for name in ("changelist", "change"):
        arguments = [token.pk] if name == "change" else []
        page = root.get(reverse(f"admin:events_apitoken_{name}", args=arguments))
        assert shown not in page.content.decode()
        assert shown.rpartition("_")[2][8:] not in page.content.decode()


def test_keys_are_rotated_and_disabled(root: Client, key: IngestKey) -> None:
    where = reverse("admin:events_ingestkey_changelist")
    assert change(root, where, {"action": "rotate", "_selected_action": [key.pk]}).action == "key.rotate"
    assert change(root, where, {"action": "disable", "_selected_action": [key.pk]}).action == "key.change"
    key.refresh_from_db()
    assert (key.is_active, IngestKey.objects.count()) == (False, 2)


def test_dead_letters_are_read_and_replayed(root: Client, project: Project, now: datetime) -> None:
    dead = letter(project, now)
    page = root.get(reverse("admin:events_deadletter_change", args=[dead.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    entry = change(
        root, reverse("admin:events_deadletter_changelist"), {"action": "replay", "_selected_action": [dead.pk]}
    )
    assert (entry.action, entry.detail) == ("dead_letter.replay", {"dead_letters": [dead.pk], "count": 1})
    assert InboxItem.objects.get().item_id == dead.item_id
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize("model", ["auditentry", "deadletter"])
def test_records_cannot_be_changed_here(root: Client, project: Project, now: datetime, model: str) -> None:
    letter(project, now)
    root.get("/admin/")
    row = {"auditentry": AuditEntry, "deadletter": DeadLetter}[model].objects.first()
    assert root.get(reverse(f"admin:events_{model}_add")).status_code == 403
    assert root.post(reverse(f"admin:events_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert root.post(reverse(f"admin:events_{model}_change", args=[row.pk]), {"actor": "x"}).status_code == 403


def test_deactivating_a_person_revokes_their_tokens(root: Client, alice: Any, now: datetime) -> None:
    token, _ = tokens.create(alice, name="ci", scopes=["read"], now=now)
    where = reverse("admin:auth_user_change", args=[alice.pk])
    root.post(where, {"username": "alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"})
    token.refresh_from_db()
    alice.refresh_from_db()
    assert (alice.is_active, token.revoked_at is not None) == (False, True)


def test_it_is_dressed(root: Client) -> None:
    page = root.get("/admin/").content.decode()
    assert "dashboard/admin.css" in page
    assert "FormaOS Obs admin" in page


def denials() -> list[tuple[str, str, dict[str, Any]]]:
    rows = AuditEntry.objects.filter(action="access.denied").order_by("id")
    return [(entry.actor, entry.via, entry.detail) for entry in rows]


def test_a_refused_request_leaves_an_entry_whoever_refuses_it(
    project: Project, bob: Any, as_bob: Client, charlie: Any, as_charlie: Client
) -> None:
    """No staff; staff without the permission; a row that is not theirs; no such page; no token of the form."""
    bob.is_staff = False
    bob.save()
    as_bob.get("/admin/events/project/")
    as_charlie.get("/admin/events/project/")
    charlie.user_permissions.add(Permission.objects.get(codename="view_project"))
    as_charlie.get(f"/admin/events/project/{project.pk}/change/")
    as_charlie.get(f"/admin/events/project/{project.pk}/history/")
    as_charlie.get("/admin/no/such/page/")
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    assert forger.post("/admin/events/project/add/", {"slug": "x"}).status_code == 403
    assert denials() == [
        ("bob", "admin", {"page": "admin:events_project_changelist", "status": 404}),
        ("charlie", "admin", {"page": "admin:events_project_changelist", "status": 403}),
        ("charlie", "admin", {"page": "events_project", "status": 404}),
        ("charlie", "admin", {"page": "events_project", "status": 404}),
        ("charlie", "admin", {"page": "admin:django.contrib.admin.sites.catch_all_view", "status": 404}),
        ("charlie", "admin", {"page": "admin:events_project_add", "status": 403, "reason": "csrf"}),
    ]


def test_staff_sent_to_their_second_factor_leave_an_entry(as_charlie: Client, settings: Any) -> None:
    settings.OBS_REQUIRE_TOTP = True
    assert as_charlie.get("/admin/").status_code == 302
    assert denials() == [("charlie", "admin", {"page": "admin:index", "status": 302, "reason": "second factor"})]


def test_a_visitor_who_is_refused_leaves_none(db: None) -> None:
    Client().get("/admin/events/project/")
    Client(enforce_csrf_checks=True).post("/admin/events/project/add/")
    assert denials() == []


@pytest.mark.parametrize("usable", ["true", "false"])
def test_a_password_set_for_somebody_ends_their_tokens(
    root: Client, bob: Any, alice: Any, now: datetime, usable: str
) -> None:
    theirs, others = (tokens.create(user, name="t", scopes=["read"], now=now)[1] for user in (bob, alice))
    address = reverse("admin:auth_user_password_change", args=[bob.pk])
    short = {"password1": "short", "password2": "short", "usable_password": "true"}
    assert root.post(address, short).status_code == 200
    assert tokens.find(theirs, now=now)
    given = {"password1": "a-long-new-passphrase", "password2": "a-long-new-passphrase", "usable_password": usable}
    button = {"set-password": "1"} if usable == "true" else {"unset-password": "1"}
    assert root.post(address, given | button).status_code == 302
    assert tokens.find(theirs, now=now) is None
    assert tokens.find(others, now=now)
    assert AuditEntry.objects.filter(action="token.revoke", actor="root").count() == 1
