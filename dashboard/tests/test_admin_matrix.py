"""Staff who are no superuser: every address of the admin, with every permission, by role in the project.

An attack is a request that would change or show something that is another project's, or that makes somebody more than
they are; that each of them is one, a superuser proves.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from alerts.delivery import deliver, notify
from alerts.models import (
    Alert,
    AlertTransition,
    Channel,
    DeliveryAttempt,
    ForeignSource,
    Incident,
    Inhibition,
    Maintenance,
    Monitor,
    Notice,
    Notification,
    Objective,
    Probe,
    Route,
    Rule,
    Silence,
    StatusNotice,
    StatusPage,
    StatusSubscriber,
)
from alerts.tests import make as make_alerts
from analytics.models import Action, Audience, Experiment, Flag, FlagVersion, Goal
from analytics.tests.actions import make as make_actions
from analytics.tests.experiments import make as make_experiments
from analytics.tests.flags import make as make_flags
from analytics.tests.goals import make as make_goals
from dashboard.models import Board
from dashboard.pages.boards import arranging
from events.accounts import audit, projects, tokens
from events.consent import ledger
from events.ingest import payloads
from events.models import ApiToken, AuditEntry, ConsentRecord, DeadLetter, Dimension, IngestKey, Membership, Project
from events.tests.cast import NOW
from formaos_obs.tests.shared import Kept, kept

User = get_user_model()
BACKEND = "django.contrib.auth.backends.ModelBackend"
WAYS: dict[type[Model], str] = {
    Project: "pk", IngestKey: "project", Membership: "project", ApiToken: "project", DeadLetter: "project",
    Dimension: "project", AuditEntry: "project_id", Channel: "project", Notification: "channel__project",
    DeliveryAttempt: "notification__channel__project", Monitor: "project", Rule: "project", Alert: "rule__project",
    AlertTransition: "alert__rule__project", Silence: "project", Objective: "project", Route: "project",
    Inhibition: "project", Maintenance: "project", ForeignSource: "project", Notice: "project", Probe: "project",
    Incident: "project", StatusPage: "project", StatusNotice: "page__project", StatusSubscriber: "page__project",
    Flag: "project", FlagVersion: "flag__project", Audience: "project", Experiment: "project",
    ConsentRecord: "project", Goal: "project", Action: "project", Board: "project",
}  # fmt: skip
"""Every table in the admin that belongs to a project, and how."""

SHOWN = [model for model in admin.site._registry if model is not User]
FORM = {"min_level": "debug", "kind": "email", "scopes": ["read"], "role": "owner", "label": "taken", "name": "taken"}
FORM |= dict.fromkeys(("allow_list", "allowed_origins", "disabled_categories"), "[]")
FORM |= dict.fromkeys(("local_variables", "request_bodies", "query_strings"), "names")
FORM |= {"retention_days": "{}", "browser": "{}", "analytics": "off", "small_groups": "10"}


@dataclass(frozen=True)
class World:
    """Two projects with everything in them, each with a word that stands in all that is its own."""

    here: Project
    elsewhere: Project
    root: Any
    addresses: list[tuple[type[Model] | None, str]] = field(default_factory=list)

    def rows(self, model: type[Model], project: Project) -> QuerySet[Any]:
        return model._default_manager.filter(**{WAYS[model]: project.pk}).order_by("pk")


def furnish(project: Project, word: str, now: datetime) -> None:
    owner = User.objects.create_user(f"{word}-person")
    projects.set_role(project, owner, "owner", actor="setup", now=now)
    IngestKey.objects.create(project=project, label=f"{word}-key")
    tokens.create(owner, name=f"{word}-token", scopes=["read"], project=project, now=now)
    payload = payloads.pack({"message": word})
    sent = {"kind": "error", "item_id": uuid.uuid4(), "received_at": now, "attempts": 5, "payload": payload}
    DeadLetter.objects.create(project=project, error=f"{word}-fault", **sent)
    Dimension.objects.create(project=project, name=f"{word}-dimension")
    make_alerts.channel(project, kind="email", name=f"{word}-channel")
    make_alerts.monitor(project, name=f"{word}-monitor")
    make_alerts.objective(project, name=f"{word}-objective")
    make_alerts.firing(project, now=timezone.now())  # a silence of yesterday has nothing to end
    make_alerts.routed(project, word=word)
    make_alerts.incident(project, title=f"{word}-incident")
    make_alerts.status_page(project, word=word)
    make_alerts.probe(project, name=f"{word}-probe")
    make_alerts.transitions(project, 1)
    make_flags.stored(project, f"{word}-flag", description=word, now=now)
    tried = make_experiments.flag(project, f"{word}-tried", now=now)
    make_experiments.draft(project, now=now, of=tried, name=f"{word}-experiment")
    make_flags.audience(project, name=f"{word}-audience", now=now)
    make_goals.goal(project, name=f"{word}-goal", now=now)
    make_actions.action(project, name=f"{word}-action", now=now)
    arranging.create(project, name=f"{word}-board", actor=owner, now=now)
    ledger.record(project.pk, 7, state="given", version=f"{word}-text", source="page", now=now)
    audit.record("project.view", actor=owner, project=project, detail={"of": f"{word}-entry"}, now=now)


def two_projects(now: datetime) -> World:
    root = User.objects.create_superuser("vxroot", "", "root-password-1")
    made = [
        projects.create(f"{word}-project", word, owner=None, actor="setup", now=now) for word in ("qwhere", "zkfar")
    ]
    for project, word in zip(made, ("qwhere", "zkfar"), strict=True):
        furnish(project, word, now)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    tokens.create(root, name="vxroot-token", scopes=["read"], now=now)
    world = World(made[0], made[1], root)
    world.addresses.extend(addresses(world, world.elsewhere))
    return world


@pytest.fixture(scope="module")
def kept_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    with kept(
        django_db_blocker, tmp_path_factory.mktemp("matrix"), transaction.atomic(lambda: two_projects(NOW))
    ) as made:
        yield made


@pytest.fixture
def segment_root(kept_world: Kept) -> Path:
    return kept_world.segments


@pytest.fixture
def world(db: None, kept_world: Kept) -> World:
    """Made once; what a test does to it is rolled back."""
    return kept_world.made


def client_of(user: Any) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user, backend=BACKEND)
    return client


def staff(name: str, world: World, role: str, codenames: list[str], now: datetime) -> Any:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    if role:
        projects.set_role(world.here, user, role, actor="setup", now=now)
    return user


def addresses(world: World, project: Project) -> Iterator[tuple[type[Model] | None, str]]:
    """Every address of the admin, with the table it is of, if it is of one: those of no object, and those of each kind
    of object, of `project` and of people."""
    for app in ("", "events/", "auth/", "alerts/", "analytics/", "dashboard/", "password_change/"):
        yield None, f"/admin/{app}"
    token = ApiToken.objects.get(name="vxroot-token")
    for model in (*SHOWN, User):
        yield from ((model, f"{_base(model)}{step}") for step in ("", "add/"))
        rows = [world.root] if model is User else [world.rows(model, project).first()]
        for row in [*rows, *([token] if model is ApiToken else [])]:
            yield from ((model, f"{_base(model)}{row.pk}/{step}/") for step in ("change", "delete", "history"))
    yield User, f"{_base(User)}{world.root.pk}/password/"
    boxes = [("ingestkey", "project"), ("membership", "user"), ("membership", "project"), ("apitoken", "user")]
    for table, name in [*boxes, ("issue", "project")]:
        yield None, f"/admin/autocomplete/?app_label=events&model_name={table}&field_name={name}"


def attacks(
    world: World, person: Any, project: Project, *, only: type[Model] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Forms that each do harm to `project`, or make `person` somebody else, where nothing stands in the way; with
    `only`, those on one table."""
    parts = (_additions(world, person, project), _on_rows(world, project, only), _on_people(world, person))
    for url, form in chain.from_iterable(parts):
        if only is None or url.startswith(_base(only)):
            yield url, form


