"""Uploads of sentry-cli: chunks, their assembly, and what is kept of a bundle."""

import gzip
import hashlib
import io
import json
import struct
import uuid
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from events.accounts import tokens
from events.ingest import payloads
from events.models import Artifact, ArtifactBundle, AuditEntry, Project, Release, UploadChunk
from events.releases import uploads
from events.releases.uploads import UploadError

SAMPLE = (Path(__file__).parents[1] / "samples/sourcemaps/sentry-cli-3.8.0.bundle").read_bytes()
UPLOAD = "/api/0/organizations/o/chunk-upload/"
ASSEMBLE = "/api/0/organizations/o/artifactbundle/assemble/"


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def bundle(files: dict[str, Any], contents: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"files": files}))
        for path, content in contents.items():
            archive.writestr(path, content)
    return b"SYSB" + struct.pack("<I", 2) + packed.getvalue()


def pieces(content: bytes, size: int = 2_000) -> list[bytes]:
    return [content[i : i + size] for i in range(0, len(content), size)]


@pytest.fixture
def client(alice: Any, now: datetime) -> Client:
    return Client(
        headers={"Authorization": f"Bearer {tokens.create(alice, name='ci', scopes=['releases'], now=now)[1]}"}
    )


def send(client: Client, *chunks: bytes, name: str = "file_gzip", called: str = "") -> Any:
    parts = [io.BytesIO(gzip.compress(chunk) if name == "file_gzip" else chunk) for chunk in chunks]
    for part, chunk in zip(parts, chunks, strict=True):
        part.name = called or sha1(chunk)
    return client.post(UPLOAD, {name: parts})


def assemble(client: Client, content: bytes, parts: list[bytes], **fields: Any) -> Any:
    body = {"checksum": sha1(content), "chunks": [sha1(part) for part in parts], "projects": ["web"]} | fields
    return client.post(ASSEMBLE, json.dumps(body), content_type="application/json")


def test_the_bundle_of_sentry_cli_becomes_artifacts(client: Client, project: Project) -> None:
    chunks = pieces(SAMPLE)
    missing = assemble(client, SAMPLE, chunks).json()
    assert missing == {"state": "not_found", "missingChunks": [sha1(chunk) for chunk in chunks], "detail": None}
    assert send(client, *chunks[:2]).status_code == 200
    assert assemble(client, SAMPLE, chunks).json()["missingChunks"] == [sha1(chunk) for chunk in chunks[2:]]
    send(client, *chunks[2:], name="file")
    for _ in range(2):
        assert assemble(client, SAMPLE, chunks).json() == {"state": "ok", "missingChunks": [], "detail": None}
    found = Artifact.objects.get(kind=Artifact.Kind.SOURCE_MAP)
    assert json.loads(payloads.unpack_bytes(found.content))["version"] == 3
    assert found.debug_id is not None
    assert ArtifactBundle.objects.get().file_count == Artifact.objects.count()
    assert AuditEntry.objects.filter(action="upload.bundle").count() == 1


def test_each_project_named_gets_the_bundle(client: Client, project: Project, alice: Any) -> None:
    other = Project.objects.create(slug="other", name="Other")
    alice.memberships.create(project=other, role="owner")
    send(client, SAMPLE)
    assert assemble(client, SAMPLE, [SAMPLE], projects=["web", "other"]).json()["state"] == "ok"
    assert sorted(ArtifactBundle.objects.values_list("project__slug", flat=True)) == ["other", "web"]


def test_chunks_of_others_are_not_seen(client: Client, project: Project, bob: Any, now: datetime) -> None:
    project.memberships.filter(user=bob).update(role="editor")
    theirs = Client(
        headers={"Authorization": f"Bearer {tokens.create(bob, name='b', scopes=['releases'], now=now)[1]}"}
    )
    send(theirs, SAMPLE)
    assert assemble(client, SAMPLE, [SAMPLE]).json()["state"] == "not_found"
    assert assemble(theirs, SAMPLE, [SAMPLE]).json()["state"] == "ok"


def test_a_name_that_is_not_the_content_s_is_refused(client: Client, project: Project) -> None:
    for name in (sha1(b"other"), "..", "../../etc/passwd", "x" * 40, "0" * 41):
        assert send(client, b"content", called=name).status_code == 400
    assert not UploadChunk.objects.exists()


