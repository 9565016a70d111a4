"""Hostile payloads, one row each: posted to the real endpoint, digested, then read back on every page and export."""

import gzip
import json
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.exports import runs
from dashboard.tests.api.test_api import bearer
from events.accounts import keys
from events.digest import loop
from events.endpoints.admission.buckets import buckets
from events.ingest import accounting
from events.models import DeadLetter, IngestKey, Issue, Occurrence, Project

pytestmark = pytest.mark.django_db
MIB = 1 << 20


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]
    accounting.refusals.__init__()  # type: ignore[misc]


def event(inner: str = '"extra": {}', *, event_id: str = "a" * 32) -> bytes:
    """The JSON of an event as bytes that no JSON library would write: `inner` stands in it as it is."""
    return f'{{"event_id": "{event_id}", "message": "hostile row", "platform": "python", {inner}}}'.encode()


def wrapped(payload: bytes, *, header: bytes = b"{}") -> bytes:
    return b"\n".join([header, b'{"type":"event"}', payload])


def nested(depth: int) -> str:
    return f'"extra": {{"deep": {"[" * depth}1{"]" * depth}}}'


def post(key: IngestKey, body: bytes, *, endpoint: str = "envelope", encoding: str = "") -> int:
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={key.public_key}, sentry_version=7"}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    path = f"/api/{key.project_id}/{endpoint}/"
    return int(Client().generic("POST", path, body, content_type="application/json", headers=headers).status_code)


def settled() -> accounting.Report:
    """The ledger after everything was digested: nothing waits, nothing died, nothing is missing."""
    loop.run(now=timezone.now())
    accounting.refusals.flush(now=timezone.now())
    report = accounting.report()
    assert (report.difference, report.in_inbox, report.dead_letter) == (0, 0, 0)
    assert not DeadLetter.objects.exists()
    return report


def read_everywhere(project: Project, client: Client, headers: dict[str, str], folder: Path) -> None:
    """Every way to see the newest event answers."""
    issue = Issue.objects.filter(project=project).latest("pk")
    event_id = Occurrence.objects.filter(group__issue=issue).latest("pk").event_id.hex
    slug, pages = project.slug, []
    pages.append(reverse("dashboard:issue-list", args=[slug]) + "?query=&from=-90d")
    pages.append(reverse("dashboard:overview", args=[slug]))
    pages.append(reverse("dashboard:issue", args=[slug, issue.pk]))
    pages += [reverse(f"dashboard:event{form}", args=[slug, issue.pk, event_id]) for form in ("", "-json", "-markdown")]
    for page in pages:
        assert client.get(page).status_code == 200, page
    for path in (f"issues/{issue.pk}/events/", f"events/{event_id}/", "issues/"):
        answer = Client().get(f"/api/v1/projects/{slug}/{path}", headers=headers)
        assert answer.status_code == 200, path
        json.loads(answer.content)
    for dataset in ("errors", "issues"):
        for form in runs.FORMATS:
            path = folder / f"{dataset}.{form}"
            written = runs.export(dataset, project=project, form=form, path=path, now=timezone.now())
            assert written == 1, (dataset, form)


