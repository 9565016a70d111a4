"""Everything but errors: sessions, check-ins, spans, logs, metrics, feedback, attachments, client reports."""

from __future__ import annotations

from typing import Any

import pytest

from events.tests.sentry_bodies import EVENT_ID, NOW, context, decoded, only, pseudonym
from events.values import lenient

TRACE, SPAN = "4b2dd9e1f0a14e53a1f8a1d5a5c0b6aa", "90f1ab8a4ed142c0"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def test_a_session_is_kept_without_address_and_agent() -> None:
    sent = {
        "sid": EVENT_ID,
        "did": "alice@example.com",
        "init": True,
        "started": NOW - 60,
        "timestamp": NOW - 1,
        "status": "crashed",
        "errors": 2,
        "duration": 59.0,
        "attrs": {"release": "shop@1", "environment": "live", "ip_address": "{{auto}}", "user_agent": "Firefox"},
    }
    assert only(decoded(({"type": "session"}, sent))).payload == {
        "sid": EVENT_ID,
        "did": pseudonym("user", "alice@example.com"),
        "init": True,
        "started": NOW - 60,
        "timestamp": NOW - 1,
        "duration": 59.0,
        "status": "crashed",
        "errors": 2,
        "seq": 0,
        "attrs": {"release": "shop@1", "environment": "live"},
    }


@pytest.mark.parametrize("change", [{"sid": "x"}, {"sid": None}, {"status": "fine"}, {"status": {}}, {"status": []}])
def test_a_session_without_id_or_status_is_invalid(change: dict[str, Any]) -> None:
    result = decoded(({"type": "session"}, {"sid": EVENT_ID, "status": "ok"} | change))
    assert [(refused.category, refused.outcome) for refused in result.refused] == [("session", "invalid")]


def test_aggregates_are_counts_per_minute_a_hundred_at_most() -> None:
    entry = {"started": NOW - 60, "exited": 5, "errored": -1, "crashed": "x", "did": "42"}
    result = decoded(({"type": "sessions"}, {"aggregates": [entry] * 120, "attrs": {"release": "1"}}))
    (item,) = result.items
    assert len(item.payload["aggregates"]) == 100
    assert item.payload["aggregates"][0] == {
        "started": NOW - 60,
        "did": pseudonym("user", "42"),
        "exited": 5,
        "errored": 0,
        "crashed": 0,
        "abnormal": 0,
        "unhandled": 0,
    }
    assert [(refused.reason, refused.quantity) for refused in result.refused] == [("session", 20)]


def test_equal_aggregates_of_two_processes_are_two_facts() -> None:
    sent = ({"type": "sessions"}, {"aggregates": [{"started": NOW, "exited": 1}]})
    first, other = (only(decoded(sent, within=context(peer_ip=ip))) for ip in ("192.0.2.1", "192.0.2.2"))
    assert first.item_id != other.item_id
    assert len({item.item_id for item in decoded(sent, sent).items}) == 2


CHECK_IN = {"check_in_id": EVENT_ID, "monitor_slug": "nightly", "status": "ok", "duration": 3}


def test_a_check_in_is_known_by_its_id_and_status() -> None:
    done, again = (only(decoded(({"type": "check_in"}, CHECK_IN | {"extra": n}))) for n in range(2))
    begun = only(decoded(({"type": "check_in"}, CHECK_IN | {"status": "in_progress"})))
    assert done.item_id == again.item_id != begun.item_id
    assert done.payload["duration"] == 3.0


@pytest.mark.parametrize(
    ("config", "stored"),
    [
        ({"schedule": {"type": "crontab", "value": "* * * * *"}}, {"type": "crontab", "value": "* * * * *"}),
        (
            {"schedule": {"type": "interval", "value": 5, "unit": "minute"}},
            {"type": "interval", "value": 5, "unit": "minute"},
        ),
        (
            {"schedule": {"type": "interval", "value": "5", "unit": "minute"}},
            {"type": "interval", "value": 5, "unit": "minute"},
        ),
        ({"schedule": {"type": "interval", "value": 5, "unit": "fortnight"}}, None),
        ({"schedule": "daily"}, None),
        ({}, None),
    ],
)
def test_a_monitor_configuration_is_validated(config: dict[str, Any], stored: Any) -> None:
    kept = only(decoded(({"type": "check_in"}, CHECK_IN | {"monitor_config": config}))).payload["monitor_config"]
    assert (kept and kept["schedule"]) == stored


