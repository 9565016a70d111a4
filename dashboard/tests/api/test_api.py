"""The read API: who may call it, what it answers, what it leaves behind."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from events.accounts import tokens
from events.issues import merging
from events.models import AuditEntry, IngestKey, Issue, Project
from events.tests import make

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "api" / "openapi.json"
READS = (
    "/api/v1/projects/",
    "/api/v1/projects/web/",
    "/api/v1/projects/web/issues/",
    "/api/v1/projects/web/issues/{issue}/",
    "/api/v1/projects/web/issues/{issue}/events/",
    "/api/v1/projects/web/events/{event}/",
    "/api/v1/projects/web/releases/",
    "/api/v1/projects/web/accounting/",
)


@pytest.fixture
def things(project: Project, now: datetime) -> dict[str, Any]:
    issue = make.issue(project, events=3, users=(1, 2))
    make.release(project, "web@1.0.0")
    return {"issue": issue.pk, "event": make.occurrence(issue.groups.get()).event_id.hex}


def bearer(user: Any, *scopes: str, project: Project | None = None) -> dict[str, str]:
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    _, secret = tokens.create(user, name="test", scopes=scopes or ("read",), project=project, now=now)
    return {"Authorization": f"Bearer {secret}"}


def get(where: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
    return Client().get(where, query, headers=headers or {})


@pytest.mark.parametrize("where", READS)
def test_members_read_and_strangers_do_not(things: Any, alice: Any, bob: Any, charlie: Any, where: str) -> None:
    where = where.format(**things)
    for member in (alice, bob):
        assert get(where, bearer(member)).status_code == 200
    stranger = get(where, bearer(charlie))
    if where.endswith("/projects/"):
        assert stranger.json() == {"results": [], "next": None}
    else:
        assert (stranger.status_code, list(stranger.json())) == (404, ["detail"])


@pytest.mark.parametrize("where", [*READS, "/api/v1/schema/", "/api/v1/no/such/"])
def test_what_is_no_token_gets_401_with_a_reason(things: Any, key: IngestKey, where: str) -> None:
    where = where.format(**things)
    dsn = f"Sentry sentry_key={key.public_key}, sentry_version=7"
    refused: list[dict[str, str]] = [
        {},
        {"X-Sentry-Auth": dsn},
        {"Authorization": dsn},
        {"Authorization": f"Bearer {key.public_key}"},
        {"Authorization": f"DSN http://{key.public_key}@127.0.0.1/1"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \xff"},
        {"Authorization": "Basic YWxpY2U6YWxpY2U="},
    ]
    for headers in refused:
        response = get(where, headers)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
        assert response.json()["detail"]
    assert get(where, sentry_key=key.public_key).status_code == 401


@pytest.mark.parametrize("scope", sorted(tokens.SCOPES - {"read"}))
def test_reading_needs_the_scope_read(things: Any, alice: Any, scope: str) -> None:
    for where in READS:
        assert get(where.format(**things), bearer(alice, scope)).status_code == 403


def test_a_login_is_no_token(things: Any, as_alice: Client) -> None:
    assert as_alice.get("/api/v1/projects/").status_code == 401


def test_a_token_for_one_project_opens_no_other(project: Project, things: Any, alice: Any) -> None:
    other = Project.objects.create(slug="other", name="Other")
    other.memberships.create(user=alice, role="owner")
    headers = bearer(alice, project=project)
    assert [found["slug"] for found in get("/api/v1/projects/", headers).json()["results"]] == ["web"]
    assert get("/api/v1/projects/other/issues/", headers).status_code == 404
    assert get("/api/v1/projects/other/issues/", bearer(alice)).status_code == 200


def test_ids_of_another_project_are_not_found(project: Project, things: Any, alice: Any) -> None:
    other = Project.objects.create(slug="other", name="Other")
    foreign = make.issue(other)
    event = make.occurrence(foreign.groups.get())
    headers = bearer(alice, "read", "admin")
    for where in (f"issues/{foreign.pk}/", f"issues/{foreign.pk}/events/", f"events/{event.event_id.hex}/"):
        assert get(f"/api/v1/projects/web/{where}", headers).status_code == 404
    where = f"/api/v1/projects/web/issues/{foreign.pk}/"
    assert Client().patch(where, {"status": "resolved"}, "application/json", headers=headers).status_code == 404


@pytest.mark.parametrize("where", [*READS, "/api/v1/projects/nope/", "/api/v1/schema/", "/api/v1/no/such/"])
def test_each_call_leaves_one_entry_with_its_token(things: Any, alice: Any, where: str) -> None:
    headers = bearer(alice)
    before = AuditEntry.objects.count()
    get(where.format(**things), headers)
    assert AuditEntry.objects.count() == before + 1
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.actor, entry.via) == ("alice", f"token:{alice.api_tokens.get().pk}")


def test_denied_calls_are_on_record_as_such(things: Any, charlie: Any) -> None:
    get("/api/v1/projects/web/issues/", bearer(charlie))
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert entry.action == "access.denied"
    assert entry.detail == {"slug": "web", "action": "issue.list", "status": 404}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"query": "is:nonsense"}, "unresolved"),
        ({"query": 'level:"err'}, "quote"),
        ({"query": "x" * 2001}, "2000"),
        ({"query": "a\0b"}, "query"),
        ({"sort": "id"}, "sort"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "0"}, "cursor"),
        ({"cursor": "9" * 30}, "cursor"),
        ({"start": "yesterday"}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"stat": "-24h"}, "known are cursor"),
    ],
)
def test_wrong_parameters_are_told(project: Project, alice: Any, query: dict[str, str], words: str) -> None:
    response = get("/api/v1/projects/web/issues/", bearer(alice), **query)
    assert response.status_code == 400
    assert words in response.json()["detail"]


def test_issues_page_by_page(project: Project, alice: Any) -> None:
    made = [make.issue(project, groups=0, title=f"number {n}").pk for n in range(30)]
    make.issue(project, groups=0, status="resolved")
    headers, seen, cursor = bearer(alice), [], 1
    while cursor:
        page = get("/api/v1/projects/web/issues/", headers, query="is:unresolved", cursor=cursor).json()
        seen += [issue["id"] for issue in page["results"]]
        assert page["total"] == 30
        cursor = page["next"]
    assert sorted(seen) == made
    assert get("/api/v1/projects/web/issues/", headers, cursor=99).json()["results"] == []


def test_releases_page_by_page(project: Project, alice: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("dashboard.api.paging.PAGE", 2)
    for n in range(5):
        make.release(project, f"web@1.{n}")
    headers, seen, query = bearer(alice), [], {}
    while True:
        page = get("/api/v1/projects/web/releases/", headers, **query).json()
        seen += [release["version"] for release in page["results"]]
        if page["next"] is None:
            break
        query = {"cursor": page["next"]}
    assert seen == [f"web@1.{n}" for n in (4, 3, 2, 1, 0)]


def test_an_event_comes_as_it_is_kept(project: Project, alice: Any) -> None:
    issue = make.issue(project)
    sent = {"event_id": "a" * 32, "message": "<script>alert(1)</script>", "extra": {"n": 1.5, "deep": [[["x"]]]}}
    event = make.occurrence(issue.groups.get(), payload=sent)
    found = get(f"/api/v1/projects/web/events/{event.event_id.hex}/", bearer(alice))
    assert found.json()["event"] == sent
    assert found["Content-Type"] == "application/json"
    assert found.json()["issue_id"] == issue.pk
    for wrong in ("x", "0" * 32, "..%2f..%2fetc", "%00"):
        assert get(f"/api/v1/projects/web/events/{wrong}/", bearer(alice)).status_code == 404


def test_a_merged_issue_answers_under_its_old_number(project: Project, alice: Any, now: datetime) -> None:
    target, other = make.issue(project), make.issue(project)
    merging.merge([other], into=target, actor=alice, now=now)
    assert get(f"/api/v1/projects/web/issues/{other.pk}/", bearer(alice)).json()["id"] == target.pk


def patch(issue: Issue, user: Any, body: Any, *scopes: str) -> Any:
    where = f"/api/v1/projects/web/issues/{issue.pk}/"
    return Client().patch(where, body, "application/json", headers=bearer(user, *(scopes or ("admin",))))


def test_changing_needs_scope_and_role(project: Project, alice: Any, bob: Any, charlie: Any) -> None:
    issue = make.issue(project)
    body = {"status": "resolved"}
    assert patch(issue, alice, body, "read").status_code == 403
    assert patch(issue, bob, body).status_code == 403
    assert patch(issue, charlie, body).status_code == 404
    assert patch(issue, alice, body).json()["status"] == "resolved"
    assert AuditEntry.objects.filter(action="issue.resolve").get().via.startswith("token:")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "gone"},
        {"status": "resolved", "assigned_to": "bob"},
        {"status": "resolved", "events": 5},
        {"status": "resolved", "in_release": "no-such"},
        {"status": "ignored", "until": "2020-01-01T00:00:00Z"},
        {"status": "ignored", "window_minutes": 5},
        {"assigned_to": "charlie"},
        {"assigned_to": "nobody"},
        [],
        "text",
    ],
)
def test_nonsense_changes_are_refused(project: Project, alice: Any, charlie: Any, body: Any) -> None:
    issue = make.issue(project)
    response = patch(issue, alice, body)
    assert (response.status_code, bool(response.json()["detail"])) == (400, True)
    issue.refresh_from_db()
    assert issue.status == "unresolved"


def test_broken_json_is_400(project: Project, alice: Any) -> None:
    issue = make.issue(project)
    assert patch(issue, alice, "{").status_code == 400


def test_ignoring_and_assigning(project: Project, alice: Any, bob: Any) -> None:
    issue = make.issue(project, events=10)
    assert patch(issue, alice, {"status": "ignored", "events": 5}).json()["ignored_until_events"] == 15
    assert patch(issue, alice, {"assigned_to": "bob"}).json()["assigned_to"] == "bob"
    assert patch(issue, alice, {"assigned_to": None}).json()["assigned_to"] is None


def test_too_many_calls_wait(project: Project, alice: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("events.endpoints.admission.bearer.CALLS_PER_MINUTE", 1)
    headers = bearer(alice)
    assert get("/api/v1/projects/", headers).status_code == 200
    response = get("/api/v1/projects/", headers)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60


def test_revoking_works_at_once(project: Project, alice: Any, now: datetime) -> None:
    token, secret = tokens.create(alice, name="x", scopes=["read"], expires_at=now + timedelta(days=3650), now=now)
    headers = {"Authorization": f"Bearer {secret}"}
    assert get("/api/v1/projects/", headers).status_code == 200
    tokens.revoke(token, actor=alice, now=now)
    assert get("/api/v1/projects/", headers).status_code == 401


def test_other_methods_are_refused(things: Any, alice: Any) -> None:
    for where in READS:
        assert Client().delete(where.format(**things), headers=bearer(alice)).status_code == 405


def test_the_committed_document_is_the_one_served(db: None, alice: Any) -> None:
    served = get("/api/v1/schema/", bearer(alice)).json()
    assert served == json.loads(DOCUMENT.read_text())
    validate_schema(SchemaGenerator(patterns=[path("api/v1/", include("dashboard.api.urls"))]).get_schema(public=True))
