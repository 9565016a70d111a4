"""From the bytes of an export request to its parts: (resource, scope, items), the same for protobuf and JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from events.protocols.otlp import weight
from events.runtime.lazy import lazy
from events.values import lenient
from events.values.errors import Malformed

if TYPE_CHECKING:
    from google.protobuf import json_format, message
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
    from opentelemetry.proto.common.v1 import common_pb2
    from opentelemetry.proto.logs.v1 import logs_pb2
    from opentelemetry.proto.metrics.v1 import metrics_pb2
    from opentelemetry.proto.resource.v1 import resource_pb2
    from opentelemetry.proto.trace.v1 import trace_pb2
else:
    json_format, message = lazy("google.protobuf.json_format"), lazy("google.protobuf.message")
    logs_service_pb2 = lazy("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
    metrics_service_pb2 = lazy("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")
    trace_service_pb2 = lazy("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    common_pb2 = lazy("opentelemetry.proto.common.v1.common_pb2")
    logs_pb2 = lazy("opentelemetry.proto.logs.v1.logs_pb2")
    metrics_pb2 = lazy("opentelemetry.proto.metrics.v1.metrics_pb2")
    resource_pb2 = lazy("opentelemetry.proto.resource.v1.resource_pb2")
    trace_pb2 = lazy("opentelemetry.proto.trace.v1.trace_pb2")

# Ids that OTLP/JSON writes in hexadecimal where protobuf's own JSON has base64.
_IDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
_WITH_IDS = ("links", "exemplars")
# What null stands for in a list whose elements have places; elsewhere a list is shorter without it.
_DEFAULTS: dict[str, Any] = {"values": {}, "bucketCounts": 0, "explicitBounds": 0}
_LISTED = frozenset({"spans", "metrics", "logRecords"})


@dataclass(frozen=True, slots=True)
class Form:
    """One signal's messages, and what its lists are called in protobuf and in JSON."""

    request: type[message.Message]
    item: type[message.Message]
    resources: tuple[str, str]
    scopes: tuple[str, str]
    items: tuple[str, str]


@cache
def form_of(signal: str) -> Form:
    """The form of `traces`, `metrics` or `logs`."""
    forms = {
        "traces": Form(
            trace_service_pb2.ExportTraceServiceRequest, trace_pb2.Span, ("resource_spans", "resourceSpans"),
            ("scope_spans", "scopeSpans"), ("spans", "spans"),
        ),
        "metrics": Form(
            metrics_service_pb2.ExportMetricsServiceRequest, metrics_pb2.Metric,
            ("resource_metrics", "resourceMetrics"), ("scope_metrics", "scopeMetrics"), ("metrics", "metrics"),
        ),
        "logs": Form(
            logs_service_pb2.ExportLogsServiceRequest, logs_pb2.LogRecord, ("resource_logs", "resourceLogs"),
            ("scope_logs", "scopeLogs"), ("log_records", "logRecords"),
        ),
    }  # fmt: skip
    return forms[signal]


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one scope of one resource; `unread` could not be read as what they should be."""

    resource: Any
    scope: Any
    items: Sequence[Any]
    unread: int = 0


def parts(signal: str, body: bytes, *, is_json: bool) -> Iterator[Part]:
    """Yield what the request holds, resource by resource. Raises Malformed, TooLarge."""
    form = form_of(signal)
    return _of_json(form, body) if is_json else _of_protobuf(form, body)


def _of_protobuf(form: Form, body: bytes) -> Iterator[Part]:
    weight.demand(body, form.request.DESCRIPTOR)
    try:
        request = form.request.FromString(body)
    except message.DecodeError as error:
        raise Malformed("the body is not the protobuf message of this address", reason="protobuf") from error
    for of_resource in getattr(request, form.resources[0]):
        for of_scope in getattr(of_resource, form.scopes[0]):
            yield Part(of_resource.resource, of_scope.scope, getattr(of_scope, form.items[0]))


def _of_json(form: Form, body: bytes) -> Iterator[Part]:
    request = lenient.loads(body, nodes=lenient.PARSED)
    if b"null" in body:
        request = _without_nulls(request)
    if not isinstance(request, dict):
        raise Malformed("the body is not a JSON object", reason="not_an_object")
    for of_resource in _objects(request.get(form.resources[1])):
        resource = _message(resource_pb2.Resource, of_resource.get("resource") or {}) or resource_pb2.Resource()
        for of_scope in _objects(of_resource.get(form.scopes[1])):
            scope_kind = common_pb2.InstrumentationScope
            scope = _message(scope_kind, of_scope.get("scope") or {}) or scope_kind()
            sent = of_scope.get(form.items[1])
            sent = sent if isinstance(sent, list) else []  # a null among them is no item
            items = [read for item in sent if (read := _message(form.item, item)) is not None]
            yield Part(resource, scope, items, len(sent) - len(items))


def _without_nulls(sent: Any, name: str = "") -> Any:
    """The JSON without its nulls: of a field null is its default, and so is that of an element of a list.

    Only the lists of resources, scopes and items keep theirs, which are counted as what cannot be read.
    """
    if isinstance(sent, dict):
        return {name: _without_nulls(value, name) for name, value in sent.items() if value is not None}
    if not isinstance(sent, list):
        return sent
    default = _DEFAULTS.get(name)
    filled = [default if value is None else value for value in sent]
    return [_without_nulls(value) for value in filled if value is not None or name in _LISTED]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _message(kind: type[message.Message], sent: Any) -> Any:
    try:
        return json_format.ParseDict(_with_bytes(sent), kind(), ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        return None


def _with_bytes(sent: dict[str, Any]) -> dict[str, Any]:
    """The object with its hexadecimal ids in base64. Raises ValueError for an id that is not hexadecimal."""
    changed = dict(sent)
    for name in _IDS:
        if name in changed:
            changed[name] = base64.b64encode(bytes.fromhex(changed[name])).decode()
    for name in _WITH_IDS:
        if isinstance(changed.get(name), list):
            changed[name] = [_with_bytes(entry) for entry in changed[name]]
    for name in ("gauge", "sum", "histogram", "exponentialHistogram"):
        points = changed[name].get("dataPoints") if isinstance(changed.get(name), dict) else None
        if isinstance(points, list):
            changed[name] = {**changed[name], "dataPoints": [_with_bytes(point) for point in points]}
    return changed
