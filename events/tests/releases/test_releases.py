"""Releases, their commits and deploys, through the calls of sentry-cli and the deploy hook."""

import json
from datetime import datetime, timedelta
from typing import Any

import hypothesis
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from events.accounts import tokens
from events.models import AuditEntry, Commit, Deploy, Environment, Project, Release
from events.releases import lifecycle

V = "shop@1.2.0"
COMMIT = {
    "id": "a" * 40, "author_name": "Ada <ada@example.com>", "author_email": "ada@example.com", "message": "Count right",
    "timestamp": "2026-11-23T10:00:00Z", "repository": "shop", "patch_set": [{"path": "src/a.py", "type": "M"}],
}  # fmt: skip


class Api:
    """A client that sends one token."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.generic(method, path, json.dumps(body) if body is not None else "", "application/json")


@pytest.fixture
def api(alice: Any, now: datetime) -> Api:
    return Api(tokens.create(alice, name="ci", scopes=["releases"], now=now)[1])


def test_a_release_is_created_once(api: Api, project: Project) -> None:
    body = {"version": V, "projects": ["web"], "dateStarted": "2026-11-23T10:00:00Z"}
    first = api("POST", "/api/0/organizations/any/releases/", body)
    again = api("POST", "/api/0/organizations/any/releases/", body)
    assert (first.status_code, again.status_code) == (201, 208)
    assert first.json()["version"] == V
    assert Release.objects.get().started_at is not None
    assert AuditEntry.objects.filter(action="release.create", via__startswith="token:").count() == 1


def test_a_release_is_created_at_the_address_of_its_project(api: Api, project: Project) -> None:
    body = {"version": V, "projects": ["web"]}
    answers = [api("POST", "/api/0/projects/any/web/releases/", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 208]
    assert Release.objects.get().project == project


def test_what_is_told_later_goes_to_the_projects_that_have_the_release(
    api: Api, project: Project, alice: Any, now: datetime
) -> None:
    other = Project.objects.create(slug="other", name="Other")
    third = Project.objects.create(slug="third", name="Third")
    for one in (other, third):
        alice.memberships.create(project=one, role="owner")
    for one in (project, other):
        lifecycle.create(one, V, actor=alice, now=now)
    path = f"/api/0/organizations/o/releases/{V}/"
    told = api("PUT", path, {"commits": [COMMIT]})
    assert told.status_code == 200
    assert {one["slug"] for one in told.json()["projects"]} == {"web", "other"}
    assert api("PUT", path, {"dateReleased": "2026-11-27T09:00:00Z"}).status_code == 200
    assert [one.commits.count() for one in Release.objects.all()] == [1, 1]
    assert all(one.released_at for one in Release.objects.all())
    assert not Release.objects.filter(project=third).exists()
    assert api("PUT", "/api/0/organizations/o/releases/none@1/", {"commits": []}).status_code == 404


def test_a_viewer_of_one_project_changes_the_release_in_the_others_alone(
    project: Project, bob: Any, now: datetime
) -> None:
    other = Project.objects.create(slug="other", name="Other")
    bob.memberships.create(project=other, role="editor")
    for one in (project, other):
        lifecycle.create(one, V, actor=None, now=now)
    api = Api(tokens.create(bob, name="ci", scopes=["releases"], now=now)[1])
    path = f"/api/0/organizations/o/releases/{V}/"
    assert api("PUT", path, {"dateReleased": "2026-11-27T09:00:00Z"}).status_code == 200
    assert {one.project.slug: bool(one.released_at) for one in Release.objects.all()} == {"web": False, "other": True}
    assert api("DELETE", f"/api/0/projects/o/web/releases/{V}/").status_code == 403
    assert api("DELETE", path).status_code == 204
    assert [one.project.slug for one in Release.objects.all()] == ["web"]


def test_a_release_is_deleted_with_what_hangs_on_it(api: Api, project: Project) -> None:
    api("POST", "/api/0/organizations/o/releases/", {"version": V, "projects": ["web"], "commits": [COMMIT]})
    path = f"/api/0/projects/o/web/releases/{V}/"
    assert [one["id"] for one in api("GET", f"{path}commits/").json()] == [COMMIT["id"]]
    assert api("DELETE", path).status_code == 204
    assert not Commit.objects.exists()
    assert AuditEntry.objects.filter(action="release.delete").count() == 1
    assert api("DELETE", path).status_code == 404


def test_there_is_one_organisation_and_one_region(api: Api, project: Project) -> None:
    found = api("GET", "/api/0/organizations/any/").json()
    assert found["links"]["regionUrl"] == "http://testserver"


def test_releases_are_not_archived(api: Api, project: Project) -> None:
    api("POST", "/api/0/organizations/o/releases/", {"version": V, "projects": ["web"]})
    for status, code in (("archived", 400), ("open", 208)):
        body = {"version": V, "projects": [], "status": status}
        assert api("POST", "/api/0/organizations/o/releases/", body).status_code == code
    assert api("PUT", f"/api/0/organizations/o/releases/{V}/", {"status": "archived"}).status_code == 400
    assert api("PUT", f"/api/0/organizations/o/releases/{V}/", {"status": "open"}).status_code == 200


def test_a_project_may_be_named_by_its_number(api: Api, project: Project, charlie: Any, now: datetime) -> None:
    """docs.sentry.io, API, "Create a New Release for an Organization": SENTRY_PROJECT may hold an id or a slug."""
    body = {"version": V, "projects": [str(project.pk)]}
    assert api("POST", "/api/0/organizations/o/releases/", body).status_code == 201
    assert api("GET", f"/api/0/projects/o/{project.pk}/releases/").json()[0]["version"] == V
    assert api("GET", f"/api/0/projects/o/{project.pk}9/releases/").status_code == 404
    assert api("GET", f"/api/0/projects/o/{'9' * 40}/releases/").status_code == 404
    stranger = Api(tokens.create(charlie, name="ci", scopes=["releases"], now=now)[1])
    assert stranger("GET", f"/api/0/projects/o/{project.pk}/releases/").status_code == 404
    other = Project.objects.create(slug=str(project.pk), name="Named like a number")
    assert api("GET", f"/api/0/projects/o/{other.slug}/releases/").status_code == 404


def test_finalize_says_when_it_went_out(api: Api, project: Project) -> None:
    api("PUT", f"/api/0/organizations/o/releases/{V}/", {"projects": ["web"], "dateReleased": "2026-11-23T11:00:00Z"})
    assert Release.objects.get().released_at == datetime.fromisoformat("2026-11-23T11:00:00+00:00")
    assert AuditEntry.objects.filter(action="release.finalize").exists()


def test_commits_are_kept_without_the_addresses_of_their_authors(api: Api, project: Project) -> None:
    secret = "ghp_" + "a1B2c3D4" * 4 + "e5F6"
    commits = [COMMIT, {**COMMIT, "id": "b" * 40, "author_name": "ada@example.com", "message": f"use {secret}"}]
    for _ in range(2):
        api(
            "PUT",
            f"/api/0/organizations/o/releases/{V}/",
            {"projects": ["web"], "commits": [*commits, None, {"id": 3}]},
        )
    first, second = Commit.objects.all()
    assert (first.author, first.message, first.paths) == ("Ada", "Count right", [["M", "src/a.py"]])
    assert second.author == ""
    assert secret not in second.message
    assert "example.com" not in json.dumps(list(Commit.objects.values()), default=str)


def test_the_commits_after_the_last_release_are_asked_for(
    api: Api, project: Project, alice: Any, now: datetime
) -> None:
    for version in ("shop@1.9.0", "shop@1.10.0"):
        release, _ = lifecycle.create(project, version, actor=alice, now=now)
        lifecycle.set_commits(release, [lifecycle.Change(sha=version[-4:])], actor=alice, now=now)
    lifecycle.create(project, "shop@1.10.1", actor=alice, now=now)
    path = "/api/0/organizations/o/releases/{}/previous-with-commits/"
    assert api("GET", path.format("shop@1.10.1")).json()["lastCommit"] == {"id": "10.0"}
    assert api("GET", path.format("shop@1.9.0")).json() == {}


def test_a_deploy_belongs_to_the_release_and_makes_its_environment_known(api: Api, project: Project) -> None:
    path = f"/api/0/organizations/o/releases/{V}/deploys/"
    assert api("POST", path, {"environment": "live"}).status_code == 404
    api("POST", "/api/0/organizations/o/releases/", {"version": V, "projects": ["web"]})
    made = api("POST", path, {"environment": "live", "name": "blue", "url": "javascript:alert(1)"})
    assert made.status_code == 201
    assert Deploy.objects.get().url == ""
    assert Environment.objects.get().name == "live"
    assert [one["environment"] for one in api("GET", path).json()] == ["live"]


def test_a_script_tells_of_a_deploy_in_one_call(api: Api, project: Project) -> None:
    body = {"project": "web", "version": V, "environment": "live", "started_at": 1_795_000_000}
    made = api.client.post("/api/deploys/", json.dumps(body), content_type="application/x-www-form-urlencoded")
    assert made.status_code == 201
    assert (made.json()["project"], made.json()["version"], made.json()["environment"]) == ("web", V, "live")
    assert Release.objects.get().deploys.get().started_at is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400), ("[]", 400), ('{"project": "web"}', 400), ('{"project": "web", "version": "."}', 400),
        ('{"project": "web", "version": "a\\nb"}', 400), ('{"project": "web", "version": 3}', 400),
        ('{"project": "web", "version": "v", "environment": ""}', 400), ('{"project": "nope", "version": "v"}', 404),
        ('{"project": "web", "version": "v", "environment": "e", "finished_at": "soon"}', 400),
        ('{"project": "web", "version": "v", "environment": "e", "started_at": 1795000001, "finished_at": 1.7e9}', 400),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_reason(api: Api, project: Project, body: str, status: int) -> None:
    answer = api.client.post("/api/deploys/", body, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert not Deploy.objects.exists()


@pytest.mark.parametrize("version", ["", " ", ".", "..", " a", "a" * 201, "a\0b", "a\tb", "\ud800"])
def test_a_release_needs_a_name_that_can_be_shown(project: Project, alice: Any, now: datetime, version: str) -> None:
    with pytest.raises(ValidationError):
        lifecycle.create(project, version, actor=alice, now=now)


def test_lists_are_what_sentry_cli_reads(api: Api, project: Project) -> None:
    api("POST", "/api/0/organizations/o/releases/", {"version": "feature/x@1", "projects": ["web"]})
    assert api("GET", "/api/0/").json()["auth"]["scopes"]
    assert api("GET", "/api/0/organizations/").json()[0]["slug"] == "formaos"
    assert [one["slug"] for one in api("GET", "/api/0/organizations/o/projects/").json()] == ["web"]
    assert [one["version"] for one in api("GET", "/api/0/projects/o/web/releases/").json()] == ["feature/x@1"]
    assert api("GET", "/api/0/organizations/o/releases/feature/x@1/").json()["projects"][0]["slug"] == "web"
    assert api("GET", "/api/0/organizations/o/repos/").json() == []
    assert api("GET", "/api/0/nothing/").status_code == 404


READS = [
    "/api/0/",
    "/api/0/organizations/o/projects/",
    "/api/0/projects/o/web/releases/",
    "/api/0/organizations/o/chunk-upload/",
]


@pytest.mark.parametrize("path", READS)
def test_only_tokens_for_releases_get_in(alice: Any, project: Project, now: datetime, path: str) -> None:
    assert Client().get(path).status_code == 401
    assert Api("fobs_user_nonsense")("GET", path).status_code == 401
    refused = Api(tokens.create(alice, name="r", scopes=["read"], now=now)[1])("GET", path)
    assert (refused.status_code, refused.json()) == (403, {"detail": "This token lacks the scope releases."})
    expired = tokens.create(alice, name="r", scopes=["releases"], expires_at=now + timedelta(days=1), now=now)[0]
    assert not tokens.is_live(expired, now=now + timedelta(days=2))


def test_every_look_leaves_one_entry(api: Api, project: Project) -> None:
    before = AuditEntry.objects.count()
    for path in READS:
        api("GET", path)
    assert AuditEntry.objects.count() == before + len(READS)


def test_strangers_and_viewers_change_nothing(project: Project, bob: Any, charlie: Any, now: datetime) -> None:
    for person, status in ((bob, 403), (charlie, 404)):
        api = Api(tokens.create(person, name="ci", scopes=["releases"], now=now)[1])
        assert (
            api("POST", "/api/0/organizations/o/releases/", {"version": V, "projects": ["web"]}).status_code == status
        )
        assert (
            api("POST", "/api/deploys/", {"version": V, "project": "web", "environment": "live"}).status_code == status
        )
    assert not Release.objects.exists()


def test_a_token_for_a_project_reaches_only_that_one(alice: Any, project: Project, now: datetime) -> None:
    other = Project.objects.create(slug="other", name="Other")
    alice.memberships.create(project=other, role="owner")
    Release.objects.create(project=other, version="o@1")
    api = Api(tokens.create(alice, name="ci", scopes=["releases"], project=project, now=now)[1])
    assert api("POST", "/api/0/organizations/o/releases/", {"version": V}).status_code == 201
    assert api("POST", "/api/0/organizations/o/releases/", {"version": V, "projects": ["other"]}).status_code == 404
    assert api("GET", "/api/0/projects/o/other/releases/").status_code == 404
    assert api("GET", "/api/0/organizations/o/releases/o@1/").status_code == 404
    assert [one["slug"] for one in api("GET", "/api/0/organizations/o/projects/").json()] == ["web"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("web") | st.just(V)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
FIELDS = st.sampled_from([
    "version", "projects", "project", "dateStarted", "dateReleased", "started_at", "url", "ref", "commits", "refs",
    "environment", "name", "finished_at", "dateFinished", "checksum", "chunks", "dist",
])  # fmt: skip
WRITES = [
    ("POST", "/api/0/organizations/o/releases/"), ("PUT", f"/api/0/organizations/o/releases/{V}/"),
    ("POST", f"/api/0/organizations/o/releases/{V}/deploys/"), ("POST", "/api/deploys/"),
    ("POST", "/api/0/organizations/o/artifactbundle/assemble/"), ("POST", "/api/0/organizations/o/chunk-upload/"),
]  # fmt: skip


@given(write=st.sampled_from(WRITES), body=st.dictionaries(FIELDS, ANYTHING, max_size=6))
@hypothesis.settings(
    max_examples=150, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_no_body_is_answered_by_a_fault(
    api: Api, project: Project, monkeypatch: pytest.MonkeyPatch, write: tuple[str, str], body: dict[str, Any]
) -> None:
    monkeypatch.setattr("events.endpoints.admission.bearer.CALLS_PER_MINUTE", 10_000_000)
    assert api(*write, body | {"projects": body.get("projects", ["web"])}).status_code < 500
