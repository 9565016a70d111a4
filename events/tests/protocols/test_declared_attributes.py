"""The table of attributes holds on every protocol: what it declares is kept of no value, whatever the sender speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from events.ingest.intake import pack
from events.ingest.payloads import unpack
from events.protocols import browser, otlp, timings
from events.protocols.contract import Context, Incoming
from events.protocols.fields import declared
from events.tests.sentry_bodies import EVENT_ID, NOW, context, decoded, pseudonym
from events.values import lenient

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
BLUE = "zq7blue"  # no rule of scrubbing knows it

Sent = dict[str, Any]
Sender = Callable[[Sent, Context], Any]


def _items(*items: tuple[Sent, Any], within: Context) -> list[Incoming]:
    result = decoded(*items, within=within)
    assert not result.refused
    return list(result.items)


def _typed(sent: Sent) -> Sent:
    return {name: {"value": value, "type": "string"} for name, value in sent.items()}


def _span(sent: Sent, within: Context) -> Any:
    span = {
        "trace_id": TRACE, "span_id": SPAN, "name": "work", "start_timestamp": NOW - 2, "end_timestamp": NOW - 1,
        "attributes": _typed(sent),
    }  # fmt: skip
    return _items(({"type": "span"}, {"version": 2, "items": [span]}), within=within)


def _transaction(sent: Sent, within: Context) -> Any:
    child = {"span_id": SPAN, "start_timestamp": NOW - 2, "timestamp": NOW - 1, "op": "function", "data": sent}
    raw = {
        "type": "transaction", "start_timestamp": NOW - 2, "timestamp": NOW - 1, "transaction": "GET /",
        "contexts": {"trace": {"trace_id": TRACE, "span_id": SPAN, "op": "http.server", "data": dict(sent)}},
        "spans": [child],
    }  # fmt: skip
    return _items(({"type": "transaction"}, raw), within=within)


def _log(sent: Sent, within: Context) -> Any:
    line = {"timestamp": NOW, "level": "info", "body": "done", "attributes": _typed(sent)}
    return _items(({"type": "log"}, {"items": [line]}), within=within)


def _trace_metric(sent: Sent, within: Context) -> Any:
    metric = {"timestamp": NOW, "name": "orders", "type": "counter", "value": 1, "attributes": _typed(sent)}
    return _items(({"type": "trace_metric"}, {"items": [metric]}), within=within)


def _event(sent: Sent, within: Context) -> Any:
    texts = {name: str(value) for name, value in sent.items()}
    raw = {
        "event_id": EVENT_ID, "message": "x", "tags": texts, "extra": dict(sent) | {"more": dict(sent)},
        "contexts": {"shop": dict(sent)},
        "breadcrumbs": {"values": [{"category": "fetch", "data": dict(sent)}]},
    }  # fmt: skip
    return _items(({"type": "event"}, raw), within=within)


def _pairs(sent: Sent) -> list[Sent]:
    return [{"key": name, "value": {"stringValue": str(value)}} for name, value in sent.items()]


def _otlp(signal: str, message: Any, within: Context) -> Any:
    return otlp.decode(signal, json.dumps(message).encode(), within, is_json=True).items


def _otlp_span(kind: int) -> Sender:
    def send(sent: Sent, within: Context) -> Any:
        span = {
            "traceId": TRACE, "spanId": SPAN, "name": "work", "kind": kind, "attributes": _pairs(sent),
            "startTimeUnixNano": str(int((NOW - 2) * 1e9)), "endTimeUnixNano": str(int((NOW - 1) * 1e9)),
        }  # fmt: skip
        message = {"resourceSpans": [{"resource": {"attributes": _pairs(sent)}, "scopeSpans": [{"spans": [span]}]}]}
        return _otlp("traces", message, within)

    return send


def _otlp_log(sent: Sent, within: Context) -> Any:
    kvlist = {"kvlistValue": {"values": _pairs(sent)}}
    record = {"timeUnixNano": str(int(NOW * 1e9)), "attributes": _pairs(sent), "body": kvlist}
    return _otlp("logs", {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}, within)


def _otlp_metric(sent: Sent, within: Context) -> Any:
    point = {"timeUnixNano": str(int(NOW * 1e9)), "asDouble": 1, "attributes": _pairs(sent)}
    metric = {"name": "orders", "gauge": {"dataPoints": [point]}}
    return _otlp("metrics", {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}, within)


def _otlp_protobuf(sent: Sent, within: Context) -> Any:
    """The same as bytes, with an attribute that holds a list of mappings."""
    found = []
    for signal, request in (
        ("traces", ExportTraceServiceRequest()),
        ("logs", ExportLogsServiceRequest()),
        ("metrics", ExportMetricsServiceRequest()),
    ):
        if isinstance(request, ExportTraceServiceRequest):
            item = request.resource_spans.add().scope_spans.add().spans.add(name="work", kind=3)
            item.trace_id, item.span_id = bytes.fromhex(TRACE), bytes.fromhex(SPAN)
            item.end_time_unix_nano = int(NOW * 1e9)
        elif isinstance(request, ExportLogsServiceRequest):
            item = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=int(NOW * 1e9))
        else:
            metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="orders")
            item = metric.gauge.data_points.add(as_double=1, time_unix_nano=int(NOW * 1e9))
        for name, value in sent.items():
            pair = item.attributes.add(key=name)
            pair.value.string_value = str(value)
        found += otlp.decode(signal, request.SerializeToString(), within, is_json=False).items
    return found


def _browser(sent: Sent, within: Context) -> Any:
    items = [{"type": "track", "name": "signup", "props": {name: value}} for name, value in sent.items()]
    return browser.decode(lenient.canonical({"id": "0" * 16, "items": items}), within).items


def _timing(sent: Sent, within: Context) -> Any:
    timing = {"route": "GET /", "duration_ms": 1, "attributes": sent}
    metric = {"name": "orders", "value": 1, "attributes": sent}
    return [
        *timings.decode_timings(lenient.canonical([timing]), within).items,
        *timings.decode_metrics(lenient.canonical([metric]), within).items,
    ]


SENDERS: dict[str, Sender] = {
    "sentry span": _span,
    "sentry transaction": _transaction,
    "sentry log": _log,
    "sentry metric": _trace_metric,
    "sentry event": _event,
    "otlp internal span": _otlp_span(1),
    "otlp server span": _otlp_span(2),
    "otlp client span": _otlp_span(3),
    "otlp log": _otlp_log,
    "otlp metric": _otlp_metric,
    "otlp protobuf": _otlp_protobuf,
    "browser script": _browser,
    "plain json": _timing,
}
# What is kept, in words or in part, by its own switch or as families; each has its tests below.
VALUES = {
    "statement": f"SELECT * FROM t WHERE a = '{BLUE}'",
    "query": f"a={BLUE}",
    "url": f"https://shop.example/x?a={BLUE}",
    "stack": f"Error: x\n    at pay('{BLUE}') (/app/x.js:1:2)",
    "agent": f"Mozilla/5.0 ({BLUE}; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
}


def _names() -> list[tuple[str, str]]:
    """A name for each pattern of the table, as senders spell it."""
    names = []
    for action, _, patterns in declared.TABLE:
        names += [(pattern.replace("*", "x"), action) for pattern in patterns.split()]
    return names


def _text(items: Any) -> str:
    return lenient.canonical([item.payload for item in items]).decode()


@pytest.mark.parametrize("sender", SENDERS)
def test_no_declared_value_is_kept_by_default(sender: str) -> None:
    names = _names()
    for start in range(0, len(names), 60):
        sent = {name: VALUES.get(action, BLUE) for name, action in names[start : start + 60]}
        assert BLUE not in _text(SENDERS[sender](sent, context()))


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(
    ("name", "kind", "prefix"),
    [
        ("user.id", "user", "u_"), ("enduser.id", "user", "u_"), ("enduser.pseudo.id", "user", "u_"),
        ("session.id", "session", "s_"), ("device.id", "device", "d_"), ("app.installation.id", "device", "d_"),
        ("host.name", "host", "h_"), ("userId", "user", "u_"), ("shop.user_id", "user", "u_"),
    ],
)  # fmt: skip
def test_who_is_the_same_is_kept(sender: str, name: str, kind: str, prefix: str) -> None:
    items = SENDERS[sender]({name: BLUE}, context())
    text = _text(items)
    assert BLUE not in text
    assert any(prefix + pseudonym(kind, BLUE)[2:] in str(unpack(pack(item, allow_list=None).payload)) for item in items)
    assert prefix + pseudonym(kind, BLUE)[2:] in text


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(
    ("name", "switch"),
    [
        ("host.name", {"keeps_machine_names": True}), ("device.id", {"keeps_machine_names": True}),
        ("user.email", {"collects_user_data": True}), ("user.id", {"collects_user_data": True}),
        ("client.address", {"collects_ip": True}), ("http.request.body", {"request_bodies": "scrubbed"}),
        ("messaging.message.body", {"request_bodies": "scrubbed"}),
    ],
)  # fmt: skip
def test_a_project_may_keep_more(sender: str, name: str, switch: Sent) -> None:
    assert BLUE in _text(SENDERS[sender]({name: BLUE}, context(**switch)))


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("name", ["gen_ai.input.messages", "ai.prompt", "gen_ai.tool.call.arguments", "input.value"])
def test_words_said_to_a_model_are_kept_by_no_switch(sender: str, name: str) -> None:
    everything = context(
        collects_user_data=True, collects_ip=True, keeps_machine_names=True, request_bodies="scrubbed",
        query_strings="scrubbed", local_variables="scrubbed",
    )  # fmt: skip
    text = _text(SENDERS[sender]({name: BLUE}, everything))
    assert BLUE not in text
    assert "[removed]" in text


@pytest.mark.parametrize("sender", SENDERS)
def test_a_user_agent_is_a_family(sender: str) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    for name in ("user_agent.original", "http.user_agent", "user_agent", "$raw_user_agent"):
        text = _text(SENDERS[sender]({name: agent}, context()))
        assert "Firefox on desktop" in text
        assert "Gecko" not in text


@pytest.mark.parametrize(
    "name",
    [
        "http.route", "http.request.method", "db.system", "db.operation.name", "db.collection.name", "service.name",
        "service.version", "http.request.body.size", "gen_ai.request.model", "gen_ai.usage.input_tokens",
        "gen_ai.operation.name", "gen_ai.prompt_tokens", "rpc.method", "messaging.destination.name", "code.function",
        "sentry.message.template", "user_agent.name", "browser.name", "exception.type", "server.port", "plan",
        "faas.name", "graphql.operation.name", "thread.name", "k8s.pod.name", "cloud.region", "deployment.environment",
        "user.geo.country_code", "network.protocol.name", "db.namespace", "cache.key_count", "messaging.message.id",
    ],
)  # fmt: skip
def test_what_names_nobody_is_kept(name: str) -> None:
    assert declared.rule(name) is None


def test_the_first_line_of_the_table_that_fits_counts() -> None:
    assert declared.rule("gen_ai.prompt.0.content") == declared.Rule("mask")
    assert declared.rule("gen_ai.prompt.0.role") is None
    assert declared.rule("db.query.parameter.0") == declared.Rule("drop")
    assert declared.rule("props.tags.enduser-id") == declared.rule("EndUserId") == declared.Rule("pseudonym", "user")


def test_names_without_end_are_read_in_time_that_grows_with_them() -> None:
    for n in range(3000):
        assert declared.rule(f"{'a.' * 90}{n}") is None


def test_names_are_looked_for_within_lists_and_mappings() -> None:
    within = {"people": [{"user_id": BLUE, "plan": "team"}], "more": {"host.name": BLUE, "n": 5}}
    raw = {"event_id": EVENT_ID, "message": "x", "extra": within, "contexts": {"shop": within}}
    line = {"timestamp": NOW, "body": "x", "attributes": {"a": {"value": within}, "b": {"value": [within]}}}
    items = [
        *_items(({"type": "event"}, raw), within=context()),
        *_items(({"type": "log"}, {"items": [line]}), within=context()),
    ]
    text = _text(items)
    assert BLUE not in text
    assert text.count("team") == 4


def test_a_sender_does_not_choose_the_pseudonym() -> None:
    sent = {"user.key": "u_0123456789abcdef", "user.id": "7"}
    text = _text(_log(sent, context()))
    assert "u_0123456789abcdef" not in text
    assert pseudonym("user", "7") in text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("#0 /app/x.php(12): login('al)ice', 'pw')\n#1 {main}", "#0 /app/x.php(12): login(?)\n#1 {main}"),
        ("E: x\n\tat com.shop.Pay.run(Pay.java:12)\n\tat a.B.c(Native Method)",
         "E: x\n\tat com.shop.Pay.run(Pay.java:12)\n\tat a.B.c(Native Method)"),
        ("Error: x\n    at pay (/app/x.js:1:2)\n    at async Promise.all (index 0)",
         "Error: x\n    at pay (/app/x.js:1:2)\n    at async Promise.all (index 0)"),
        ('    (app 0.1.0) lib/x.ex:12: App.login("al(ice", f(2))', "    (app 0.1.0) lib/x.ex:12: App.login(?)"),
        ('Traceback:\n  File "/app/x.py", line 3, in f\n    login("alice", g("pw"))\n    user = "alice"',
         'Traceback:\n  File "/app/x.py", line 3, in f\n    login(?)\n    user = ?'),
        ("x.rb:3:in `login': no (E)\n\tfrom x.rb:9:in `main'", "x.rb:3:in `login': no (E)\n\tfrom x.rb:9:in `main'"),
    ],
)  # fmt: skip
def test_a_stack_keeps_its_places_and_no_arguments(sent: str, kept: str) -> None:
    from_log = _log({"exception.stacktrace": sent}, context())
    assert from_log[0].payload["items"][0]["attributes"]["exception.stacktrace"] == kept