@pytest.mark.parametrize(
    "change", [{"status": "missed"}, {"status": []}, {"monitor_slug": ""}, {"check_in_id": "x"}, {"pad": "x" * 110_000}]
)
def test_a_bad_check_in_is_invalid(change: dict[str, Any]) -> None:
    (refused,) = decoded(({"type": "check_in"}, CHECK_IN | change)).refused
    assert (refused.category, refused.outcome) == ("monitor", "invalid")


def test_check_ins_for_the_latest_open_one_are_not_duplicates() -> None:
    sent = ({"type": "check_in"}, CHECK_IN | {"check_in_id": "0" * 32})
    first, later = (only(decoded(sent, sent_at=f"2026-11-23T08:5{n}:00Z")) for n in range(2))
    assert first.item_id != later.item_id


TRANSACTION = {
    "transaction": "GET /basket/{id}",
    "start_timestamp": NOW - 2,
    "timestamp": NOW - 1,
    "release": "shop@1",
    "environment": "live",
    "contexts": {"trace": {"trace_id": TRACE, "span_id": SPAN, "op": "http.server", "status": "ok", "data": {"a": 1}}},
    "measurements": {"lcp": {"value": 1200.5, "unit": "millisecond"}, "bad": {"value": "x"}},
    "spans": [
        {
            "span_id": "b" * 16,
            "parent_span_id": SPAN,
            "op": "db",
            "description": "SELECT 1",
            "start_timestamp": NOW - 1.5,
            "timestamp": NOW - 1.25,
            "data": {"db.system": "postgresql"},
        },
        {"span_id": "bad"},
        None,
    ],
}


def test_a_transaction_is_its_segment_and_its_spans() -> None:
    item = only(decoded(({"type": "transaction"}, TRANSACTION), event_id=EVENT_ID))
    segment, child = item.payload["spans"]
    shared = {"release": "shop@1", "environment": "live", "transaction": "GET /basket/{id}"}
    assert (item.kind, item.item_id.hex, item.quantity) == ("transaction", EVENT_ID, 1)
    assert segment == {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_span_id": None,
        "name": "GET /basket/{id}",
        "op": "http.server",
        "status": "ok",
        "is_segment": True,
        "start": NOW - 2,
        "end": NOW - 1,
        "attributes": {"a": 1, "lcp": 1200.5},
        **shared,
    }
    assert child == {
        "trace_id": TRACE,
        "span_id": "b" * 16,
        "parent_span_id": SPAN,
        "name": "SELECT ?",
        "op": "db",
        "status": None,
        "is_segment": False,
        "start": NOW - 1.5,
        "end": NOW - 1.25,
        "attributes": {"db.system": "postgresql"},
        **shared,
    }
    assert item.payload["_notes"] == ["spans_dropped"]
    assert item.payload["measurements"] == {"lcp": {"value": 1200.5, "unit": "millisecond"}}


def test_streamed_spans_have_the_same_shape() -> None:
    typed = {
        "sentry.op": "db",
        "sentry.sdk.name": "sentry.javascript.node",
        "user.id": "42",
        "user.key": "alice",
        "sentry.release": "shop@1",
        "sentry.segment.name": "GET /",
        "sentry.environment": "live",
    }
    span = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "name": "SELECT 1",
        "status": "ok",
        "is_segment": True,
        "start_timestamp": NOW - 2,
        "end_timestamp": NOW - 1,
        "attributes": {name: {"value": value, "type": "string"} for name, value in typed.items()},
    }
    result = decoded(({"type": "span", "item_count": 3}, {"version": 2, "items": [span, {"span_id": SPAN}, 7]}))
    (item,) = result.items
    (kept,) = item.payload["spans"]
    transaction = only(decoded(({"type": "transaction"}, TRANSACTION))).payload["spans"][0]
    assert kept.keys() == transaction.keys()
    assert (kept["op"], kept["release"], kept["transaction"]) == ("db", "shop@1", "GET /")
    assert kept["attributes"] == typed | dict.fromkeys(("user.id", "user.key"), pseudonym("user", "42"))
    assert (item.kind, item.quantity) == ("span", 1)
    assert item.payload["sdk"]["name"] == "sentry.javascript.node"
    assert item.payload["user"] == {"key": pseudonym("user", "42")}
    assert [(refused.category, refused.quantity) for refused in result.refused] == [("span", 2)]


def test_a_span_never_ends_before_it_starts() -> None:
    sent = TRANSACTION | {"start_timestamp": NOW, "timestamp": NOW - 5}
    segment = only(decoded(({"type": "transaction"}, sent | {"spans": []}))).payload["spans"][0]
    assert segment["start"] == segment["end"] == NOW - 5


