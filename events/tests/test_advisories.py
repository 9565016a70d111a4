"""Holes that products of this kind had at their intake, each tried here under its name."""

import json
import logging
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.test import Client
from django.utils import timezone

from events import scrubbing
from events.accounts import tokens
from events.digest import loop
from events.ingest import payloads
from events.issues import grouping
from events.models import ApiToken, ArtifactBundle, AuditEntry, InboxItem, IngestKey, Occurrence, Project, UploadChunk
from events.releases import symbolication
from events.releases.symbolication import Maps
from events.tests.advisories import growth
from events.tests.endpoints.test_ingest_views import client, envelope, fresh_caches, post  # noqa: F401
from events.tests.releases.test_symbolication import event as minified
from events.tests.releases.test_symbolication import frame_of
from events.tests.releases.test_symbolication import upload as upload_map
from events.tests.releases.test_uploads import SAMPLE, send, sha1

LINEAR = 24  # times the work for eight times the input; quadratic would be 64


def bearer(user: Any, **given: Any) -> Client:
    _, secret = tokens.create(user, name="t", **{"scopes": ["read", "releases"], "now": timezone.now(), **given})
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_cve_2025_64508_brotli_bomb(client: Client, key: IngestKey) -> None:  # noqa: F811
    """Bugsink: a few hundred bytes of brotli became gigabytes; and again in 2.0.6, by layers."""
    bomb = brotli.compress(bytes(40 * 1024 * 1024))
    assert len(bomb) < 1024
    assert post(client, key, bomb, **{"Content-Encoding": "br"}).status_code == 413
    assert post(client, key, brotli.compress(bomb), **{"Content-Encoding": "br, br"}).status_code == 415
    assert not InboxItem.objects.exists()


@pytest.mark.parametrize("sent", ["../../../../tmp/evil", "/etc/passwd", "..%2f..%2fevil", "a" * 31 + "/", "\0" * 32])
def test_cve_2025_54433_event_id_path(client: Client, key: IngestKey, sent: str, tmp_path: Path) -> None:  # noqa: F811
    """Bugsink: an event_id became part of a path."""
    before = set(Path("/tmp").glob("evil*"))
    event = b'{"type": "event"}\n' + json.dumps({"event_id": sent, "message": "x"}).encode()
    answer = post(client, key, json.dumps({"event_id": sent}).encode() + b"\n" + event)
    assert answer.status_code in (200, 400)
    loop.run(now=timezone.now())
    assert all(isinstance(kept.event_id, uuid.UUID) for kept in Occurrence.objects.all())
    inside = [path for path in tmp_path.rglob("*") if not path.resolve().is_relative_to(tmp_path.resolve())]
    assert (inside, set(Path("/tmp").glob("evil*"))) == ([], before)
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name or "passwd" in path.name]


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", "0" * 39 + "/", "A" * 41])
def test_cve_2026_40162_checksum_as_filename(alice: Any, project: Project, name: str) -> None:
    """Bugsink: the checksum a client named became the name of a file."""
    uploader = bearer(alice)
    assert send(uploader, b"content", called=name).status_code == 400
    body = {"checksum": name, "chunks": [name], "projects": ["web"]}
    where = "/api/0/organizations/o/artifactbundle/assemble/"
    assert uploader.post(where, json.dumps(body), content_type="application/json").status_code == 400
    assert not UploadChunk.objects.exists()
    assert not ArtifactBundle.objects.exists()


def test_cve_2026_47728_debug_files_across_projects(project: Project) -> None:
    """Bugsink: a debug file of one project was used for the events of another."""
    upload_map(Project.objects.create(slug="other", name="Other"))
    sent = minified()
    assert symbolication.original(sent, project_id=project.pk, maps=Maps()) is None
    upload_map(project)
    found = symbolication.original(sent, project_id=project.pk, maps=Maps())
    assert found is not None
    assert frame_of(found)["lineno"] == 2