STORED: dict[str, bytes] = {
    "NUL in a string": event(
        r'"extra": {"a\u0000b": "c\u0000d"}, "tags": {"t\u0000": "v\u0000"}, "release": "r\u0000"'
    ),
    "NUL as a byte": event('"extra": {"a": "c\0d"}'),
    "lone surrogate": event(r'"extra": {"a\ud800": "\ud800 \udfff"}, "transaction": "\ud83d"'),
    "NaN and Infinity": event('"extra": {"a": NaN, "b": Infinity, "c": -Infinity}'),
    "1e400": event('"extra": {"a": 1e400, "b": 1e131073, "c": -1e999999}, "timestamp": 1e400'),
    "integer of 5,000 digits": event(f'"extra": {{"a": {"9" * 5000}}}, "timestamp": {"9" * 5000}'),
    "integer beyond 64 bits": event(f'"extra": {{"a": {2**64 + 1}, "b": -{2**65}}}, "tags": {{"n": {2**70}}}'),
    "nested 1,100 deep": event(nested(1_100)),
    "nested 20,000 deep": event(nested(20_000)),
    "nested objects": event('"extra": ' + '{"a":' * 2_000 + "1" + "}" * 2_000),
    "100,000 nodes": event(f'"extra": {{"a": [{",".join("1" * 100_000)}]}}'),
    "key of 20,000 characters": event(f'"extra": {{"{"k" * 20_000}": 1}}, "tags": {{"{"t" * 20_000}": "v"}}'),
    "year 10000": event('"timestamp": "10000-01-01T00:00:00Z", "breadcrumbs": [{"timestamp": 999999999999999}]'),
    "year -1": event('"timestamp": -99999999999999, "breadcrumbs": {"values": [{"timestamp": "-0001-01-01"}]}'),
    "timestamp is a list": event('"timestamp": [], "received": {}'),
    "bad UTF-8": event().replace(b"hostile", b"host\xff\xfe\xc3ile"),
    "BOM": b"\xef\xbb\xbf" + event(),
    "duplicate keys": event('"level": "error", "level": "fatal", "tags": {"a": "1", "a": "2"}'),
    "event_id is a path": event(event_id="../../../../etc/passwd"),
    "event_id is a number": event().replace(b'"' + b"a" * 32 + b'"', b"12345"),
    "2,000 tags": event(f'"tags": {json.dumps({f"tag{n}": "v" * 300 for n in range(2_000)})}'),
    "strings beyond an index row": event(
        '"transaction": "{0}", "release": "{0}", "environment": "{0}"'.format("é#" * 9_000)
    ),
    "long user and server": event(f'"user": {{"id": "{"u" * 20_000}"}}, "server_name": "{"s" * 20_000}"'),
    "long exception": event(f'"exception": [{{"type": "{"T" * 20_000}", "value": "{"a." * 30_000}"}}]'),
    "ReDoS": event(f'"logger": "{"a." * 20_000}", "fingerprint": ["{"a" * 30_000}!"], "culprit": "{"(" * 9_000}"'),
    "wrong types everywhere": event(
        '"exception": {"values": {"a": 1}}, "tags": 7, "breadcrumbs": "x", "request": [], "user": [1], "contexts": 3,'
        ' "threads": true, "fingerprint": {}, "sdk": [], "modules": 1, "level": {}, "platform": [], "extra": "y"'
    ),
    "frames of wrong types": event(
        '"exception": [{"type": 1, "stacktrace": {"frames": [1, null, "x", {"lineno": []}]}}]'
    ),
    "XSS": event(f'"transaction": {json.dumps("<script>alert(1)</script>")}, "tags": {{"<img src=x>": "</script>"}}'),
    "formula": event('"transaction": "=cmd|x!A1", "release": "@SUM(1)", "environment": "+1"'),
    "control characters": event(
        r'"transaction": "a\r\nb\u0007\u001e\u2028\u202e", "release": "r\n", "environment": "\t"'
    ),
    "release is a path": event('"release": "../../x", "environment": "..%2f..", "dist": "/"'),
    "epoch zero": event('"timestamp": 0'),
}  # fmt: skip


@pytest.mark.parametrize("name", STORED)
def test_what_is_stored_can_be_read_back(
    project: Project, key: IngestKey, as_alice: Client, alice: Any, tmp_path: Path, name: str
) -> None:
    assert post(key, wrapped(STORED[name])) == 200
    report = settled()
    assert (report.received, report.stored) == (1, 1)
    read_everywhere(project, as_alice, bearer(alice), tmp_path)