def test_a_bundle_whose_chunks_do_not_make_its_checksum_is_an_error(client: Client, project: Project) -> None:
    send(client, SAMPLE)
    assert assemble(client, b"another", [SAMPLE]).json()["state"] == "error"
    assert not ArtifactBundle.objects.exists()


@pytest.mark.parametrize("content", [b"no bundle", b"SYSB\2\0\0\0", SAMPLE[:500]])
def test_what_is_no_bundle_is_an_error_with_a_reason(client: Client, project: Project, content: bytes) -> None:
    send(client, content)
    answer = assemble(client, content, [content]).json()
    assert answer["state"] == "error"
    assert answer["detail"]


@pytest.mark.parametrize(
    "fields",
    [
        {"checksum": "../x"}, {"checksum": 3}, {"chunks": ["../x"]}, {"chunks": ["a" * 40] * 129}, {"projects": []},
        {"projects": ["web"] * 51}, {"projects": "web"},
    ],
)  # fmt: skip
def test_nonsense_is_answered_400(client: Client, project: Project, fields: dict[str, Any]) -> None:
    assert assemble(client, SAMPLE, [SAMPLE], **fields).status_code == 400


def test_a_chunk_is_unpacked_under_a_cap() -> None:
    with pytest.raises(UploadError):
        uploads.chunk_content(gzip.compress(bytes(uploads.CHUNK_BYTES + 1)), is_gzip=True)
    with pytest.raises(UploadError):
        uploads.chunk_content(gzip.compress(b"cut short" * 99)[:-20], is_gzip=True)
    with pytest.raises(UploadError):
        uploads.chunk_content(b"no gzip", is_gzip=True)
    assert uploads.chunk_content(gzip.compress(bytes(uploads.CHUNK_BYTES)), is_gzip=True) == bytes(uploads.CHUNK_BYTES)


def test_a_request_that_is_too_large_is_not_read(client: Client, project: Project) -> None:
    answer = client.post(UPLOAD, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=99_000_000)
    assert answer.status_code == 413


def test_a_person_uploads_only_so_much_in_a_day(
    client: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "BYTES_PER_DAY", 100)
    assert send(client, bytes(60)).status_code == 200
    assert send(client, bytes(61)).status_code == 429
    UploadChunk.objects.update(created_at=UploadChunk.objects.get().created_at - timedelta(days=2))
    assert send(client, bytes(61)).status_code == 200


def test_chunks_go_after_a_day_and_bundles_after_the_retention(project: Project, settings: Any, now: datetime) -> None:
    settings.OBS_RETENTION_DAYS = 30
    for days in (0, 2, 40):
        at = now - timedelta(days=days, seconds=1)
        UploadChunk.objects.create(owner_id=1, sha1=str(days), content=b"x", created_at=at)
        ArtifactBundle.objects.create(project=project, checksum=str(days), state="ok", created_at=at)
    assert uploads.prune(now=now) == (2, 1)
    assert UploadChunk.objects.get().sha1 == "0"


def test_only_text_is_kept_and_of_minified_sources_only_the_name_of_their_map(client: Client, project: Project) -> None:
    debug_id = str(uuid.uuid4())
    files = {
        "0/main.js": {"type": "minified_source", "url": "~/s/main.js", "headers": {"debug-id": debug_id}},
        "0/main.js.map": {"type": "source_map", "url": "~/s/main.js.map", "headers": {"debug-id": debug_id}},
        "0/b.js.map": {"type": "source_map", "url": "~/s/b.js.map"},
        "0/c.js": {"type": "minified_source", "url": "~/s/c.js", "headers": {"sourcemap": "http://["}},
    }
    contents = {
        "0/main.js": b"let a=1;\n//# sourceMappingURL=main.js.map\n",
        "0/main.js.map": b'{"version": 3}',
        "0/b.js.map": b"\0\1binary",
        "0/c.js": b"let c=1;",
    }
    made = bundle(files, contents)
    send(client, made)
    assert assemble(client, made, [made], version="web@2").json()["state"] == "ok"
    minified = Artifact.objects.get(kind=Artifact.Kind.MINIFIED, debug_id=debug_id)
    assert (minified.source_map_url, bytes(minified.content), minified.bundle.release) == (
        "~/s/main.js.map",
        b"",
        "web@2",
    )
    assert Artifact.objects.filter(kind=Artifact.Kind.SOURCE_MAP).count() == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"x\n//# sourceMappingURL=a.js.map", "a.js.map"), (b"x\n//@ sourceMappingURL=/m/a.map\n\n", "/m/a.map"),
        (b"x", ""),
        (b"x//# sourceMappingURL=data:application/json;base64,e30=", ""), (b"\xff\xfe", ""),
    ],
)  # fmt: skip
def test_a_minified_source_says_what_its_map_is_called(content: bytes, name: str) -> None:
    assert uploads.source_map_name(content) == name


