"""What clients of old send to /store/, and what a crontab says by plain HTTP."""

import base64
import gzip
import json
import zlib
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.ingest import payloads
from events.models import InboxItem, IngestKey, Project

EVENT_ID = "0123456789abcdef0123456789abcdef"
EVENT = json.dumps({"event_id": EVENT_ID, "platform": "node", "message": "hi ÿ?>~" * 40}).encode()
PACKED = base64.b64encode(zlib.compress(EVENT))
ENVELOPE = b'{}\n{"type":"event"}\n' + EVENT


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def send(key: IngestKey, body: bytes, *, path: str = "", kind: str = "application/octet-stream", **more: str) -> Any:
    agent = "Sentry sentry_version=5, sentry_client=raven-node/2.6.4, sentry_timestamp=1, "
    return Client().generic(
        "POST",
        path or f"/api/{key.project_id}/store/",
        body,
        content_type=kind,
        headers={"X-Sentry-Auth": f"{agent}sentry_key={key.public_key}, sentry_secret="} | more,
    )


WRAPPED: dict[str, tuple[bytes, str]] = {
    "base64 of zlib (raven-node, raven-php, sentry-raven)": (PACKED, "application/octet-stream"),
    "base64 of JSON": (base64.b64encode(EVENT), "application/octet-stream"),
    "base64 of gzip": (base64.b64encode(gzip.compress(EVENT)), "application/octet-stream"),
    "base64 in lines": (base64.encodebytes(zlib.compress(EVENT)), "application/octet-stream"),
    "base64 without padding": (base64.b64encode(zlib.compress(EVENT)).rstrip(b"="), "application/json"),
    "base64 that is safe in addresses": (base64.urlsafe_b64encode(zlib.compress(EVENT)), "text/plain"),
    "base64 of the fastest zlib": (base64.b64encode(zlib.compress(EVENT, 1)), "application/octet-stream"),
    "zlib": (zlib.compress(EVENT, 9), "application/octet-stream"),
    "gzip": (gzip.compress(EVENT), "application/octet-stream"),
    "JSON": (EVENT, "application/json"),
    "JSON after a byte order mark": (b"\xef\xbb\xbf" + EVENT, "application/json"),
    "JSON of a form's type (raven-js)": (b"  " + EVENT, "application/x-www-form-urlencoded"),
    "a form": (b"sentry_data=" + quote(EVENT).encode(), "application/x-www-form-urlencoded"),
    "a form with base64": (b"sentry_data=" + quote(PACKED).encode(), "application/x-www-form-urlencoded"),
    "an envelope by its type": (ENVELOPE, "application/x-sentry-envelope"),
    "an envelope by its lines": (ENVELOPE, "text/plain;charset=UTF-8"),
    "an envelope in gzip": (gzip.compress(ENVELOPE), "application/x-sentry-envelope"),
}


def stored() -> dict[str, Any]:
    value = payloads.unpack(bytes(InboxItem.objects.get().payload))
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("at", ["/api/{}/store/", "/api/store/"])
@pytest.mark.parametrize(("body", "kind"), WRAPPED.values(), ids=WRAPPED)
def test_it_takes_what_old_clients_wrap(key: IngestKey, body: bytes, kind: str, at: str) -> None:
    answer = send(key, body, kind=kind, path=at.format(key.project_id))
    assert (answer.status_code, answer.json()) == (200, {"id": EVENT_ID})
    assert InboxItem.objects.get().project_id == key.project_id
    assert stored()["logentry"]["formatted"] == "hi ÿ?>~" * 40


@pytest.mark.parametrize(
    "path",
    ["//api/{}/store/", "/api/{}/store", "/api//{}/store//", "/api/store", "//api/{}/envelope/", "/api/{}/envelope"],
)
def test_a_slash_too_many_or_too_few_loses_nothing(key: IngestKey, path: str) -> None:
    """A DSN that ends in a slash makes `//api/…`: getsentry/relay, relay-server, NormalizePathLayer."""
    body = ENVELOPE if "envelope" in path else EVENT
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={key.public_key}"}
    path = path.format(key.project_id)  # Django's client would take `//api` for a host
    answer = Client().generic("POST", "/", body, content_type="text/plain", headers=headers, PATH_INFO=path)  # type: ignore[arg-type]
    assert (answer.status_code, stored()["platform"]) == (200, "node")
    assert Client().get("/api/x/store").status_code == 404


