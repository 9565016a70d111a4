"""A rate counts items, whichever door they come through; what is beyond it is refused and told."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.tests.intake import digested, facts, post
from events.tests.sentry_bodies import envelope


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


@pytest.fixture
def slow(key: IngestKey) -> IngestKey:
    """A key of ten items a minute."""
    IngestKey.objects.update(rate_per_minute=10)
    return key


def export(lines: int) -> bytes:
    records = [{"timeUnixNano": str(time.time_ns()), "body": {"stringValue": f"line {n}"}} for n in range(lines)]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()


def send(key: IngestKey, path: str, body: bytes) -> Any:
    headers = {"X-Obs-Key": key.public_key}
    return Client().generic("POST", path, body, content_type="application/json", headers=headers)


def test_a_batch_is_kept_as_far_as_the_rate_goes(project: Project, slow: IngestKey) -> None:
    answer = send(slow, "/otlp/v1/logs", export(2000))
    told = {"rejectedLogRecords": "1990", "errorMessage": "rate: 1990"}
    assert (answer.status_code, answer.json()) == (200, {"partialSuccess": told})
    report = digested(project)
    assert (report.stored, report.rate_limited) == (10, 1990)
    assert [row["body"] for row in facts(project, "logs")] == [f"line {n}" for n in range(10)]
    refused = send(slow, "/otlp/v1/logs", export(1))
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 6


def test_the_first_errors_of_a_page_pass(project: Project, slow: IngestKey) -> None:
    body = envelope(({"type": "event"}, {"message": "broken"}))
    assert [post(slow, "envelope/", body).status_code for _ in range(11)] == [200] * 10 + [429]


def test_an_envelope_counts_all_it_holds_and_says_so(project: Project, slow: IngestKey) -> None:
    lines = {"items": [{"timestamp": time.time(), "level": "info", "body": f"line {n}"} for n in range(20)]}
    error, log = ({"type": "event"}, {"message": "broken"}), ({"type": "log", "item_count": 20}, lines)
    answer = post(slow, "envelope/", envelope(error, log, event_id="9ec79dc33ec942ab8353589fcb2e04dc"))
    assert answer.status_code == 200
    seconds, _, rest = answer["X-Sentry-Rate-Limits"].partition(":")
    assert (1 <= int(seconds) <= 6, rest) == (True, ":key:rate_limited")
    report = digested(project)
    assert (report.stored, report.rate_limited) == (10, 11)
    assert len(facts(project, "logs")) == 9


def test_a_plain_batch_names_what_is_beyond(project: Project, slow: IngestKey) -> None:
    timings = [{"route": f"GET /{n}", "duration_ms": 1} for n in range(15)]
    answer = send(slow, "/api/v1/timings/", json.dumps({"timings": timings}).encode()).json()
    assert answer["accepted"] == 10
    assert answer["errors"][0]["detail"].startswith("5 items are beyond the rate")
    assert (digested(project).stored, len(facts(project, "requests"))) == (10, 10)


def test_the_rate_of_a_project_counts_items_of_all_its_keys(project: Project, key: IngestKey) -> None:
    Project.objects.update(rate_per_minute=30)
    other = IngestKey.objects.create(project=project)
    for one in (key, other):
        assert send(one, "/otlp/v1/logs", export(20)).status_code == 200
    report = digested(project)
    assert (report.stored, report.rate_limited) == (30, 10)
