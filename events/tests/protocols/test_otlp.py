"""OpenTelemetry over HTTP: real exports become facts, and answers are those of the specification."""

import gzip
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1 import metrics_pb2

from events.accounts import keys
from events.endpoints.admission import body
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.protocols import otlp
from events.protocols.contract import Decoded
from events.tests.intake import digested, facts
from events.tests.sentry_bodies import context, pseudonym
from events.values import pseudonyms
from events.values.errors import Malformed

SAMPLES = Path(__file__).parents[1] / "samples" / "otlp"
RECORDED = datetime(2026, 11, 23, 9, 50, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def sample(signal: str) -> bytes:
    data = (SAMPLES / f"{signal}.bin").read_bytes()
    return body.decompress(data, encoding="gzip", cap=1 << 20)


def decoded(signal: str) -> Decoded:
    return otlp.decode(signal, sample(signal), context(received_at=RECORDED), is_json=False)


def send(key: IngestKey, signal: str, data: bytes, *, as_json: bool = False, **headers: str) -> Any:
    kind = "application/json" if as_json else "application/x-protobuf"
    return Client().generic(
        "POST", f"/otlp/v1/{signal}", data, content_type=kind, headers={"X-Obs-Key": key.public_key} | headers
    )


def span(**fields: Any) -> dict[str, Any]:
    start = timezone.now().timestamp() - 1
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "GET /items/{id}",
        "kind": 2,
        "startTimeUnixNano": str(int(start * 1e9)),
        "endTimeUnixNano": str(int((start + 0.25) * 1e9)),
        "attributes": [{"key": "http.method", "value": {"stringValue": "GET"}}],
    } | fields


def traces(*spans: Any, **resource: str) -> bytes:
    pairs = [{"key": name, "value": {"stringValue": value}} for name, value in resource.items()]
    request = {"resourceSpans": [{"resource": {"attributes": pairs}, "scopeSpans": [{"spans": list(spans)}]}]}
    return json.dumps(request).encode()


def test_the_python_sdk_s_request_has_its_queries_below_it() -> None:
    (item,) = decoded("traces").items
    payload = item.payload
    assert (payload["service"], payload["release"], payload["environment"], payload["host"]) == (
        "shop", "shop@1.4.2", "production", "h_" + pseudonym("host", "shop-1")[2:],
    )  # fmt: skip
    served = next(found for found in payload["spans"] if found["kind"] == "server")
    assert (served["op"], served["transaction"], served["is_segment"]) == ("http.server", "GET /items/{id}", True)
    assert served["attributes"]["exception.type"] == "LookupError"
    queries = [found for found in payload["spans"] if found["op"] == "db"]
    assert len(queries) == 6
    assert {query["transaction"] for query in queries} == {"GET /items/{id}"}


def test_the_python_sdk_s_log_keeps_its_place_in_the_trace() -> None:
    (item,) = decoded("logs").items
    (line,) = item.payload["items"]
    assert (line["body"], line["level"], line["severity_number"], line["logger"]) == (
        "item 7 is out of stock", "warning", 13, "shop.views",
    )  # fmt: skip
    (traced,) = decoded("traces").items
    assert line["trace_id"] == traced.payload["spans"][0]["trace_id"]


def test_the_python_sdk_s_metrics_say_how_they_add_up() -> None:
    (item,) = decoded("metrics").items
    read = {metric["name"]: metric for metric in item.payload["items"]}
    assert (read["orders"]["type"], read["orders"]["value"], read["orders"]["is_monotonic"]) == ("cumulative", 3, True)
    assert (read["baskets"]["type"], read["baskets"]["value"]) == ("gauge", -2)
    assert (read["system.memory.usage"]["type"], read["system.memory.usage"]["unit"]) == ("gauge", "By")
    histogram = read["checkout.duration"]
    assert (histogram["type"], histogram["count"], histogram["sum"]) == ("cumulative_histogram", 1, 41.5)
    assert len(histogram["buckets"]) == len(histogram["bounds"]) + 1
    assert read["orders"]["attributes"] == {"plan": "team"}


