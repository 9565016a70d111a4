"""What SDKs get back: the answers of the ingest endpoints."""

import gzip
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.ingest import accounting
from events.models import InboxItem, IngestKey, Project


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]
    accounting.refusals.__init__()  # type: ignore[misc]


@pytest.fixture
def client() -> Client:
    return Client()


def envelope(event_id: str | None = None, *, dsn: str | None = None, **event: Any) -> bytes:
    event_id = event_id or uuid.uuid4().hex
    header = {"event_id": event_id} | ({"dsn": dsn} if dsn else {})
    payload = json.dumps({"message": "hello", "platform": "python", **event})
    return "\n".join([json.dumps(header), json.dumps({"type": "event"}), payload]).encode()


def post(client: Client, key: IngestKey, body: bytes, *, endpoint: str = "envelope", **headers: str) -> Any:
    return client.generic(
        "POST",
        f"/api/{key.project_id}/{endpoint}/",
        body,
        content_type=headers.pop("content_type", "application/x-sentry-envelope"),
        headers={"X-Sentry-Auth": f"Sentry sentry_key={key.public_key}, sentry_version=7"} | headers,
    )


def flushed() -> accounting.Report:
    accounting.refusals.flush(now=timezone.now())
    report = accounting.report()
    assert report.difference == 0
    return report


def test_an_envelope_is_accepted_and_answered_with_its_id(client: Client, key: IngestKey) -> None:
    event_id = uuid.uuid4().hex
    response = post(client, key, envelope(event_id))
    assert (response.status_code, response.json()) == (200, {"id": event_id})
    assert InboxItem.objects.get().item_id == uuid.UUID(event_id)
    assert flushed().in_inbox == 1


def test_a_duplicate_is_answered_200_and_counted(client: Client, key: IngestKey) -> None:
    body = envelope(uuid.uuid4().hex)
    assert [post(client, key, body).status_code for _ in range(2)] == [200, 200]
    assert flushed().duplicate == 1


@pytest.mark.parametrize("place", ["header", "query", "dsn"])
def test_the_key_may_stand_in_three_places(client: Client, key: IngestKey, place: str) -> None:
    url = f"/api/{key.project_id}/envelope/"
    dsn = f"https://{key.public_key}@obs.example/{key.project_id}"
    if place == "header":
        response = post(client, key, envelope())
    elif place == "query":
        response = client.generic("POST", f"{url}?sentry_key={key.public_key}&sentry_version=7", envelope())
    else:
        response = client.generic("POST", url, envelope(dsn=dsn))
    assert response.status_code == 200


def test_a_tunnelled_envelope_finds_its_project(client: Client, key: IngestKey) -> None:
    dsn = f"https://{key.public_key}@obs.example/{key.project_id}"
    assert client.generic("POST", "/tunnel/", envelope(dsn=dsn)).status_code == 200
    assert InboxItem.objects.get().project_id == key.project_id
    assert client.generic("POST", "/tunnel/", envelope()).status_code == 403


@pytest.mark.parametrize("wrong", ["0" * 32, "nonsense"])
def test_a_wrong_key_is_403_and_shuts_nobody_out(client: Client, key: IngestKey, wrong: str) -> None:
    url = f"/api/{key.project_id}/envelope/?sentry_key={wrong}"
    response = client.generic("POST", url, envelope())
    assert response.status_code == 403
    assert response.json()["detail"]
    assert post(client, key, envelope()).status_code == 200


def test_keys_that_contradict_each_other_are_403(client: Client, key: IngestKey) -> None:
    other = IngestKey.objects.create(project=key.project)
    dsn = f"https://{other.public_key}@obs.example/{key.project_id}"
    assert post(client, key, envelope(dsn=dsn)).status_code == 403


def test_no_key_is_403(client: Client, key: IngestKey) -> None:
    assert client.generic("POST", f"/api/{key.project_id}/envelope/", envelope()).status_code == 403


@pytest.mark.parametrize("how", ["disabled", "expired"])
def test_a_key_that_is_off_is_403(client: Client, key: IngestKey, how: str) -> None:
    fields = {"is_active": False} if how == "disabled" else {"expires_at": timezone.now() - timedelta(hours=1)}
    IngestKey.objects.update(**fields)
    response = post(client, key, envelope())
    assert (response.status_code, response.json()) == (403, {"detail": "This key is disabled."})


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"not an envelope", {}, 400),
        (b'{"event_id": 5', {}, 400),
        (envelope(), {"Content-Encoding": "lzma"}, 415),
        (b"\x1f\x8bgarbage", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"{}\n" + b"x" * 20_000_000), {"Content-Encoding": "gzip"}, 413),
        (b"x" * 1_100_000, {}, 413),
    ],
    ids=["text", "cut", "encoding", "corrupt", "bomb", "large"],
)
def test_a_bad_body_gets_a_clear_error_and_is_counted(
    client: Client, key: IngestKey, body: bytes, headers: dict[str, str], status: int
) -> None:
    response = post(client, key, body, **headers)
    assert response.status_code == status
    assert response.json()["detail"]
    assert flushed().invalid == 1


def test_a_quota_answers_429_with_both_headers(client: Client, key: IngestKey) -> None:
    IngestKey.objects.update(rate_per_minute=2)
    answers = [post(client, key, envelope()) for _ in range(4)]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    refused = answers[-1]
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert refused["X-Sentry-Rate-Limits"] == f"{refused['Retry-After']}::key:rate_limited"
    assert refused["Access-Control-Expose-Headers"] == "X-Sentry-Rate-Limits, X-Sentry-Error, Retry-After"
    assert flushed().rate_limited == 2


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://app.example", 200),
        ("https://evilapp.example", 403),
        ("https://app.example.evil.tld", 403),
        ("null", 403),
        ("", 200),
    ],
)
def test_origins_are_compared_by_host(client: Client, key: IngestKey, origin: str, status: int) -> None:
    IngestKey.objects.update(allowed_origins=["app.example"])
    headers = {"Origin": origin} if origin else {}
    assert post(client, key, envelope(), **headers).status_code == status


def test_a_preflight_is_answered(client: Client, key: IngestKey) -> None:
    response = client.options(f"/api/{key.project_id}/envelope/", headers={"Origin": "https://app.example"})
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "x-sentry-auth" in response["Access-Control-Allow-Headers"]


def test_what_a_project_does_not_take_is_said_and_filtered(client: Client, key: IngestKey) -> None:
    Project.objects.update(disabled_categories=["transaction", "error"])
    response = post(client, key, envelope())
    assert response.status_code == 200
    assert response["X-Sentry-Rate-Limits"] == "86400:error;transaction:project:disabled"
    assert flushed().filtered == {"disabled": 1}


def test_a_store_body_is_accepted(client: Client, key: IngestKey) -> None:
    response = post(client, key, b'{"message": "old"}', endpoint="store", content_type="application/json")
    assert response.status_code == 200
    assert len(response.json()["id"]) == 32


def test_a_chunked_body_without_a_length_is_read(client: Client, key: IngestKey) -> None:
    from io import BytesIO

    body = envelope()
    response = client.generic(
        "POST",
        f"/api/{key.project_id}/envelope/?sentry_key={key.public_key}",
        b"",
        **{"wsgi.input": BytesIO(body), "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert response.status_code == 200
    assert InboxItem.objects.count() == 1
