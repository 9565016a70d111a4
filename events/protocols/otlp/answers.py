"""What an exporter reads back: partial success as the specification words it, in the encoding of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.protocols.contract import Decoded
from events.runtime.lazy import lazy
from events.values import lenient

if TYPE_CHECKING:
    from google.protobuf import json_format
    from google.protobuf.message import Message
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
else:
    json_format = lazy("google.protobuf.json_format")
    logs_service_pb2 = lazy("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
    metrics_service_pb2 = lazy("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")
    trace_service_pb2 = lazy("opentelemetry.proto.collector.trace.v1.trace_service_pb2")

_LONGEST = 500
_INVALID, _INTERNAL = 3, 13
# google.rpc.Code by status of HTTP, as google/rpc/code.proto pairs them.
_CODES = {401: 16, 403: 7, 404: 5, 405: 12, 408: 4, 429: 8, 503: 14, 504: 4}


def success(signal: str, decoded: Decoded, *, is_json: bool) -> bytes:
    """Return the response of a request that was taken, with what of it was rejected, and why."""
    rejected = sum(refused.quantity for refused in decoded.refused)
    reasons = ", ".join(f"{refused.reason}: {refused.quantity}" for refused in decoded.refused)[:_LONGEST]
    answer = _response(signal, rejected, reasons)
    return json_format.MessageToJson(answer, indent=None).encode() if is_json else answer.SerializeToString()


def _response(signal: str, rejected: int, reasons: str) -> Message:
    # A response that rejects nothing leaves partial_success unset.
    if signal == "traces":
        spans = trace_service_pb2.ExportTracePartialSuccess(rejected_spans=rejected, error_message=reasons)
        return trace_service_pb2.ExportTraceServiceResponse(partial_success=spans if rejected else None)
    if signal == "metrics":
        points = metrics_service_pb2.ExportMetricsPartialSuccess(rejected_data_points=rejected, error_message=reasons)
        return metrics_service_pb2.ExportMetricsServiceResponse(partial_success=points if rejected else None)
    records = logs_service_pb2.ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=reasons)
    return logs_service_pb2.ExportLogsServiceResponse(partial_success=records if rejected else None)


def problem(status: int, detail: str, *, is_json: bool) -> bytes:
    """Return the google.rpc.Status that says why a request was refused, its code by that of HTTP."""
    code = _CODES.get(status, _INVALID if status < 500 else _INTERNAL)
    if is_json:
        return lenient.canonical({"code": code, "message": detail})
    # A text of protobuf is whole UTF-8, so no character is cut in two.
    message = detail.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore").encode()
    # message Status {int32 code = 1; string message = 2;}, written by hand for want of a package with just this.
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(message)) + message


def _varint(number: int) -> bytes:
    return bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80]) + _varint(number >> 7)