def test_a_server_span_becomes_a_request_with_its_queries(project: Project, key: IngestKey) -> None:
    now = timezone.now()
    request = ExportTraceServiceRequest.FromString(sample("traces"))
    later = int(now.timestamp() * 1e9) - request.resource_spans[0].scope_spans[0].spans[0].end_time_unix_nano - 10**9
    for moved in request.resource_spans[0].scope_spans[0].spans:
        moved.start_time_unix_nano += later
        moved.end_time_unix_nano += later
    answer = send(key, "traces", gzip.compress(request.SerializeToString()), **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "application/x-protobuf", b"")
    assert digested(project).stored == 7
    (row,) = facts(project, "requests")
    assert (row["route"], row["method"], row["status"], row["db_count"]) == ("GET /items/{id}", "GET", 404, 6)
    host = "h_" + pseudonyms.of(bytes(project.pepper), "host", "shop-1")[2:]
    assert (row["service"], row["host"], row["release"]) == ("shop", host, "shop@1.4.2")
    assert 0 < row["db_ms"] < row["duration_ms"]
    (query,) = facts(project, "queries")
    assert (query["statement"], query["count"], query["finding"], query["route"]) == (
        "SELECT * FROM lines WHERE id = ?", 6, "n_plus_one", "GET /items/{id}",
    )  # fmt: skip
    assert {
        stored["attributes"].get("db.query.text") for stored in facts(project, "spans") if stored["op"] == "db"
    } == {"SELECT * FROM lines WHERE id = ?"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"http.method": "GET", "http.status_code": 500}, ("GET", 500)),
        ({"http.request.method": "POST", "http.response.status_code": 201}, ("POST", 201)),
        ({"http.method": "get"}, ("GET", None)),
    ],
)
def test_both_generations_of_conventions_are_read(
    project: Project, key: IngestKey, attributes: dict[str, Any], expected: tuple[str, int | None]
) -> None:
    kinds = {str: "stringValue", int: "intValue"}
    pairs = [{"key": name, "value": {kinds[type(value)]: value}} for name, value in attributes.items()]
    assert send(key, "traces", traces(span(attributes=pairs)), as_json=True).status_code == 200
    digested(project)
    (row,) = facts(project, "requests")
    assert (row["method"], row["status"]) == expected
    assert row["duration_ms"] == pytest.approx(250, abs=1)


def test_json_keeps_its_hexadecimal_ids(project: Project, key: IngestKey) -> None:
    answer = send(key, "traces", traces(span(parentSpanId="00f067aa0ba902b7")), as_json=True)
    assert (answer.status_code, answer.json()) == (200, {})
    digested(project)
    (row,) = facts(project, "spans")
    assert (row["trace_id"], row["span_id"], row["parent_span_id"]) == (
        "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "00f067aa0ba902b7",
    )  # fmt: skip


def test_a_bad_span_is_rejected_and_the_rest_stored(project: Project, key: IngestKey) -> None:
    bad = [span(traceId="xyz"), span(traceId="00" * 16), "no object", span(startTimeUnixNano="soon")]
    answer = send(key, "traces", traces(*bad, span()), as_json=True)
    assert answer.json() == {"partialSuccess": {"rejectedSpans": "4", "errorMessage": "span_item: 4"}}
    report = digested(project)
    assert (report.stored, report.invalid) == (1, 4)


def metric_point(received: datetime, **fields: Any) -> bytes:
    moment = int(fields.pop("at", received).timestamp() * 1e9)
    point = metrics_pb2.NumberDataPoint(time_unix_nano=moment, **fields)
    metric = metrics_pb2.Metric(name="load", gauge=metrics_pb2.Gauge(data_points=[point]))
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.append(metric)
    return request.SerializeToString()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"as_double": math.nan}, "not_a_number"),
        ({"as_double": math.inf}, "not_a_number"),
        ({"as_double": 1e300}, "absurd"),
        ({"as_double": 1.0, "at": RECORDED + timedelta(hours=1)}, "future"),
        ({"as_double": 1.0, "at": RECORDED - timedelta(days=40)}, "past"),
        ({}, "not_a_number"),
    ],
)
def test_a_point_that_cannot_be_true_is_refused_with_a_reason(fields: dict[str, Any], reason: str) -> None:
    result = otlp.decode("metrics", metric_point(RECORDED, **fields), context(received_at=RECORDED), is_json=False)
    assert [(refused.outcome, refused.reason) for refused in result.refused] == [("filtered", reason)]
    response = ExportMetricsServiceResponse.FromString(otlp.success("metrics", result, is_json=False))
    assert response.partial_success.rejected_data_points == 1
    assert response.partial_success.error_message == f"{reason}: 1"


@pytest.mark.parametrize(
    ("scale", "offset", "positive", "negative", "zero", "bounds", "buckets"),
    [
        (0, 0, [2, 1], [], 3, [1, 2, 4], [3, 2, 1, 0]),
        (1, 2, [5], [], 0, [2, 2**1.5], [0, 5, 0]),
        (0, 0, [], [], 4, [0], [4, 0]),
        (0, 1, [1], [7, 8], 2, [-4, -2, -1, 2, 4], [0, 8, 7, 2, 1, 0]),
    ],
)
def test_an_exponential_histogram_is_written_out(
    scale: int,
    offset: int,
    positive: list[int],
    negative: list[int],
    zero: int,
    bounds: list[float],
    buckets: list[int],
) -> None:
    point = metrics_pb2.ExponentialHistogramDataPoint(
        time_unix_nano=int(RECORDED.timestamp() * 1e9), scale=scale, zero_count=zero, count=sum(buckets)
    )
    point.positive.offset = offset
    point.positive.bucket_counts.extend(positive)
    point.negative.bucket_counts.extend(negative)
    data = metrics_pb2.ExponentialHistogram(data_points=[point], aggregation_temporality=1)
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name="latency", exponential_histogram=data)
    result = otlp.decode("metrics", request.SerializeToString(), context(received_at=RECORDED), is_json=False)
    (metric,) = result.items[0].payload["items"]
    assert (metric["type"], metric["bounds"], metric["buckets"]) == ("histogram", pytest.approx(bounds), buckets)


