"""OTLP at its edges: nulls, parents of zeros, histograms of any scale, refusals in the encoding of the request."""

import json
import math
import sys
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from google.protobuf import json_format
from google.rpc import status_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1 import metrics_pb2

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey
from events.protocols import otlp
from events.protocols.contract import Decoded
from events.tests.sentry_bodies import context

NOW = datetime(2026, 11, 23, 9, 50, tzinfo=UTC)
NANOSECONDS = int(NOW.timestamp() * 1e9)
SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "root", "kind": 1,
    "startTimeUnixNano": str(NANOSECONDS - 10**9), "endTimeUnixNano": str(NANOSECONDS),
}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def read(signal: str, outer: str, scopes: str, name: str, items: Any, **changes: Any) -> Decoded:
    of_resource = {"resource": None, scopes: [{"scope": None, name: items}, None]} | changes
    body = json.dumps({outer: [of_resource, None]}).encode()
    return otlp.decode(signal, body, context(received_at=NOW), is_json=True)


def spans(*items: Any) -> Decoded:
    return read("traces", "resourceSpans", "scopeSpans", "spans", list(items))


@pytest.mark.parametrize("parent", [None, "", "0000000000000000"])
def test_a_parent_that_is_none_makes_a_root(parent: str | None) -> None:
    result = spans(SPAN | {"parentSpanId": parent})
    assert result.refused == ()
    (span,) = result.items[0].payload["spans"]
    assert (span["parent_span_id"], span["is_segment"]) == (None, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"attributes": None, "events": None, "links": None, "status": None, "kind": None, "flags": None},
        {"attributes": [None, {"key": "a", "value": None}, {"key": "b", "value": {"stringValue": None}}]},
        {"attributes": [{"key": "a", "value": {"arrayValue": {"values": [None, {"intValue": "1"}]}}}]},
        {"attributes": [{"key": "a", "value": {"kvlistValue": {"values": [None]}}}]},
        {"links": [None, {"traceId": None, "spanId": None}], "events": [None, {"attributes": None}]},
        {"status": {"code": None, "message": None}, "droppedAttributesCount": None},
    ],
)
def test_null_is_the_default_of_every_field(changes: dict[str, Any]) -> None:
    result = spans(SPAN | changes)
    assert result.refused == ()
    assert result.items[0].quantity == 1


def test_a_null_among_the_spans_is_no_span() -> None:
    result = spans(None, SPAN)
    assert [(one.reason, one.quantity) for one in result.refused] == [("span_item", 1)]
    assert result.items[0].quantity == 1


def test_a_log_record_without_a_trace_belongs_to_none() -> None:
    record = {"timeUnixNano": str(NANOSECONDS), "body": {"stringValue": "x"}, "traceId": None, "spanId": None}
    result = read("logs", "resourceLogs", "scopeLogs", "logRecords", [record])
    assert result.refused == ()
    (line,) = result.items[0].payload["items"]
    assert (line["body"], line["trace_id"], line["span_id"]) == ("x", None, None)


def test_points_of_null_are_nothing_counted() -> None:
    point = {"timeUnixNano": str(NANOSECONDS), "count": "3", "bucketCounts": [None, "3"], "explicitBounds": [None],
             "exemplars": None, "min": None}  # fmt: skip
    metric = {"name": "load", "histogram": {"aggregationTemporality": 1, "dataPoints": [point]}}
    result = read("metrics", "resourceMetrics", "scopeMetrics", "metrics", [metric])
    (item,) = result.items[0].payload["items"]
    assert (item["bounds"], item["buckets"], "min" in item) == ([0.0], [0, 3], False)


def exponential(*, positive: Any = (), negative: Any = (), offsets: tuple[int, int] = (0, 0), **fields: Any) -> Decoded:
    point = metrics_pb2.ExponentialHistogramDataPoint(time_unix_nano=NANOSECONDS, **fields)
    for side, counts, offset in zip((point.positive, point.negative), (positive, negative), offsets, strict=True):
        side.offset = offset
        side.bucket_counts.extend(counts)
    data = metrics_pb2.ExponentialHistogram(
        data_points=[point], aggregation_temporality=metrics_pb2.AGGREGATION_TEMPORALITY_DELTA
    )
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name="latency", exponential_histogram=data)
    return otlp.decode("metrics", request.SerializeToString(), context(received_at=NOW), is_json=False)


def written(**fields: Any) -> tuple[list[float], list[int]]:
    result = exponential(**fields)
    assert result.refused == ()
    (metric,) = result.items[0].payload["items"]
    return metric["bounds"], metric["buckets"]


def test_the_largest_numbers_lie_below_the_largest_number() -> None:
    # The last bucket of doubles at scale 20 ends at 2^1024, which is none.
    bounds, buckets = written(scale=20, offsets=(1024 * 2**20 - 2, 0), positive=[1, 5])
    assert bounds[-1] == sys.float_info.max
    assert buckets == [0, 1, 5, 0]
    assert written(scale=-10, offsets=(-1, 0), positive=[2, 3]) == (
        [2.0**-1024, 1.0, sys.float_info.max], [0, 2, 3, 0],
    )  # fmt: skip
    assert written(scale=-11, positive=[3]) == ([1.0, sys.float_info.max], [0, 3, 0])