def test_a_log_batch_counts_its_lines() -> None:
    sent = [{"timestamp": NOW, "level": "warn", "body": f"line {n}", "trace_id": TRACE} for n in range(71)]
    item = only(decoded(({"type": "log", "item_count": 71}, {"items": sent})))
    assert (item.kind, item.quantity, len(item.payload["items"])) == ("log", 71, 71)
    assert item.payload["items"][3] == {
        "timestamp": NOW,
        "level": "warning",
        "severity_number": 13,
        "body": "line 3",
        "trace_id": TRACE,
        "span_id": None,
        "attributes": {},
    }


def test_a_log_line_over_its_limit_is_refused_alone() -> None:
    result = decoded(({"type": "log"}, {"items": [{"body": "x"}, {"body": "y" * 70_000}, None]}))
    assert [item.quantity for item in result.items] == [1]
    assert [(refused.category, refused.quantity) for refused in result.refused] == [("log_item", 2)]


def test_a_batch_over_its_limit_is_refused_by_what_it_announces() -> None:
    lines = [{"body": "y" * 60_000} for _ in range(40)]
    (refused,) = decoded(({"type": "log", "item_count": 40}, {"items": lines})).refused
    assert (refused.category, refused.reason, refused.quantity) == ("log_item", "too_large", 40)


def test_a_long_batch_is_neither_cut_nor_marked() -> None:
    attributes = {f"a{number}": {"value": number, "type": "integer"} for number in range(20)}
    lines = [{"body": "x", "attributes": attributes} for _ in range(1000)]
    item = only(decoded(({"type": "log"}, {"items": lines})))
    assert item.quantity == 1000
    assert item.payload["items"][-1]["attributes"]["a19"] == 19


def test_a_metric_needs_a_name_a_type_and_a_number() -> None:
    good = {"name": "orders", "type": "counter", "value": 2, "attributes": {"shop": {"value": "eu", "type": "string"}}}
    bad = [
        good | change
        for change in ({"name": ""}, {"type": "sum"}, {"type": []}, {"value": "2"}, {"value": True}, {"value": None})
    ]
    result = decoded(({"type": "trace_metric"}, {"items": [good, *bad]}))
    (item,) = result.items
    assert item.payload["items"][0]["attributes"] == {"shop": "eu"}
    assert [(refused.category, refused.quantity) for refused in result.refused] == [("trace_metric", 6)]


def test_old_and_new_feedback_have_one_shape() -> None:
    written = {
        "message": "It broke. " * 900,
        "name": "Alice",
        "contact_email": "a@example.com",
        "associated_event_id": EVENT_ID,
    }
    new = only(decoded(({"type": "feedback"}, {"contexts": {"feedback": written}}))).payload
    report = {"event_id": EVENT_ID, "comments": "It broke.", "name": "Alice", "email": "a@example.com"}
    old = only(decoded(({"type": "user_report"}, report))).payload
    assert new.keys() == old.keys()
    assert len(new["message"]) == 4096
    assert (old["message"], old["associated_event_id"]) == ("It broke.", EVENT_ID)
    assert "Alice" not in lenient.canonical([old, new]).decode()
    opted = only(decoded(({"type": "user_report"}, report), within=context(collects_user_data=True))).payload
    assert (opted["name"], opted["contact_email"]) == ("Alice", "a@example.com")


@pytest.mark.parametrize("contexts", [None, [], {}, {"feedback": []}, {"feedback": {"message": "  "}}])
def test_feedback_without_words_is_invalid(contexts: Any) -> None:
    (refused,) = decoded(({"type": "feedback"}, {"contexts": contexts})).refused
    assert (refused.category, refused.outcome) == ("feedback", "invalid")


@pytest.mark.parametrize(
    ("header", "data", "content_type", "is_text"),
    [
        ({"filename": "a.log"}, b"line\xff", "text/plain", True),
        ({"filename": "a", "content_type": "application/json"}, b"{}", "text/plain", True),
        ({"filename": "a.svg", "content_type": "image/svg+xml"}, b"<svg/>", "text/plain", True),
        ({"filename": "a"}, b"plain words", "text/plain", True),
        ({"filename": "a.bin"}, b"\xef\xbb\xbfplain words", "text/plain", True),
    ],
)
def test_attachments_are_texts(header: dict[str, Any], data: bytes, content_type: str, is_text: bool) -> None:
    item = only(decoded(({"type": "attachment", "length": len(data)} | header, data), event_id=EVENT_ID))
    assert (item.payload["content_type"], item.payload["is_text"]) == (content_type, is_text)
    text = data.removeprefix(b"\xef\xbb\xbf").replace(b"\xff", "ÿ".encode())
    assert item.blob == text
    assert (item.payload["event_id"], item.payload["size"]) == (EVENT_ID, len(text))


