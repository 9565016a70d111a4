"""The page of calls: each with the reader's own project, and what the chosen token may do."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from dashboard.pages.calls import described
from dashboard.tests.test_every_route import API
from events.accounts import tokens
from events.models import Project

PAGE = "/p/web/api/"


def test_every_address_of_the_api_is_on_it(as_bob: Client, project: Project) -> None:
    html = as_bob.get(PAGE).content.decode()
    assert "/api/v1/projects/web/issues/&lt;issue_id&gt;/" in html
    assert "Authorization: Bearer $OBS_TOKEN" in html
    shown = {call.path.count("/") for _, calls in described.calls() for call in calls}
    assert shown
    described_ = {call.at("web") for _, calls in described.calls() for call in calls}
    assert len(described_) >= len([route for route in API if route.name not in ("api-schema", "api-nothing")]) - 1


def test_it_says_what_the_token_lacks(as_alice: Client, alice: Any, project: Project) -> None:
    assert "You have no token that works here yet" in as_alice.get(PAGE).content.decode()
    now = timezone.now()
    reading, secret = tokens.create(alice, name="reads", scopes=["read"], now=now)
    changing, _ = tokens.create(alice, name="changes", scopes=["read", "admin"], now=now)
    tokens.create(alice, name="over", scopes=["read"], expires_at=now - timedelta(days=1), now=now - timedelta(days=2))
    html = as_alice.get(PAGE, {"mine": reading.pk}).content.decode()
    assert 'badge warn">needs the scope admin' in html
    assert reading.lookup in html
    assert secret not in html
    assert "over" not in [one.name for one in as_alice.get(PAGE).context["mine"]]
    assert 'badge warn">needs the scope' not in as_alice.get(PAGE, {"mine": changing.pk}).content.decode()


def test_another_s_token_is_never_named(as_bob: Client, alice: Any, project: Project) -> None:
    token, _ = tokens.create(alice, name="hers", scopes=["read"], now=timezone.now())
    assert token.lookup not in as_bob.get(PAGE, {"mine": token.pk}).content.decode()


def test_scopes_are_those_that_the_views_want() -> None:
    wanted = {(call.method, call.path): call.scope for _, calls in described.calls() for call in calls}
    assert wanted["GET", "/api/v1/projects/{slug}/issues/"] == "read"
    assert wanted["PATCH", "/api/v1/projects/{slug}/issues/{issue_id}/"] == "admin"
    assert wanted["POST", "/api/v1/projects/{slug}/rules/preview/"] == "read"
    assert wanted["POST", "/api/v1/timings/"] == ""


def test_a_filter_finds_calls_and_nonsense_none(as_bob: Client, project: Project) -> None:
    html = as_bob.get(PAGE, {"q": "patch issues"}).content.decode()
    assert "No call fits" in html or "PATCH" in html
    assert "PATCH" in as_bob.get(PAGE, {"q": "PATCH"}).content.decode()
    for nonsense in ("<script>alert(1)</script>", "\x00", "[" * 90):
        answer = as_bob.get(PAGE, {"q": nonsense, "mine": nonsense})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