@pytest.mark.parametrize("data", [EVENT, PACKED, base64.b64encode(EVENT)], ids=["JSON", "zlib", "base64"])
@pytest.mark.parametrize("is_quoted", [True, False])
def test_it_takes_an_event_from_an_address(key: IngestKey, data: bytes, is_quoted: bool) -> None:
    written = urlencode({"sentry_data": data}) if is_quoted or data is EVENT else f"sentry_data={data.decode()}"
    path = f"/api/{key.project_id}/store/?sentry_version=4&sentry_key={key.public_key}&{written}"
    answer = Client().get(path)
    assert (answer.status_code, answer.json()) == (200, {"id": EVENT_ID})
    assert stored()["platform"] == "node"
    image = Client().get(path, headers={"Accept": "image/avif,image/png,*/*;q=0.8"})
    assert (image.status_code, image["Content-Type"], image.content[:6]) == (200, "image/gif", b"GIF89a")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"!!!!", 400),
        (b"", 400),
        (base64.b64encode(b"nothing"), 400),
        (PACKED[:40], 400),
        (base64.b64encode(zlib.compress(b"[1]")), 400),
        (base64.b64encode(zlib.compress(b"\0" * 20_000_000)), 413),
        (zlib.compress(b"{" + b" " * 20_000_000 + b"}"), 413),
        (base64.b64encode(zlib.compress(b'{"a":"' + b"x" * 2_000_000 + b'"}')), 413),
    ],
    ids=["text", "empty", "base64 of text", "cut", "a list", "bomb", "bomb of zlib", "large"],
)
def test_what_cannot_be_unwrapped_is_refused_with_a_reason(key: IngestKey, body: bytes, status: int) -> None:
    answer = send(key, body)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert not InboxItem.objects.exists()


def test_the_address_without_a_project_needs_a_key(key: IngestKey) -> None:
    assert Client().generic("POST", "/api/store/", EVENT).status_code == 403
    other = Project.objects.create(slug="other", name="Other")
    dsn = f"https://{key.public_key}@obs.example/{other.pk}"
    body = ENVELOPE.replace(b"{}", json.dumps({"dsn": dsn}).encode(), 1)
    assert send(key, body, path="/api/store/").status_code == 403
    assert not InboxItem.objects.exists()


def check_in(key: IngestKey, method: str, query: str = "", body: Any = None, *, named: bool = True) -> Any:
    at = f"/api/{key.project_id}/cron/nightly/" + (f"{key.public_key}/" if named else "")
    query += "" if named else f"&sentry_key={key.public_key}"
    data = b"" if body is None else json.dumps(body).encode()
    return Client().generic(method, f"{at}?{query}", data, content_type="application/json")


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("method", "query", "body"),
    [
        ("GET", "status=ok&duration=1.5&environment=live", None),
        ("POST", "status=ok&duration=1.5&environment=live", None),
        ("POST", "", {"status": "ok", "duration": 1.5, "environment": "live"}),
        ("POST", "status=error&environment=live", {"status": "ok", "duration": 1.5}),
    ],
)
def test_a_check_in_comes_by_plain_http(key: IngestKey, method: str, query: str, body: Any, named: bool) -> None:
    assert check_in(key, method, query, body, named=named).status_code == 202
    assert InboxItem.objects.get().kind == "check_in"
    found = stored()
    kept = [found[name] for name in ("monitor_slug", "status", "duration", "environment")]
    assert kept == ["nightly", "ok", 1.5, "live"]


def test_a_check_in_by_http_brings_its_schedule(key: IngestKey) -> None:
    schedule = {"type": "crontab", "value": "0 3 * * *"}
    body = {"status": "in_progress", "check_in_id": EVENT_ID, "monitor_config": {"schedule": schedule}}
    assert check_in(key, "POST", body=body).status_code == 202
    assert stored()["monitor_config"]["schedule"] == schedule
    assert stored()["check_in_id"] == EVENT_ID


@pytest.mark.parametrize(("query", "body"), [("", None), ("status=late", None), ("status=ok", [1])])
def test_what_is_no_check_in_is_refused(key: IngestKey, query: str, body: Any) -> None:
    assert check_in(key, "POST", query, body).status_code == 400


@pytest.mark.parametrize("wrong", ["0" * 32, "nonsense"])
def test_a_check_in_needs_its_key(key: IngestKey, wrong: str) -> None:
    assert Client().get(f"/api/{key.project_id}/cron/nightly/{wrong}/?status=ok").status_code == 403
    assert Client().get(f"/api/{key.project_id}/cron/nightly/?status=ok").status_code == 403


def test_network_errors_have_an_address_of_their_own(key: IngestKey) -> None:
    report = {"type": "network-error", "age": 1, "url": "https://shop.example/", "body": {"type": "dns.unreachable"}}
    path = f"/api/{key.project_id}/nel/?sentry_key={key.public_key}"
    answer = Client().generic("POST", path, json.dumps([report]).encode(), content_type="application/reports+json")
    assert answer.status_code == 200
    assert (InboxItem.objects.get().kind, stored()["report"]["kind"]) == ("security", "nel")