def _additions(world: World, person: Any, project: Project) -> Iterator[tuple[str, dict[str, Any]]]:
    for user in (world.root, person):
        named = {"project": project.pk, "user": user.pk, "expires_at_0": "", "expires_at_1": ""}
        yield from ((f"{_base(model)}add/", {**FORM, **named}) for model in (IngestKey, Membership, ApiToken))
    yield f"{_base(ApiToken)}add/", {**FORM, "user": world.root.pk}
    yield f"{_base(Channel)}add/", {**FORM, "project": project.pk, "addresses": "evil@example.org"}


def _on_people(world: World, person: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    passwords = {"password1": "a-long-new-passphrase", "password2": "a-long-new-passphrase"}
    yield f"{_base(User)}{world.root.pk}/password/", passwords
    yield f"{_base(User)}add/", {"username": "made", "usable_password": "true", **passwords}
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on", "is_staff": "on"}
    for user in (person, world.root):
        form = {"username": user.username, "is_superuser": "on", "first_name": "taken", **joined}
        yield f"{_base(User)}{user.pk}/change/", form
    yield _base(User), {"action": "delete_selected", "_selected_action": [world.root.pk], "post": "yes"}
    yield f"{_base(User)}{world.root.pk}/delete/", {"post": "yes"}


def _on_rows(world: World, project: Project, only: type[Model] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    for model in WAYS if only is None else WAYS.keys() & {only}:
        ids = [row.pk for row in world.rows(model, project)]
        for pk in ids[:1]:
            form = {**FORM, "slug": f"{project.slug}-taken", "addresses": "evil@example.org", "is_active": ""}
            yield f"{_base(model)}{pk}/change/", form
            yield f"{_base(model)}{pk}/delete/", {"post": "yes"}
        for action in (*dict(admin.site.actions), *admin.site._registry[model].actions):
            yield _base(model), {"action": action, "_selected_action": ids, "post": "yes"}


@cache
def _base(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def state(world: World, project: Project, person: Any) -> dict[str, str]:
    """A digest, for each table, of all that nobody but a superuser, or an owner of `project`, may change."""
    rows = {model.__name__: world.rows(model, project) for model in WAYS if model not in (AuditEntry, ApiToken)}
    strange = Project.objects.exclude(memberships__user=person)
    rows |= {
        "ApiToken": ApiToken.objects.exclude(user=person).order_by("pk"),
        "User": User.objects.order_by("pk"),
        "permissions": User.user_permissions.through.objects.order_by("pk"),
        "owned": ApiToken.objects.filter(user=person, project__in=strange).order_by("pk"),
    }
    asked = {name: found.query.sql_with_params() for name, found in rows.items()}
    digests = [f"(SELECT md5(string_agg(to_jsonb(r)::text, ' ')) FROM ({sql}) r)" for sql, _ in asked.values()]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(digests)}", [one for _, parameters in asked.values() for one in parameters])
        return dict(zip(rows, cursor.fetchone(), strict=True))


VERBS = ("add", "change", "delete", "view")
GRANTS = {f"{verb}_{model._meta.model_name}": model for model in (*SHOWN, User) for verb in VERBS}


def test_every_table_of_the_admin_says_whose_its_rows_are() -> None:
    for model, shown in admin.site._registry.items():
        assert getattr(shown, "project_path", None) == WAYS.get(model, ""), model


def test_the_admin_has_no_address_that_the_matrix_does_not_know() -> None:
    found: list[Any] = [one for one in get_resolver().url_patterns if str(one.pattern) == "admin/"]
    assert {one.name for one in found[0].url_patterns if hasattr(one, "name")} == {
        "index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site",
        "app_list", None,
    }  # fmt: skip
    names = {one.name for table in admin.site._registry.values() for one in table.get_urls() if one.name}
    steps = {name.rpartition("_")[2] for name in names}
    assert steps == {"changelist", "add", "history", "delete", "change"}


def test_each_attack_is_one(world: World) -> None:
    """A superuser does with the same forms what others must not."""
    changed = set()
    mallory = User.objects.create_user("mallory")
    doer = User.objects.create_superuser("doer")
    client = client_of(doer)
    before = state(world, world.elsewhere, mallory)
    for url, form in attacks(world, mallory, world.elsewhere):
        client.post(url, form)
        after = state(world, world.elsewhere, mallory)
        changed |= {name for name, rows in after.items() if rows != before[name]}
        before = after
    assert changed >= {
        "Project", "IngestKey", "Membership", "ApiToken", "DeadLetter", "Channel", "Monitor", "Probe", "User", "owned",
        "Rule", "Silence", "Objective",
    }  # fmt: skip


def shown(answer: Any) -> bytes:
    """What the answer to a form says, and the page that it leads to: that page is opened by its address, and what it
    adds is a message."""
    messages = "\n".join(str(message) for message in answer.wsgi_request._messages._queued_messages)
    return b"".join((answer.content, answer.get("Location", "").encode(), messages.encode()))


def assert_opens(world: World, person: Any, role: str, *, only: type[Model] | None = None) -> None:
    """`person` opens every address and reads nothing that is not theirs; with `only`, those of one table."""
    client, hidden = client_of(person), _hidden(role)
    for table, url in world.addresses:
        # Whom the boxes of a form propose depends on what may be seen of people and projects.
        if only in (None, table) or ("autocomplete" in url and only in (Project, User)):
            text = client.get(url).content
            assert [word for word in hidden if word in text] == [], url


def assert_changes(world: World, person: Any, role: str, *, only: type[Model] | None = None) -> None:
    """`person` tries every attack, and nothing becomes different; with `only`, those on one table.

    To a stranger both projects are the same, so one is attacked."""
    client, hidden = client_of(person), _hidden(role)
    attacked = [world.elsewhere, world.here] if role == "viewer" else [world.elsewhere]
    before = [state(world, project, person) for project in attacked]
    for project in attacked:
        for url, form in attacks(world, person, project, only=only):
            text = shown(client.post(url, form))
            assert [word for word in hidden if word in text] == [], url
    assert [state(world, project, person) for project in attacked] == before


def _hidden(role: str) -> list[bytes]:
    return [b"zkfar", b"vxroot", *([] if role else [b"qwhere"])]


@pytest.mark.parametrize("codename", GRANTS)
def test_one_permission_opens_nothing_for_a_stranger(world: World, codename: str, now: datetime) -> None:
    mallory = staff("mallory", world, "", [codename], now)
    assert_opens(world, mallory, "", only=GRANTS[codename])
    assert_changes(world, mallory, "", only=GRANTS[codename])


# What view and change alone give a stranger, the test before tries for each table.
REACHES = [
    (verb, role) for role in ("", "viewer", "owner") for verb in ("view", "change", "all") if role or verb == "all"
]


def holder(world: World, role: str, verb: str, now: datetime) -> Any:
    """Somebody with every permission of that verb."""
    return staff("mallory", world, role, [name for name in GRANTS if verb in ("all", name.partition("_")[0])], now)


@pytest.mark.parametrize(("verb", "role"), REACHES)
def test_permissions_show_as_much_as_the_role(world: World, verb: str, role: str, now: datetime) -> None:
    assert_opens(world, holder(world, role, verb, now), role)


@pytest.mark.parametrize(("verb", "role"), REACHES)
def test_permissions_change_as_much_as_the_role(world: World, verb: str, role: str, now: datetime) -> None:
    assert_changes(world, holder(world, role, verb, now), role)


def test_an_owner_with_the_permissions_administers_their_project(world: World, now: datetime) -> None:
    client = client_of(staff("olive", world, "owner", list(GRANTS), now))
    for model in WAYS:
        page = client.get(_base(model))
        assert (page.status_code, page.context["cl"].result_count > 0) == (200, model is not ApiToken), model
    key = world.rows(IngestKey, world.here)[0]
    client.post(_base(IngestKey), {"action": "disable", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert not key.is_active
    known = User.objects.get(username="qwhere-person")
    membership = world.here.memberships.get(user=known)
    client.post(f"{_base(Membership)}{membership.pk}/change/", {"role": "viewer"})
    assert world.here.memberships.get(user=known).role == "viewer"


def test_a_filter_answers_no_question_about_a_hidden_column(world: World, now: datetime) -> None:
    client = client_of(staff("mallory", world, "viewer", list(GRANTS), now))
    assert client.get(_base(Project), {"slug__startswith": "q"}).status_code == 200
    for column in ("pepper__startswith", "allow_list__contains", "memberships__user__password__startswith"):
        assert client.get(_base(Project), {column: "x"}).status_code == 400, column