def test_cve_2023_36826_bundle_of_another_organisation(alice: Any, charlie: Any, project: Project) -> None:
    """Sentry: whoever knew its number got the bundle of another organisation."""
    other = Project.objects.create(slug="other", name="Other")
    other.memberships.create(user=charlie, role="owner")
    send(bearer(charlie), SAMPLE)
    body = {"checksum": sha1(SAMPLE), "chunks": [], "projects": ["other"]}
    body["chunks"] = [body["checksum"]]
    where = "/api/0/organizations/o/artifactbundle/assemble/"
    for projects in (["other"], ["web", "other"]):
        answer = bearer(alice).post(where, json.dumps({**body, "projects": projects}), content_type="application/json")
        assert answer.status_code == 404
    own = bearer(alice).post(where, json.dumps({**body, "projects": ["web"]}), content_type="application/json")
    assert own.json()["state"] == "not_found"
    assert not ArtifactBundle.objects.exists()


def test_ghsa_5x67_tag_flood(client: Client, key: IngestKey) -> None:  # noqa: F811
    """Bugsink: thousands of tags, and one too long for an index, stopped the intake."""
    flood = {f"tag{number}": "v" * 300 for number in range(2000)} | {"long": uuid.uuid4().hex * 600}
    assert post(client, key, envelope(tags=flood)).status_code == 200
    assert loop.run(now=timezone.now()).failed == 0
    [kept] = Occurrence.objects.all()
    tags = payloads.unpack(bytes(kept.payload))["tags"]
    assert len(tags) <= 100
    assert max(map(len, [*tags, *tags.values()])) <= 200


def test_ghsa_4f45_token_expiry_unit(alice: Any, as_alice: Client) -> None:
    """Bugsink: an expiry meant in one unit was read in another, so that tokens lived on."""
    as_alice.post("/account/tokens/", {"name": "ci", "scopes": ["read"], "days": "30"})
    token = ApiToken.objects.get()
    assert token.expires_at == token.created_at + timedelta(days=30)
    assert tokens.is_live(token, now=token.created_at + timedelta(days=30, seconds=-1))
    assert not tokens.is_live(token, now=token.created_at + timedelta(days=30))


@pytest.mark.parametrize(
    "origin", ["https://evilapp.example", "https://app.example.evil.tld", "https://app.example@evil.tld", "null"]
)
def test_cve_2023_36829_cors_suffix(client: Client, key: IngestKey, origin: str) -> None:  # noqa: F811
    """Sentry: an origin that merely ended like the allowed one was let in, with credentials."""
    IngestKey.objects.update(allowed_origins=["app.example"])
    answer = post(client, key, envelope(), Origin=origin)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Credentials" not in answer
    page = Client().get("/login/", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in page


@pytest.mark.parametrize(
    "piece",
    ["a.a.a.", "0x0x0x", "<<<<<<", "at at (", "http://", "@@@@", "-----BEGIN ", "eyJ.", "((((", " \t \t", "9 9-9"],
)
def test_cve_2026_52794_ingest_redos(piece: str) -> None:
    """Sentry: a message made for it kept a pattern of grouping busy for minutes; here the work is linear."""

    def text(size: int) -> str:
        return (piece * (size // len(piece) + 1))[:size]

    assert growth(scrubbing.scrub_text, text, size=4_000) < LINEAR
    assert growth(lambda message: grouping.group({"message": message}), text, size=4_000) < LINEAR


def test_cve_2024_32474_password_in_logs(alice: Any, caplog: Any) -> None:
    """Sentry: a superuser's password was written to the log when the login failed or worked."""
    caplog.set_level(logging.DEBUG)
    for password in ("wrong-passphrase-x9", "alice-password-1"):
        Client().post("/login/", {"username": "alice", "password": password})
        assert password not in caplog.text
    trail = json.dumps(list(AuditEntry.objects.values("action", "actor", "detail", "object_id")))
    assert "passphrase" not in trail
    assert "alice-password" not in trail


def test_sentry_2020_token_outside_its_tenant(alice: Any, project: Project) -> None:
    """Sentry: a token opened what its owner could reach elsewhere, and the logs did not say which token it was."""
    other = Project.objects.create(slug="other", name="Other")
    other.memberships.create(user=alice, role="owner")
    bound = bearer(alice, project=project)
    token = ApiToken.objects.get()
    assert bound.get("/api/v1/projects/web/").status_code == 200
    assert AuditEntry.objects.latest("id").via == f"token:{token.pk}"
    assert bound.get("/api/v1/projects/other/").status_code == 404
    denied = AuditEntry.objects.latest("id")
    assert (denied.action, denied.via) == ("access.denied", f"token:{token.pk}")
