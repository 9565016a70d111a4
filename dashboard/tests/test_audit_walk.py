"""What docs/audit.md and docs/people.md promise of every address, tried at every address."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from dashboard.tests.test_every_route import API, CLI, PAGES, Route, bearer, by_name
from events.models import AuditEntry, DeadLetter, Project
from events.tests.cast import KeptCast

OF_TOKENS = [*API, *CLI]
MARK = "grapefruit-5513"
WORDS = dict.fromkeys(("query", "q", "text", "body", "name", "label", "comment", "filter", "url", "route"), MARK)


@pytest.fixture(scope="module")
def kept_cast(walked_cast: KeptCast) -> KeptCast:
    return walked_cast


@pytest.mark.parametrize("route", OF_TOKENS, ids=by_name)
def test_each_call_of_a_token_leaves_one_entry(
    route: Route, here: dict[str, Any], alice: Any, charlie: Any, now: datetime
) -> None:
    for person in (alice, charlie):
        headers = bearer(person, now)
        token = person.api_tokens.latest("pk")
        client = Client()
        for method in ("get", "post", "put", "patch", "delete"):
            before = AuditEntry.objects.count()
            getattr(client, method)(route.url(here), headers=headers)
            assert AuditEntry.objects.count() == before + 1, method
            last = AuditEntry.objects.order_by("-pk")[0]
            assert (last.actor, last.via) == (person.username, f"token:{token.pk}")


@pytest.mark.parametrize("route", [route for route in PAGES if "slug" in route.parameters], ids=by_name)
def test_what_a_stranger_tries_is_on_record_as_denied(route: Route, here: dict[str, Any], as_charlie: Client) -> None:
    response = as_charlie.get(route.url(here))
    if response.status_code == 405:
        response = as_charlie.post(route.url(here))
    assert response.status_code == 404
    last = AuditEntry.objects.order_by("-pk")[0]
    assert (last.action, last.detail["action"]) == ("access.denied", route.callback.audited_action)


@pytest.mark.parametrize("route", PAGES, ids=by_name)
def test_no_entry_holds_what_was_asked_for_or_typed(route: Route, here: dict[str, Any], as_alice: Client) -> None:
    as_alice.get(route.url(here), WORDS)
    as_alice.post(route.url(here), WORDS)
    as_alice.post(f"{route.url(here)}?query={MARK}", json.dumps(WORDS), content_type="application/json")
    assert MARK not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
@pytest.mark.parametrize("needed", ["viewer", "editor", "owner"])
def test_a_role_opens_its_pages_and_those_of_the_roles_below(
    project: Project, here: dict[str, Any], role: str, needed: str
) -> None:
    person = get_user_model().objects.create_user("robin")
    project.memberships.create(user=person, role=role)
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    ranks = ["viewer", "editor", "owner"]
    pages = [route for route in PAGES if route.callback.needed_role == needed]
    assert pages
    for route in pages:
        status = client.get(route.url(here)).status_code
        if ranks.index(role) < ranks.index(needed):
            assert status in (403, 405), route.name
        else:
            assert status != 403, route.name


def test_commands_that_put_back_or_encrypt_leave_an_entry(project: Project, now: datetime) -> None:
    letter = DeadLetter.objects.create(
        project=project, kind="error", item_id=uuid.uuid4(), received_at=now, payload=b"{}", attempts=5, error="x",
        created_at=now,
    )  # fmt: skip
    call_command("replay_dead_letters", verbosity=0)
    call_command("rotate_secrets", verbosity=0)
    replayed, rotated = AuditEntry.objects.filter(via="command").order_by("pk")
    assert (replayed.action, replayed.actor, replayed.via) == ("dead_letter.replay", "command", "command")
    assert replayed.detail == {"dead_letters": [letter.pk], "count": 1}
    assert (rotated.action, rotated.actor, rotated.via) == ("secrets.rotate", "command", "command")
