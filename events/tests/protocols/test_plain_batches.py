"""The plain JSON API: good items are kept, bad ones are named."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.protocols import timings
from events.tests.intake import digested, facts
from events.tests.sentry_bodies import NOW, context
from events.values import lenient, pseudonyms
from events.values.errors import TooLarge


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def send(key: IngestKey, kind: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().generic(
        "POST", f"/api/v1/{kind}/", data, content_type="application/json",
        headers={"X-Obs-Key": key.public_key} | headers,
    )  # fmt: skip


def _host(project: Project, name: str) -> str:
    """What stands for a host where a project does not keep their names."""
    return "h_" + pseudonyms.of(bytes(project.pepper), "host", name)[2:]


def test_timings_become_requests(project: Project, key: IngestKey) -> None:
    timing = {
        "route": "GET /items/{id}", "method": "get", "status": 429, "duration_ms": 41.5, "db_ms": 30, "db_count": 4,
        "queue_ms": 2, "cache": "miss", "cache_hits": 1, "attributes": {"plan": "team"},
    }  # fmt: skip
    answer = send(key, "timings", {"release": "shop@1", "service": "shop", "host": "h1", "timings": [timing]})
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "errors": []})
    digested(project)
    (row,) = facts(project, "requests")
    assert (row["route"], row["method"], row["status"], row["duration_ms"]) == ("GET /items/{id}", "GET", 429, 41.5)
    assert (row["db_ms"], row["db_count"], row["queue_ms"], row["cache"], row["cache_hits"]) == (30, 4, 2, "miss", 1)
    assert (row["release"], row["service"], row["is_rate_limited"]) == ("shop@1", "shop", True)
    assert row["host"] == _host(project, "h1")
    assert row["attributes"] == {"plan": "team"}


def test_metrics_of_every_type_are_stored(project: Project, key: IngestKey) -> None:
    metrics = [
        {"name": "queue.length", "value": 3},
        {"name": "orders", "type": "counter", "value": 2, "attributes": {"plan": "team"}, "host": "h1"},
        {"name": "checkout", "type": "distribution", "value": 41.5, "unit": "ms"},
        {"name": "sizes", "type": "histogram", "bounds": [1, 2], "buckets": [3, 0, 1], "sum": 9, "unit": "By"},
    ]
    assert send(key, "metrics", metrics).json() == {"accepted": 4, "errors": []}
    digested(project)
    rows = {row["name"]: row for row in facts(project, "metrics")}
    assert (rows["queue.length"]["type"], rows["queue.length"]["value"]) == ("gauge", 3)
    assert (rows["orders"]["is_monotonic"], rows["orders"]["host"]) == (True, _host(project, "h1"))
    assert (rows["checkout"]["unit"], rows["checkout"]["value"]) == ("millisecond", 41.5)
    assert (rows["sizes"]["bounds"], rows["sizes"]["buckets"], rows["sizes"]["count"]) == ([1, 2], [3, 0, 1], 4)


def test_a_bad_item_is_named_and_the_rest_is_stored(project: Project, key: IngestKey) -> None:
    batch = {"timings": [{"route": "a", "duration_ms": 1}, {"route": "b", "duration_ms": -1}, 7]}
    answer = send(key, "timings", batch)
    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 1,
        "errors": [
            {"index": 1, "detail": "duration_ms -1 is below 0"},
            {"index": 2, "detail": "an item is a JSON object"},
        ],
    }
    report = digested(project)
    assert (report.stored, report.filtered, report.invalid) == (1, {"negative": 1}, 1)


@pytest.mark.parametrize(
    ("change", "outcome", "reason", "words"),
    [
        ({"duration_ms": float("nan")}, "filtered", "not_a_number", "duration_ms None is not a number"),
        ({"duration_ms": "12"}, "filtered", "not_a_number", "duration_ms '12' is not a number"),
        ({"duration_ms": 1e12}, "filtered", "absurd", "above"),
        ({"db_ms": -3}, "filtered", "negative", "db_ms -3 is below 0"),
        ({"timestamp": NOW + 3600}, "filtered", "future", "lies in the future"),
        ({"timestamp": NOW - 40 * 86400}, "filtered", "past", "30 days"),
        ({"timestamp": "soon"}, "invalid", "timestamp", "neither Unix seconds nor ISO 8601"),
        ({"status": 42}, "invalid", "status", "status 42"),
        ({"cache": "warm"}, "invalid", "cache", "known are"),
        ({"route": ""}, "invalid", "no_route", "route is missing"),
    ],
)
def test_a_timing_that_cannot_be_true_is_refused(change: dict[str, Any], outcome: str, reason: str, words: str) -> None:
    body = lenient.canonical([{"route": "a", "duration_ms": 1, **change}])
    (refused,) = timings.decode_timings(body, context()).refused
    assert (refused.outcome, refused.reason) == (outcome, reason)
    assert words in refused.detail


@pytest.mark.parametrize(
    ("metric", "reason", "words"),
    [
        ({"name": "a", "value": 1, "unit": "parsec"}, "unknown_unit", "unit 'parsec' is unknown; known are nanosecond"),
        ({"name": "a", "value": 1, "type": "sketch"}, "type", "known are counter, distribution, gauge, histogram"),
        ({"name": "a"}, "not_a_number", "value None"),
        ({"value": 1}, "no_name", "name is missing"),
        ({"name": "a", "type": "counter", "value": -1}, "negative", "below 0"),
        ({"name": "a", "type": "histogram", "bounds": [1], "buckets": [1]}, "histogram", "one entry more"),
        ({"name": "a", "type": "histogram", "bounds": [2, 1], "buckets": [1, 1, 1]}, "histogram", "rise"),
        ({"name": "a", "value": 1e30}, "absurd", "above"),
    ],
)
def test_a_metric_that_cannot_be_is_refused(metric: dict[str, Any], reason: str, words: str) -> None:
    (refused,) = timings.decode_metrics(json.dumps([metric]).encode(), context()).refused
    assert refused.reason == reason
    assert words in refused.detail


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"3", 400), (b'{"metrics": 3}', 400), (b"[" + b",".join([b"{}"] * 1001) + b"]", 413), (b"[]", 200)],
)
def test_a_body_that_is_no_batch_is_refused_whole(key: IngestKey, body: bytes, status: int) -> None:
    assert send(key, "metrics", body).status_code == status


def test_more_than_a_thousand_is_too_large() -> None:
    with pytest.raises(TooLarge, match="at most 1000"):
        timings.decode_timings(json.dumps([{}] * 1001).encode(), context())


def test_equal_batches_count_twice_unless_they_carry_an_id(project: Project, key: IngestKey) -> None:
    batch = {"metrics": [{"name": "orders", "type": "counter", "value": 1}]}
    for sent in (batch, batch, batch | {"id": "1"}, batch | {"id": "1"}):
        assert send(key, "metrics", sent).json()["accepted"] == 1
    report = digested(project)
    assert (report.stored, report.duplicate) == (3, 1)


def test_gzip_is_read_and_iso_moments_too(project: Project, key: IngestKey) -> None:
    moment = (timezone.now() - timedelta(minutes=5)).replace(microsecond=0)
    body = gzip.compress(json.dumps([{"name": "a", "value": 1, "timestamp": moment.isoformat()}]).encode())
    assert send(key, "metrics", body, **{"Content-Encoding": "gzip"}).json()["accepted"] == 1
    digested(project)
    assert facts(project, "metrics")[0]["at"] == moment


@pytest.mark.parametrize("headers", [{"X-Obs-Key": ""}, {"X-Obs-Key": "x"}, {"X-Obs-Key": "ab" * 16}])
def test_without_a_good_key_nothing_is_taken(key: IngestKey, headers: dict[str, str]) -> None:
    answer = send(key, "metrics", [], **headers)
    assert answer.status_code == 403
    assert "detail" in answer.json()