def test_the_smallest_numbers_lie_above_nothing() -> None:
    bounds, buckets = written(scale=0, offsets=(-1075, 0), positive=[4, 1])
    assert bounds == [0.0, 5e-324, 1e-323]
    assert buckets == [0, 4, 1, 0]


def test_what_is_about_nothing_reaches_to_the_threshold() -> None:
    assert written(zero_threshold=0.5, zero_count=7, positive=[2]) == ([0.5, 1.0, 2.0], [7, 0, 2, 0])
    assert written(zero_threshold=0.5, zero_count=7, positive=[2], negative=[3]) == (
        [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0], [0, 3, 0, 7, 0, 2, 0],
    )  # fmt: skip
    # What lies within the threshold is about nothing; a bucket that reaches over it begins there.
    assert written(zero_threshold=2.0, zero_count=1, positive=[4, 8]) == ([2.0, 4.0], [5, 8, 0])
    assert written(zero_threshold=3.0, positive=[4, 8]) == ([3.0, 4.0], [4, 8, 0])


def test_buckets_that_are_too_many_become_wider_ones() -> None:
    bounds, buckets = written(scale=5, positive=[1] * 2000)
    assert len(bounds) <= 513
    assert sum(buckets) == 2000
    assert bounds[-1] >= 2 ** (2000 / 32)


def test_no_values_have_no_least_and_no_largest() -> None:
    result = exponential(count=0, sum=0, min=math.inf, max=-math.inf)
    (metric,) = result.items[0].payload["items"]
    assert (metric["count"], metric["buckets"]) == (0, [0, 0])
    assert not {"min", "max"} & set(metric)
    kept = exponential(count=1, sum=3, min=3, max=3, positive=[1]).items[0].payload["items"][0]
    assert (kept["min"], kept["max"]) == (3, 3)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"scale": 0, "offsets": (2**31 - 1, 0), "positive": [1]}, "absurd"),
        ({"positive": [2**64 - 1], "count": 1}, "absurd"),
        ({"count": 2**64 - 1}, "absurd"),
        ({"positive": [1] * 70_000}, "histogram"),
    ],
)
def test_what_no_sender_can_have_measured_is_refused(fields: dict[str, Any], reason: str) -> None:
    assert [one.reason for one in exponential(**fields).refused] == [reason]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    scale=st.integers(-(2**31), 2**31 - 1),
    offsets=st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 2),
    positive=st.lists(st.integers(0, 2**62), max_size=20),
    negative=st.lists(st.integers(0, 2**62), max_size=20),
    zero_count=st.integers(0, 2**32),
    zero_threshold=st.floats(),
)
def test_any_histogram_is_refused_or_has_rising_bounds_and_loses_no_count(**fields: Any) -> None:
    result = exponential(**fields)
    if result.refused:
        assert result.refused[0].reason == "absurd"
        return
    (metric,) = result.items[0].payload["items"]
    bounds, buckets = metric["bounds"], metric["buckets"]
    assert len(buckets) == len(bounds) + 1
    assert all(one < other for one, other in pairwise(bounds))
    assert all(map(math.isfinite, bounds))
    assert sum(buckets) == sum(fields["positive"]) + sum(fields["negative"]) + fields["zero_count"]


REFUSALS = [
    ({"X-Obs-Key": "00" * 16}, b"{}", 403, 7),
    ({"X-Obs-Key": "{key}", "Content-Encoding": "compress"}, b"{}", 415, 3),
    ({"X-Obs-Key": "{key}", "Content-Encoding": "gzip"}, b"no gzip", 400, 3),
    ({"X-Obs-Key": "{key}"}, b"\xff", 400, 3),
    ({"X-Obs-Key": "{key}"}, b" " * (1 << 20) + b"\xff", 413, 3),
]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/x-protobuf"])
@pytest.mark.parametrize(("headers", "body", "status", "code"), REFUSALS)
def test_a_refusal_is_a_status_in_the_encoding_of_the_request(
    key: IngestKey, kind: str, headers: dict[str, str], body: bytes, status: int, code: int
) -> None:
    sent = {name: value.format(key=key.public_key) for name, value in headers.items()}
    answer = Client().generic("POST", "/otlp/v1/logs", body, content_type=kind, headers=sent)
    assert answer.status_code == status
    assert answer["Content-Type"] == kind.partition(";")[0]
    told = status_pb2.Status()
    if "json" in kind:
        json_format.Parse(answer.content, told)
    else:
        told.ParseFromString(answer.content)
    assert told.code == code
    assert told.message


def test_a_long_refusal_is_whole_utf_8() -> None:
    told = status_pb2.Status.FromString(otlp.problem(400, "ä" * 400, is_json=False))
    assert told.message == "ä" * 250


@pytest.mark.parametrize("path", ["/otlp/v1/traces", "/api/v1/timings/", "/api/v1/metrics/", "/api/1/envelope/"])
def test_a_preflight_allows_what_pages_send(path: str) -> None:
    answer = Client().options(path, headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"})
    allowed = {name.strip() for name in answer["Access-Control-Allow-Headers"].split(",")}
    assert allowed >= {
        "content-type", "content-encoding", "x-obs-key", "authorization", "x-sentry-auth", "sentry-trace", "baggage",
        "traceparent", "tracestate", "b3", "x-b3-traceid", "x-requested-with",
    }  # fmt: skip
