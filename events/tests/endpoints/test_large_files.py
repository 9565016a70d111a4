"""Files have a size of their own: what is too large is refused and counted, and the event beside it is kept."""

import gzip
import io
import json
import os
import uuid
import zlib
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import Attachment, Feedback, IngestKey, Occurrence, Project
from events.tests.intake import digested, post
from formaos_obs.front.routes import Lane, Routes

EVENT = "0123456789abcdef0123456789abcdef"
MIB = 1 << 20


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


@pytest.fixture
def keeps_binaries(project: Project) -> None:
    Project.objects.update(accepts_binary_attachments=True)


def with_file(data: bytes, *, length: bool = True, filename: str = "dump.bin") -> bytes:
    header: dict[str, Any] = {"type": "attachment", "filename": filename, "content_type": "application/octet-stream"}
    if length:
        header["length"] = len(data)
    event = {"event_id": EVENT, "platform": "javascript", "message": "error with a file"}
    lines = [{"event_id": EVENT}, {"type": "event"}, event, header]
    return b"\n".join([*(json.dumps(line).encode() for line in lines), data]) + b"\n"


@pytest.mark.usefixtures("keeps_binaries")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("size", "files"), [(1_200_000, 1), (5 * MIB, 1), (5 * MIB + 1, 0), (7 * MIB, 0)])
def test_an_event_is_kept_with_its_file_or_without(
    project: Project, key: IngestKey, packed: bool, size: int, files: int
) -> None:
    body = with_file(os.urandom(size))
    headers = {"Content-Encoding": "gzip"} if packed else {}
    sent = gzip.compress(body, 1) if packed else body
    assert post(key, "envelope/", sent, **headers).status_code == 200
    report = digested(project)
    assert (report.stored, report.invalid) == (1 + files, 1 - files)
    assert [file.size for file in Attachment.objects.all()] == [size] * files
    assert Occurrence.objects.count() == 1


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_file_beyond_all_limits_costs_only_itself(
    project: Project, key: IngestKey, length: bool, encoding: str
) -> None:
    body = with_file(b"line of a log " * 2_000_000, length=length, filename="app.log")
    sent = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    assert post(key, "envelope/", sent, **{"Content-Encoding": encoding}).status_code == 200
    report = digested(project)
    assert (report.stored, report.invalid) == (1, 1)
    assert Occurrence.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{}\n{"type":"event"}\n{"message":"' + b"x" * 1_100_000 + b'"}',
        b'{}\n{"type":"log"}\n' + b" " * 1_100_000 + b"{}",
    ],
)
def test_what_brings_no_file_is_no_larger_than_other_bodies(project: Project, key: IngestKey, body: bytes) -> None:
    assert post(key, "envelope/", body).status_code == 413
    assert digested(project).invalid == 1


def test_an_event_that_is_itself_cut_is_refused(project: Project, key: IngestKey) -> None:
    body = with_file(b"x") + b'{"type":"event"}\n{"message":"' + b"x" * (11 * MIB)
    assert post(key, "envelope/", gzip.compress(body), **{"Content-Encoding": "gzip"}).status_code == 413


def test_the_server_reads_larger_bodies_only_where_files_come() -> None:
    routes = Routes()
    for path, largest in (
        ("/api/1/envelope/", 10 * MIB), ("/tunnel/", 10 * MIB), (f"/api/1/events/{EVENT}/attachments/", 10 * MIB),
        ("/api/1/store/", MIB), ("/otlp/v1/logs", MIB), ("/api/1/vitals/", MIB),
    ):  # fmt: skip
        route = routes.of(path)
        assert (route.lane, route.largest) == (Lane.INGEST, largest)


def test_an_error_and_a_feedback_may_share_an_envelope(project: Project, key: IngestKey) -> None:
    said = {"contexts": {"feedback": {"message": "It broke", "associated_event_id": EVENT}}}
    lines = [
        {"event_id": EVENT}, {"type": "event"}, {"event_id": EVENT, "message": "broken"}, {"type": "feedback"},
        {"event_id": uuid.uuid4().hex, **said},
    ]  # fmt: skip
    assert post(key, "envelope/", b"\n".join(json.dumps(line).encode() for line in lines)).status_code == 200
    assert digested(project).stored == 2
    assert Feedback.objects.get().event_id == Occurrence.objects.get().event_id == uuid.UUID(EVENT)