BOMBS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "br": ("br", lambda data: brotli.compress(data, quality=1)),
    "zstd": ("zstd", zstandard.ZstdCompressor(level=1).compress),
}
HUGE = b"0" * (40 * MIB)
REFUSED: dict[str, tuple[bytes, str, set[int]]] = {
    **{f"{name} bomb": (pack(HUGE), encoding, {413}) for name, (encoding, pack) in BOMBS.items()},
    "gzip in gzip": (gzip.compress(gzip.compress(wrapped(event()))), "gzip, gzip", {415}),
    "unlisted encoding": (wrapped(event()), "compress", {415}),
    "not what it says": (b"no gzip at all", "gzip", {400}),
    "cut gzip": (gzip.compress(wrapped(event()))[:-9], "gzip", {400}),
    "event above 1 MiB": (wrapped(event(f'"extra": {{"a": "{"x" * (MIB + 1)}"}}')), "", {413}),
    "101 items": (b"{}\n" + b'{"type":"session","length":2}\n{}\n' * 101, "", {200, 400, 413}),
    "body above the limit": (b"x" * (11 * MIB), "", {413}),
    "empty": (b"", "", {400}),
    "scalar header": (b"7\n", "", {400}),
    "no JSON": (b"\x00\x01\x02", "", {400}),
    "wrong length": (b'{}\n{"type":"event","length":99999}\n{}', "", {400}),
    "negative length": (b'{}\n{"type":"event","length":-5}\n{}', "", {400}),
    "item without a type": (b"{}\n{}\n{}", "", {400}),
    "two events": (b"\n".join([b"{}", b'{"type":"event"}', event(), b'{"type":"event"}', event()]), "", {400}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_nothing_but_a_count(key: IngestKey, name: str) -> None:
    body, encoding, statuses = REFUSED[name]
    assert post(key, body, encoding=encoding) in statuses
    report = settled()
    assert report.stored == 0
    assert not Issue.objects.exists()


@pytest.mark.parametrize("scalar", [b"1", b"null", b"[]", b'"text"', b"true", b'{"a":', b"NaN", b""])
def test_an_event_that_is_no_object_is_invalid_alone(project: Project, key: IngestKey, scalar: bytes) -> None:
    session = b'{"sid":"%s","status":"ok","attrs":{"release":"1"}}' % (b"b" * 32)
    body = b"\n".join([b"{}", b'{"type":"event"}', scalar, b'{"type":"session"}', session])
    assert post(key, body) == 200
    report = settled()
    assert (report.invalid, report.stored) == (1, 1)


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z"])
def test_moments_that_cannot_be_true_are_clamped(project: Project, key: IngestKey, moment: str) -> None:
    assert post(key, wrapped(event(f'"timestamp": "{moment}"'))) == 200
    settled()
    at, now = Occurrence.objects.get().at, timezone.now()
    assert abs((at - now).total_seconds()) <= 30 * 86_400 + 120


def test_the_same_event_many_times_is_one(
    project: Project, key: IngestKey, as_alice: Client, alice: Any, tmp_path: Path
) -> None:
    body = wrapped(event())
    assert [post(key, body) for _ in range(5)] == [200] * 5
    loop.run(now=timezone.now())
    assert post(key, body) == 200
    report = settled()
    assert (report.received, report.stored, report.duplicate) == (6, 1, 5)
    read_everywhere(project, as_alice, bearer(alice), tmp_path)


def test_too_many_are_told_when_to_come_back(project: Project, key: IngestKey) -> None:
    IngestKey.objects.filter(pk=key.pk).update(rate_per_minute=3)
    statuses = [post(key, wrapped(event(event_id=uuid.uuid4().hex))) for _ in range(8)]
    assert set(statuses) == {200, 429}
    report = settled()
    assert report.stored == statuses.count(200)
    assert report.rate_limited == statuses.count(429)


@pytest.mark.parametrize("endpoint", ["envelope", "store"])
def test_together_they_are_one_batch_of_which_none_is_lost(project: Project, key: IngestKey, endpoint: str) -> None:
    for name, payload in STORED.items():
        renamed = payload.replace(b"a" * 32, uuid.uuid4().hex.encode())
        body = wrapped(renamed) if endpoint == "envelope" else renamed
        assert post(key, body, endpoint=endpoint) == 200, name
    report = settled()
    assert (report.stored, report.invalid) == (len(STORED), 0)
