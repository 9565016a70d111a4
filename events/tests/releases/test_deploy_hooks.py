"""Deploy webhooks of GitHub, GitLab, Netlify and Vercel: signed as theirs, told in steps, twice and wrong."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from events.models import AuditEntry, Deploy, DeployHook, Project, Release
from events.releases import deploys, lifecycle
from events.releases.deploys import State, follows
from events.releases.hooks import SOURCES
from events.releases.hooks.contract import Notice, moment

SECRET = "a-secret-of-a-hook"
SHA = "279484c09fbe69ededfced8c1bb6e6d24616b468"
Signed = tuple[bytes, dict[str, str]]


def _github(state: str = "success", at: str = "2026-11-27T10:05:00Z", number: int = 1, **more: Any) -> Signed:
    body = {
        "action": "created",
        "deployment_status": {
            "id": 2, "state": state, "environment_url": "https://shop.example", "updated_at": at, "log_url": "",
        },
        "deployment": {
            "id": number, "sha": SHA, "ref": "main", "environment": "production", "payload": {}, "task": "deploy",
        },
        "repository": {"full_name": "acme/shop"},
        **more,
    }  # fmt: skip
    raw = json.dumps(body).encode()
    return raw, _github_headers(raw)


def _github_headers(raw: bytes, event: str = "deployment_status") -> dict[str, str]:
    mark = hmac.new(SECRET.encode(), raw, "sha256").hexdigest()
    return {"X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e", "X-Hub-Signature-256": f"sha256={mark}"}


def _vercel(kind: str = "deployment.succeeded", at: int = 1795773900000, **payload: Any) -> Signed:
    body = {
        "id": f"evt_{kind}", "type": kind, "createdAt": at,
        "payload": {
            "deployment": {
                "id": "dpl_1", "url": "shop-x.vercel.app", "name": "shop",
                "meta": {"githubCommitSha": SHA, "githubCommitRef": "main"},
            },
            "project": {"id": "prj_1"}, "target": "production", **payload,
        },
    }  # fmt: skip
    raw = json.dumps(body).encode()
    return raw, {"x-vercel-signature": hmac.new(SECRET.encode(), raw, "sha1").hexdigest()}


def _gitlab(status: str = "success", at: str = "2026-11-27 11:05:00 +0100") -> Signed:
    body = {
        "object_kind": "deployment", "status": status, "status_changed_at": at, "deployment_id": 15,
        "environment": "production", "short_sha": SHA[:8], "ref": "main",
        "deployable_url": "https://gitlab.example/acme/shop/-/jobs/796",
        "commit_url": "https://gitlab.example/acme/shop/commit/HEAD", "project": {"path_with_namespace": "acme/shop"},
    }  # fmt: skip
    return json.dumps(body).encode(), {"X-Gitlab-Event": "Deployment Hook", "X-Gitlab-Token": SECRET}


def _netlify(state: str = "ready", at: str = "2026-11-27T10:05:00.123Z", issuer: str = "netlify") -> Signed:
    body = {
        "id": "5f1", "state": state, "context": "production", "branch": "main", "commit_ref": SHA, "name": "shop",
        "deploy_ssl_url": "https://5f1--shop.netlify.app", "updated_at": at, "error_message": None,
    }  # fmt: skip
    raw = json.dumps(body).encode()
    head = _part({"alg": "HS256", "typ": "JWT"})
    claims = _part({"iss": issuer, "sha256": hashlib.sha256(raw).hexdigest()})
    mark = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), "sha256").digest()
    return raw, {"X-Webhook-Signature": f"{head}.{claims}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"}


def _part(value: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


SENDERS: dict[str, Callable[..., Signed]] = {
    "github": _github, "gitlab": _gitlab, "netlify": _netlify, "vercel": _vercel,
}  # fmt: skip


@pytest.fixture
def hook(project: Project, alice: Any, now: datetime) -> Callable[..., DeployHook]:
    def make(source: str, **more: Any) -> DeployHook:
        return deploys.create_hook(project, source=source, secret=SECRET, actor=alice, now=now, **more)

    return make


def _post(hook: DeployHook, sent: Signed) -> Any:
    raw, headers = sent
    kind = {"content_type": headers.get("Content-Type", "application/json")}
    return Client().post(f"/api/deploys/hooks/{hook.token}/", raw, headers=headers, **kind)


@pytest.mark.parametrize("source", SENDERS)
def test_a_deploy_is_told_once_however_often_it_is_sent(source: str, hook: Any) -> None:
    own = hook(source)
    answers = [_post(own, SENDERS[source]()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    deploy = Deploy.objects.select_related("release").get()
    assert deploy.release.version == (SHA[:8] if source == "gitlab" else SHA)
    assert (deploy.environment, deploy.state) == ("production", "success")
    assert deploy.url.startswith("https://")
    assert deploy.finished_at is not None
    assert deploy.finished_at.replace(microsecond=0) == datetime(2026, 11, 27, 10, 5, tzinfo=UTC)
    entries = AuditEntry.objects.filter(action="release.deploy")
    assert [entry.via for entry in entries] == [f"deploy_hook:{own.pk}"]
    own.refresh_from_db()
    assert own.last_words.startswith("200: Known already.")


@pytest.mark.parametrize("source", SENDERS)
def test_who_does_not_know_the_secret_tells_nothing(source: str, hook: Any) -> None:
    own = hook(source)
    raw, headers = SENDERS[source]()
    name = next(name for name in headers if "ignature" in name or "Token" in name)
    wrong = [
        (raw, {}),
        (raw, {**headers, name: ""}),
        (raw, {**headers, name: headers[name][:-3] + "xyz"}),
        (raw, {**headers, name: "é" * 9}),
    ]
    if source != "gitlab":  # which signs nothing: its token says who, not what
        wrong.append((raw + b" ", headers))
    assert {_post(own, sent).status_code for sent in wrong} == {401}
    assert not Deploy.objects.exists()
    own.refresh_from_db()
    assert own.last_words.startswith("401: ")


def test_the_claims_of_netlify_are_those_of_netlify(hook: Any) -> None:
    own = hook("netlify")
    raw, headers = _netlify()
    head, claims, _ = headers["X-Webhook-Signature"].split(".")
    none = f"{_part({'alg': 'none'})}.{claims}."
    other = _netlify(issuer="somebody")
    assert [_post(own, sent).status_code for sent in (other, (raw, {"X-Webhook-Signature": none}))] == [401, 401]
    assert head


def test_a_deploy_goes_its_way_and_old_news_change_nothing(hook: Any) -> None:
    own = hook("github")
    told = [
        ("queued", "2026-11-27T10:00:00Z", "queued"),
        ("in_progress", "2026-11-27T10:02:00Z", "in_progress"),
        ("pending", "2026-11-27T10:01:00Z", "in_progress"),  # overtaken
        ("success", "2026-11-27T10:05:00Z", "success"),
        ("failure", "2026-11-27T10:06:00Z", "success"),  # an end is an end
        ("inactive", "2026-11-27T11:00:00Z", "superseded"),
    ]
    for state, at, after in told:
        assert _post(own, _github(state, at)).status_code in (200, 202)
        deploy = Deploy.objects.get()
        assert deploy.state == after, state
        assert (deploy.finished_at is None) == (after in ("queued", "in_progress"))
    assert deploy.finished_at == datetime(2026, 11, 27, 10, 5, tzinfo=UTC)


def test_no_end_is_left_but_by_a_successor() -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    for before, after in itertools.product(State, State):
        later = follows(before, at, after, at + timedelta(seconds=1))
        assert not follows(before, at, after, at - timedelta(seconds=1))
        if before in deploys.FINAL:
            assert later == (before == State.SUCCESS and after == State.SUPERSEDED), (before, after)
        else:
            assert later == (before != after)


def test_github_sends_forms_and_pings_too(hook: Any) -> None:
    own = hook("github")
    raw = urlencode({"payload": _github()[0].decode()}).encode()
    form = {**_github_headers(raw), "Content-Type": "application/x-www-form-urlencoded"}
    assert _post(own, (raw, form)).status_code == 202
    zen = b'{"zen": "Anything added dilutes everything else."}'
    assert _post(own, (zen, _github_headers(zen, "ping"))).status_code == 200
    assert Deploy.objects.count() == 1


def test_a_promotion_and_a_rollback_of_vercel_arrive_anew(hook: Any) -> None:
    own = hook("vercel")
    kinds = [("deployment.created", None), ("deployment.succeeded", None), ("deployment.promoted", "production"),
             ("deployment.rollback", "production"), ("deployment.cleanup", "production")]  # fmt: skip
    for step, (kind, target) in enumerate(kinds):
        assert _post(own, _vercel(kind, 1795773900000 + step * 1000, target=target)).status_code < 300
    found = Deploy.objects.order_by("pk").values_list("environment", "state")
    assert list(found) == [("preview", "success"), ("production", "success"), ("production", "success")]


def test_a_short_hash_finds_its_release(hook: Any, project: Project, now: datetime) -> None:
    lifecycle.create(project, SHA, actor=None, now=now)
    _post(hook("gitlab"), _gitlab())
    assert Deploy.objects.get().release.version == SHA
    lifecycle.create(project, SHA[:12] + "0" * 28, actor=None, now=now)
    assert deploys.known_as(project, SHA[:8]) == SHA[:8]  # of two releases, neither


def test_the_release_is_named_as_the_project_wants(hook: Any) -> None:
    notice = Notice("github:1", State.SUCCESS, "live", sha=SHA, ref="refs/heads/main", repository="acme/shop")
    assert deploys.version_of(notice, "shop@{ref}+{short_sha}") == f"shop@main+{SHA[:8]}"
    _post(hook("github"), _github(deployment={"id": 1, "sha": SHA, "environment": "p", "payload": {"release": "v7"}}))
    assert Release.objects.get().version == "v7"


def test_what_cannot_be_taken_is_named_and_kept_for_whoever_set_it_up(hook: Any) -> None:
    own = hook("github", repository="acme/shop", version="{ref}")
    broken = b'{"deployment": '
    other = _github(repository={"full_name": "acme/other"})
    nameless = _github(deployment={"id": 1, "sha": SHA, "environment": "production"})
    told = [
        (other, 200, "listens to acme/shop alone"),
        ((broken, _github_headers(broken)), 400, "no JSON"),
        (_github(deployment={"sha": SHA}), 400, "deployment.id"),
        (nameless, 400, "names no ref"),
        (_github(deployment={"id": 1, "ref": "m", "environment": "a\u202eb\n"}), 400, "environment"),
        ((b"[]", _github_headers(b"[]")), 400, "deployment.id"),
    ]
    for sent, status, words in told:
        answer = _post(own, sent)
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.json()
        own.refresh_from_db()
        assert own.last_words.startswith(f"{status}: ")
    assert not Deploy.objects.exists()
    assert Client().post("/api/deploys/hooks/unknown/", b"{}", content_type="application/json").status_code == 404
    assert Client().get(f"/api/deploys/hooks/{own.token}/").status_code == 405
    large = b" " * ((1 << 20) + 1)
    assert _post(own, (large, _github_headers(large))).status_code == 413


def test_a_hook_is_described_by_its_field(project: Project, alice: Any, now: datetime) -> None:
    wrong: list[tuple[dict[str, str], str]] = [
        ({"source": "jenkins"}, "source"),
        ({"source": "vercel"}, "secret"),
        ({"source": "github", "secret": "short"}, "secret"),
        ({"source": "github", "version": "{sah}"}, "version"),
        ({"source": "github", "version": " "}, "version"),
    ]
    for given, field in wrong:
        with pytest.raises(ValidationError) as refused:
            deploys.create_hook(project, **given, actor=alice, now=now)
        assert field in refused.value.message_dict
    hooks = [deploys.create_hook(project, source="github", actor=alice, now=now) for _ in range(deploys.MOST_HOOKS)]
    assert len({hook.secret for hook in hooks}) == len(hooks)
    with pytest.raises(ValidationError, match="at most 20"):
        deploys.create_hook(project, source="github", actor=alice, now=now)
    deploys.delete_hook(hooks[0], actor=alice, now=now)
    assert AuditEntry.objects.filter(action__startswith="deploy_hook.").count() == deploys.MOST_HOOKS + 1


def test_a_source_tells_where_it_is_set_up() -> None:
    assert set(SOURCES) == set(DeployHook.Source.values)
    for source in SOURCES.values():
        assert source.WHERE.endswith(".")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1795773900000, datetime(2026, 11, 27, 10, 5, tzinfo=UTC)),
        (1795773900, datetime(2026, 11, 27, 10, 5, tzinfo=UTC)),
        ("2026-11-27 10:05:00 UTC", datetime(2026, 11, 27, 10, 5, tzinfo=UTC)),
        ("2026-11-27 11:05:00 +0100", datetime(2026, 11, 27, 10, 5, tzinfo=UTC)),
        ("2026-11-27T10:05:00Z", datetime(2026, 11, 27, 10, 5, tzinfo=UTC)),
        ("yesterday", None),
        (True, None),
    ],
)
def test_moments_are_read_as_each_source_writes_them(given: object, read: datetime | None) -> None:
    assert moment(given) == read