def form(*files: tuple[str, bytes, str], boundary: str = "----shop", fields: bool = True) -> bytes:
    parts = [b'Content-Disposition: form-data; name="note"\r\n\r\nno file'] if fields else []
    for name, data, kind in files:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        parts.append(head.encode() + data)
    return b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts) + f"--{boundary}--\r\n".encode()


def send(
    key: IngestKey, body: bytes, *, event: str = EVENT, kind: str = "multipart/form-data; boundary=----shop"
) -> Any:
    return post(key, f"events/{event}/attachments/", body, content_type=kind)


def png() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
    return drawn.getvalue()


def test_files_may_come_after_their_event(project: Project, key: IngestKey) -> None:
    Project.objects.update(keeps_pictures=True)
    body = form(("app.log", b"user alice@example.org\r\nfailed\r\n", "text/plain"), ("shot.png", png(), "image/png"))
    answer = send(key, body)
    assert (answer.status_code, answer.json()) == (201, {"id": EVENT})
    assert digested(project).stored == 2
    log, shot = Attachment.objects.order_by("filename")
    assert (log.event_id.hex, log.filename, shot.content_type) == (EVENT, "app.log", "image/png")
    assert bytes(log.content).startswith(b"user ")
    assert bytes(log.content).endswith(b"\r\nfailed\r\n")
    assert b"alice" not in bytes(log.content)
    assert send(key, body).status_code == 201
    assert digested(project).duplicate == 2


def test_a_form_of_another_writer_is_read(project: Project, key: IngestKey) -> None:
    upload = io.BytesIO(b"a line\n" * 300_000)
    upload.name = "größe.txt"
    answer = Client().post(
        f"/api/{key.project_id}/events/{uuid.UUID(EVENT)}/attachments/", {"file": upload},
        headers={"X-Sentry-Auth": f"Sentry sentry_key={key.public_key}"},
    )  # fmt: skip
    assert answer.status_code == 201
    digested(project)
    assert Attachment.objects.get().size == 2_100_000


@pytest.mark.parametrize(
    ("body", "kind", "event", "status"),
    [
        (form(("a.txt", b"x", "text/plain")), "multipart/form-data; boundary=----shop", "no-event", 400),
        (form(("a.txt", b"x", "text/plain")), "multipart/form-data", EVENT, 400),
        (form(("a.txt", b"x", "text/plain")), "text/plain", EVENT, 400),
        (form(("a.txt", b"x", "text/plain"))[:-40], "multipart/form-data; boundary=----shop", EVENT, 400),
        (form(), "multipart/form-data; boundary=----shop", EVENT, 400),
        (b"", "multipart/form-data; boundary=----shop", EVENT, 400),
        (b"------shop", "multipart/form-data; boundary=----shop", EVENT, 400),
        (form(*[("a.txt", b"x", "text/plain")] * 101), "multipart/form-data; boundary=----shop", EVENT, 413),
    ],
)
def test_what_is_no_form_is_refused(
    project: Project, key: IngestKey, body: bytes, kind: str, event: str, status: int
) -> None:
    assert send(key, body, event=event, kind=kind).status_code == status
    assert digested(project).stored == 0


@pytest.mark.usefixtures("keeps_binaries")
def test_a_file_that_is_too_large_costs_the_others_nothing(project: Project, key: IngestKey) -> None:
    files = [("a.bin", b"\0" * (5 * MIB + 1), "a/b"), ("b.bin", b"\0\r\n--\r\n", "a/b"), ("c.bin", b"", "a/b")]
    assert send(key, form(*files)).status_code == 201
    report = digested(project)
    assert (report.stored, report.invalid) == (2, 1)
    assert {(file.filename, bytes(file.content)) for file in Attachment.objects.all()} == {
        ("b.bin", b"\0\r\n--\r\n"), ("c.bin", b""),
    }  # fmt: skip


def test_a_network_error_report_has_an_address_of_its_own(project: Project, key: IngestKey) -> None:
    report = [{"age": 1, "type": "network-error", "url": "https://shop.example/a", "body": {"type": "tcp.timed_out",
               "phase": "connection", "server_ip": "203.0.113.7", "status_code": 0, "elapsed_time": 9}}]  # fmt: skip
    answer = post(key, "nel/", json.dumps(report).encode(), content_type="application/reports+json")
    assert answer.status_code == 200
    assert digested(project).stored == 1
