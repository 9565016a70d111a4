"""What a protobuf body weighs is told before it is built: bombs of every kind of message are refused, batches pass."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import DecodeError, Message
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from events.protocols import otlp
from events.protocols.otlp import weight
from events.tests.sentry_bodies import context
from events.values.errors import IngestError, Malformed, TooLarge

MIB = 1 << 20
REQUESTS: list[Any] = [ExportTraceServiceRequest, ExportMetricsServiceRequest, ExportLogsServiceRequest]


def paths(described: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every way down to a repeated message, each kind of message entered once a way."""
    found = []
    for field in described.fields:
        if field.message_type is None or field.message_type in [other.message_type for other in above]:
            continue
        way = (*above, field)
        found += [way] if field.is_repeated else []
        found += paths(field.message_type, way)
    return found


WAYS = [(request, way) for request in REQUESTS for way in paths(request.DESCRIPTOR)]
NAMES = [f"{request.__name__}-{'.'.join(field.name for field in way)}" for request, way in WAYS]


def delimited(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def bomb(way: tuple[Any, ...], size: int) -> bytes:
    """Nothing but empty messages of the kind at the end of the way."""
    *above, last = way
    empty = delimited(last.number, b"")
    content = empty * (size // len(empty))
    for field in reversed(above):
        content = delimited(field.number, content)
    return content


@pytest.mark.parametrize(("request_class", "way"), WAYS, ids=NAMES)
def test_a_bomb_is_refused_unbuilt(request_class: type[Message], way: tuple[Any, ...]) -> None:
    body = bomb(way, 10 * MIB - 64)
    assert len(body) <= 10 * MIB
    with pytest.raises(TooLarge):
        weight.demand(body, request_class.DESCRIPTOR)


@pytest.mark.parametrize(("request_class", "way"), WAYS, ids=NAMES)
def test_it_weighs_what_the_messages_add_up_to(request_class: type[Message], way: tuple[Any, ...]) -> None:
    body = bomb(way, 3000)
    built = request_class.FromString(body)
    assert weight.of(body, request_class.DESCRIPTOR) == weighed(built) + weight.FIELD * fields(built)


def weighed(built: Any) -> int:
    inner = [message for _, value in built.ListFields() for message in messages(value)]
    return weight.Kind(40 + 9 * len(built.DESCRIPTOR.fields)).weight + sum(map(weighed, inner))


def fields(built: Any) -> int:
    inner = [message for _, value in built.ListFields() for message in messages(value)]
    return len(inner) + sum(map(fields, inner))


def messages(value: Any) -> list[Any]:
    values = value if hasattr(value, "__len__") and not isinstance(value, str | bytes) else [value]
    return [entry for entry in values if hasattr(entry, "ListFields")]


def test_the_largest_batch_of_spans_passes() -> None:
    export = ExportTraceServiceRequest()
    scope = export.resource_spans.add().scope_spans.add()
    for _ in range(10_000):
        span = scope.spans.add(trace_id=os.urandom(16), span_id=os.urandom(8), name="GET /", end_time_unix_nano=9)
        for number in range(20):
            span.attributes.add(key=f"http.attribute.{number}").value.string_value = "a value of usual length"
    body = export.SerializeToString()
    weight.demand(body[: 10 * MIB], export.DESCRIPTOR)
    assert len(body) > 9 * MIB
    assert weight.of(body, export.DESCRIPTOR) < weight.HEAVIEST


def test_numbers_that_are_packed_count_as_they_are_unpacked() -> None:
    body = delimited(2, b"\x01" * MIB)
    for number in (8, 1, 10, 2, 2, 1):
        body = delimited(number, body)
    built = ExportMetricsServiceRequest.FromString(body)
    point = built.resource_metrics[0].scope_metrics[0].metrics[0].exponential_histogram.data_points[0]
    assert len(point.positive.bucket_counts) == MIB
    assert 8 * MIB < weight.of(body, built.DESCRIPTOR) < 9 * MIB


@pytest.mark.parametrize("request_class", REQUESTS)
@given(data=st.binary(max_size=300))
def test_what_protobuf_reads_is_not_called_malformed(request_class: type[Message], data: bytes) -> None:
    try:
        request_class.FromString(data)
    except DecodeError:
        return
    # Groups are read over by protobuf, and are in no message of OpenTelemetry: nobody sends them.
    if not any(byte & 7 in (3, 4) for byte in data):
        assert weight.of(data, request_class.DESCRIPTOR) > 0


def junk(size: int) -> list[tuple[str, Callable[[], bytes]]]:
    return [
        ("cut short", lambda: delimited(1, b"")[:-1] + varint(size) + b"\x0a"),
        ("endless number", lambda: b"\xff" * size),
        ("nested for ever", lambda: nested(size)),
        ("groups", lambda: b"\x0b" * size),
    ]


def nested(size: int) -> bytes:
    """An array in an array in an array …, as attributes may hold them."""
    content = b""
    while len(content) < size:
        content = delimited(5, delimited(1, content))
    for field in (2, 1, 1, 1):
        content = delimited(field, content)
    return content


@pytest.mark.parametrize(("name", "make"), junk(20_000), ids=lambda value: value if isinstance(value, str) else "")
def test_junk_is_refused_in_words(name: str, make: Callable[[], bytes]) -> None:
    with pytest.raises(Malformed):
        weight.of(make(), ExportTraceServiceRequest.DESCRIPTOR)


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_a_decoder_refuses_as_a_whole_what_is_too_heavy(signal: str) -> None:
    with pytest.raises(IngestError) as refused:
        otlp.decode(signal, b"\x0a\x00" * MIB, context(), is_json=False)
    assert refused.value.status == 413


def test_what_is_beyond_the_limit_is_counted_and_not_read() -> None:
    export = ExportTraceServiceRequest()
    for name in ("one", "two"):
        part = export.resource_spans.add()
        part.resource.attributes.add(key="service.name").value.string_value = name
        spans = part.scope_spans.add().spans
        for number in range(6000):
            spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"), name="GET /", end_time_unix_nano=9)
    decoded = otlp.decode("traces", export.SerializeToString(), context(), is_json=False)
    assert sum(item.quantity for item in decoded.items) + sum(refused.quantity for refused in decoded.refused) == 12_000
    assert ("too_many_items", 2000) in {(refused.reason, refused.quantity) for refused in decoded.refused}


def test_of_very_many_attributes_the_first_are_read() -> None:
    export = ExportTraceServiceRequest()
    span = export.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="GET /")
    for number in range(5000):
        span.attributes.add(key=f"key {number}").value.int_value = number
    (item,) = otlp.decode("traces", export.SerializeToString(), context(), is_json=False).items
    assert list(item.payload["spans"][0]["attributes"])[:2] == ["key 0", "key 1"]
    assert len(item.payload["spans"][0]["attributes"]) == 128