@pytest.mark.parametrize(
    ("header", "data", "outcome", "reason"),
    [
        ({"filename": "a.exe"}, b"MZ\x00\x01", "filtered", "attachment_type"),
        ({"filename": "a.png", "content_type": "text/html"}, PNG, "filtered", "picture"),
        ({"attachment_type": "event.minidump"}, b"MDMP", "filtered", "minidump"),
        ({"filename": "a.txt"}, b"x" * (5 << 20 | 1), "invalid", "too_large"),
    ],
)
def test_other_attachments_are_refused(header: dict[str, Any], data: bytes, outcome: str, reason: str) -> None:
    (refused,) = decoded(({"type": "attachment", "length": len(data)} | header, data)).refused
    assert (refused.category, refused.outcome, refused.reason) == ("attachment", outcome, reason)


def test_binaries_are_kept_where_a_project_allows_them() -> None:
    header = {"type": "attachment", "length": 4, "filename": "..\\..\\etc/pass\nwd"}
    item = only(decoded((header, b"MZ\x00\x01"), within=context(accepts_binary_attachments=True)))
    assert (item.payload["filename"], item.payload["content_type"]) == ("passwd", "application/octet-stream")
    assert item.blob == b"MZ\x00\x01"


def test_a_client_report_is_a_list_of_counts() -> None:
    sent = {
        "timestamp": NOW,
        "discarded_events": [{"reason": "queue", "category": "error", "quantity": 3}, {"quantity": -1}, 7],
    }
    item = only(decoded(({"type": "client_report"}, sent)))
    assert item.payload == {
        "timestamp": NOW,
        "discarded_events": [{"reason": "queue", "category": "error", "quantity": 3}],
    }


@pytest.mark.parametrize(
    "sent", [{}, {"discarded_events": {}}, {"discarded_events": [{"quantity": 1}], "pad": "x" * 5000}]
)
def test_an_empty_or_giant_client_report_is_invalid(sent: Any) -> None:
    (refused,) = decoded(({"type": "client_report"}, sent)).refused
    assert refused.outcome == "invalid"


def test_a_span_in_an_item_of_its_own_is_one_with_its_vitals() -> None:
    """getsentry/sentry-javascript, packages/core/src/envelope.ts, createSpanEnvelope: INP, CLS and LCP come so."""
    sent = {
        "trace_id": "5b8efff798038103d269b633813fc60c", "span_id": "eee19b7ec3c1b174", "segment_id": "eee19b7ec3c1b174",
        "parent_span_id": "aaaaaaaaaaaaaaaa", "op": "ui.interaction.click", "description": "body > button",
        "is_segment": True, "start_timestamp": 1.0, "timestamp": 2.0, "origin": "auto.http.browser.inp",
        "data": {"release": "shop@1", "environment": "live", "transaction": "/cart"},
        "measurements": {"inp": {"value": 0.104, "unit": "second"}, "cls": {"value": 0.2, "unit": ""}, "x": 5,
                         "other": {"value": 3}},
    }  # fmt: skip
    item = only(decoded(({"type": "span"}, sent)))
    (span,) = item.payload["spans"]
    assert (item.kind, item.quantity) == ("span", 1)
    assert (span["op"], span["transaction"], span["release"], span["environment"], span["parent_span_id"]) == (
        "ui.interaction.click", "/cart", "shop@1", "live", "a" * 16,
    )  # fmt: skip
    assert span["attributes"]["browser.web_vital.inp.value"] == 104
    assert span["attributes"]["browser.web_vital.cls.value"] == 0.2
    assert span["attributes"]["other"] == 3


@pytest.mark.parametrize("kind", ["span", "log", "trace_metric"])
@pytest.mark.parametrize("sent", [{}, [], {"items": None}, {"items": {}}, {"span_id": "x"}, 5])
def test_what_is_no_batch_is_refused_and_counted(kind: str, sent: Any) -> None:
    result = decoded(({"type": kind}, sent))
    assert not result.items
    assert [(one.outcome, one.quantity) for one in result.refused] == [("invalid", 1)]