def test_people_s_addresses_do_not_pass() -> None:
    pairs = [("net.peer.ip", "203.0.113.7"), ("enduser.id", "alice@example.org"), ("http.target", "/items?token=abc")]
    attributes = [{"key": name, "value": {"stringValue": value}} for name, value in pairs]
    result = otlp.decode("traces", traces(span(attributes=attributes)), context(), is_json=True)
    found = result.items[0].payload["spans"][0]["attributes"]
    assert set(found) == {"user.key", "enduser.id", "http.target"}
    assert found["enduser.id"] == found["user.key"] == pseudonym("user", "alice@example.org")
    assert found["http.target"] == "/items"


def test_a_collector_s_batch_is_an_item_for_each_resource() -> None:
    request = ExportTraceServiceRequest()
    for service in ("shop", "mail", "shop"):
        one = ExportTraceServiceRequest()
        json_format.Parse(traces(**{"service.name": service}), one)
        of_resource = request.resource_spans.add()
        of_resource.CopyFrom(one.resource_spans[0])
        of_resource.scope_spans[0].spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name=service)
    result = otlp.decode("traces", request.SerializeToString(), context(), is_json=False)
    assert [(item.payload["service"], item.quantity) for item in result.items] == [("shop", 2), ("mail", 1)]
    assert len({item.item_id for item in result.items}) == 2


def test_a_repeated_export_is_a_duplicate(project: Project, key: IngestKey) -> None:
    data = traces(span())
    assert [send(key, "traces", data, as_json=True).status_code for _ in range(2)] == [200, 200]
    report = digested(project)
    assert (report.stored, report.duplicate) == (1, 1)


@pytest.mark.parametrize("data", [b"\xff\xff", b"{", b"\n\xff"])
def test_what_is_no_protobuf_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        otlp.decode("traces", data, context(), is_json=False)


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_is_answered_in_the_encoding_of_the_request(key: IngestKey, as_json: bool) -> None:
    answer = send(key, "traces", b"\xff\xff", as_json=as_json)
    assert answer.status_code == 400
    if as_json:
        assert answer.json()["message"].startswith("not JSON")
    else:
        assert answer["Content-Type"] == "application/x-protobuf"
        assert b"protobuf message" in answer.content


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/otlp/v1/traces", {}, 403),
        ("/otlp/v1/traces", {"X-Obs-Key": "no key"}, 403),
        ("/otlp/v1/traces", {"X-Obs-Key": "ab" * 16}, 403),
        ("/otlp/v1/traces", {"X-Obs-Key": "{key}"}, 200),
        ("/otlp/v1/logs/", {"Authorization": "Bearer {key}"}, 200),
        ("/api/{project}/otlp/v1/metrics", {"Authorization": "Bearer {key}"}, 200),
        ("/api/{project}/integration/otlp/v1/traces", {"X-Sentry-Auth": "sentry sentry_key={key}"}, 200),
        ("/api/{project}/integration/otlp/v1/logs/", {"X-Sentry-Auth": "Sentry sentry_key={key}"}, 200),
        ("/api/{other}/otlp/v1/traces", {"X-Obs-Key": "{key}"}, 403),
    ],
)
def test_the_key_may_come_in_several_headers(key: IngestKey, path: str, headers: dict[str, str], status: int) -> None:
    names = {"key": key.public_key, "project": key.project_id, "other": key.project_id + 1}
    answer = Client().generic(
        "POST", path.format(**names), b"\n\0", content_type="application/x-protobuf",
        headers={name: value.format(**names) for name, value in headers.items()},
    )  # fmt: skip
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("signal", "response"),
    [
        ("traces", ExportTraceServiceResponse),
        ("metrics", ExportMetricsServiceResponse),
        ("logs", ExportLogsServiceResponse),
    ],
)
def test_a_full_success_leaves_partial_success_unset(signal: str, response: Any) -> None:
    assert not response.FromString(otlp.success(signal, Decoded(), is_json=False)).HasField("partial_success")


def test_an_unknown_content_type_is_refused(key: IngestKey) -> None:
    answer = Client().generic(
        "POST", "/otlp/v1/traces", b"x", content_type="text/plain", headers={"X-Obs-Key": key.public_key}
    )
    assert answer.status_code == 415