def test_a_bundle_of_a_release_goes_to_the_project_it_names(
    client: Client, project: Project, alice: Any, now: datetime
) -> None:
    """As sentry-cli sent them before 2.17."""
    other = Project.objects.create(slug="other", name="Other")
    alice.memberships.create(project=other, role="owner")
    for one in (project, other):
        Release.objects.create(project=one, version="shop@1")
    files = {"m": {"type": "source_map", "url": "~/main.js.map"}, "s": {"type": "source", "url": "~/main.js?v=1"},
             "t": {"type": "source", "url": "~/main.ts"}}  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"files": files, "project": "other", "dist": "8"}))
        archive.writestr("m", b"{}")
        archive.writestr("s", b"a\n//# sourceMappingURL=main.js.map")
        archive.writestr("t", b"a")
    content = b"SYSB" + struct.pack("<I", 2) + packed.getvalue()
    send(client, content)
    body = {"checksum": sha1(content), "chunks": [sha1(content)]}
    path = "/api/0/organizations/o/releases/{}/assemble/"
    assert client.post(path.format("shop@1"), body, content_type="application/json").json()["state"] == "ok"
    row = ArtifactBundle.objects.get()
    assert (row.project, row.release, row.dist, row.file_count) == (other, "shop@1", "8", 2)
    assert row.artifacts.get(kind="minified").source_map_url == "~/main.js.map"
    assert client.post(path.format("none@1"), body, content_type="application/json").status_code == 404


def test_a_single_file_is_kept_whole_for_each_project_of_its_release(
    client: Client, project: Project, alice: Any
) -> None:
    other = Project.objects.create(slug="other", name="Other")
    other.memberships.create(user=alice, role="owner")
    for one in (project, other):
        Release.objects.create(project=one, version="shop@1")
    file = io.BytesIO(b"run()")
    file.name = "Main.js"
    sent = {"file": file, "name": "~/Main.js", "header": "Sourcemap: Main.js.map"}
    assert client.post("/api/0/organizations/o/releases/shop@1/files/", sent).status_code == 201
    rows = Artifact.objects.values_list("bundle__project__slug", "size", "source_map_url")
    assert sorted(rows) == [("other", 5, "~/Main.js.map"), ("web", 5, "~/Main.js.map")]


def test_single_files_are_kept_once_listed_and_removed(client: Client, project: Project) -> None:
    Release.objects.create(project=project, version="shop@1")
    path = "/api/0/projects/o/web/releases/shop@1/files/"

    def upload(name: str, content: bytes, **fields: Any) -> Any:
        file = io.BytesIO(content)
        file.name = "any"
        return client.post(path, {"file": file, "name": name, **fields})

    script = upload("~/a.js", b"x", dist="8", header="Sourcemap:a.js.map")
    assert (script.status_code, upload("~/a.js", b"x", dist="8").json()["id"]) == (201, script.json()["id"])
    assert upload("~/a.js.map", b"{}", dist="8").status_code == 201
    assert upload("~/a\0.css", b"body{}").status_code == 201
    assert client.post(path, {"name": "~/none"}).status_code == 400
    listed = client.get(path).json()
    assert [(one["name"], one["dist"]) for one in listed] == [
        ("~/a\ufffd.css", None), ("~/a.js.map", "8"), ("~/a.js", "8"),
    ]  # fmt: skip
    assert listed[2]["headers"] == {"Sourcemap": "~/a.js.map"}
    assert client.get(f"{path}?checksum={'0' * 40}").json() == []
    assert client.delete(f"{path}{script.json()['id']}/").status_code == 204
    assert client.delete(f"{path}{script.json()['id']}/").status_code == 404
    everything = "/api/0/projects/o/web/files/source-maps/"
    assert client.delete(everything).status_code == 400
    assert client.delete(f"{everything}?name=shop@1").status_code == 204
    assert not ArtifactBundle.objects.exists()
    assert AuditEntry.objects.filter(action="upload.file").count() == 3
    assert AuditEntry.objects.filter(action="upload.remove").count() == 2
