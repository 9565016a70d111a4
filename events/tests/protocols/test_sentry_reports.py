"""Legacy events and the reports that browsers write by themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from events.protocols import sentry
from events.tests.sentry_bodies import EVENT_ID, NOW, context
from events.values.errors import IngestError, Malformed, TooLarge

OLD = {
    "csp-report": {
        "document-uri": "https://shop.example.com/pay?token=x",
        "blocked-uri": "https://evil.example/x.js?y",
        "violated-directive": "script-src 'self'",
        "effective-directive": "script-src",
        "original-policy": "default-src 'none'",
        "line-number": 3,
        "script-sample": "alert(1)",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "age": 2000,
        "url": "https://shop.example.com/pay?token=x",
        "user_agent": "Firefox",
        "body": {
            "documentURL": "https://shop.example.com/pay?token=x",
            "blockedURL": "https://evil.example/x.js?y",
            "effectiveDirective": "script-src",
            "originalPolicy": "default-src 'none'",
            "lineNumber": 3,
            "sample": "alert(1)",
        },
    },
    {
        "type": "network-error",
        "age": 1,
        "url": "https://a.example/",
        "body": {"phase": "dns", "type": "dns.name_not_resolved"},
    },
    {"type": "deprecation", "url": "https://a.example/", "body": {"id": "x", "message": "y"}},
    {"type": "intervention", "url": "https://a.example/", "body": {"id": "x"}},
]


def security(value: Any, content_type: str = "application/reports+json", **changes: Any) -> Any:
    return sentry.decode_security(json.dumps(value).encode(), content_type, context(**changes))


def test_both_forms_of_a_csp_report_are_one_shape() -> None:
    (old,) = security(OLD, "application/csp-report").items
    new = security(NEW[:1]).items[0]
    shared = {
        "document_url": "https://shop.example.com/pay",
        "blocked_url": "https://evil.example/x.js",
        "effective_directive": "script-src",
        "original_policy": "default-src 'none'",
        "line_number": 3,
        "sample": "alert(1)",
    }
    assert new.payload["body"] == shared
    assert old.payload["body"] == shared | {"violated_directive": "script-src 'self'"}
    assert old.payload["url"] == new.payload["url"] == "https://shop.example.com/pay"
    assert (old.payload["type"], old.payload["timestamp"], new.payload["timestamp"]) == ("csp-violation", NOW, NOW - 2)


def test_a_report_is_counted_by_five_fields() -> None:
    assert security(OLD).items[0].payload["report"] == {
        "kind": "csp",
        "directive": "script-src",
        "blocked_host": "evil.example",
        "document_url": "https://shop.example.com/pay",
        "disposition": None,
    }
    _, network, deprecation, _ = (item.payload["report"] for item in security(NEW).items)
    assert (network["kind"], network["directive"]) == ("nel", "dns.name_not_resolved")
    assert (deprecation["kind"], deprecation["document_url"]) == ("report", "https://a.example/")


def test_every_report_of_an_array_is_an_item() -> None:
    result = security(NEW)
    assert [item.payload["type"] for item in result.items] == [
        "csp-violation",
        "network-error",
        "deprecation",
        "intervention",
    ]
    assert result.refused == ()


def test_equal_reports_of_two_visitors_are_two_facts() -> None:
    assert security(OLD).items[0].item_id == security(OLD).items[0].item_id
    assert security(OLD).items[0].item_id != security(OLD, peer_ip="192.0.2.7").items[0].item_id
    assert len({item.item_id for item in security(NEW[:1] * 2).items}) == 2


def test_unknown_reports_are_filtered_and_broken_ones_invalid() -> None:
    result = security([{"type": "potato", "body": {}}, 7, {"type": "deprecation", "body": 3}, *NEW[3:]])
    assert len(result.items) == 1
    assert [(refused.outcome, refused.reason) for refused in result.refused] == [
        ("filtered", "report_type"),
        ("invalid", "not_a_report"),
        ("invalid", "not_a_report"),
    ]


def test_a_hundred_reports_are_the_most() -> None:
    result = security(NEW[:1] * 130)
    assert (len(result.items), result.refused[-1].quantity) == (100, 30)


@pytest.mark.parametrize("body", [b"", b"[]", b"17", b"null", b'"x"', b"[1,2]", b"{", b"<xml/>"])
def test_a_body_without_report_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        sentry.decode_security(body, "application/csp-report", context())


def test_a_giant_report_is_too_large() -> None:
    with pytest.raises(TooLarge):
        security({"csp-report": {"sample": "x" * (1 << 20)}})


def test_a_bare_event_is_stored_and_named_in_the_answer() -> None:
    result = sentry.decode_store(json.dumps({"event_id": EVENT_ID, "message": "x"}).encode(), context())
    assert [item.kind for item in result.items] == ["error"]
    assert result.response_id == EVENT_ID


def test_a_bare_event_without_id_gets_one() -> None:
    result = sentry.decode_store(b'{"message":"x"}', context())
    assert result.response_id == result.items[0].item_id.hex


def test_a_bare_transaction_is_a_transaction() -> None:
    assert sentry.decode_store(b'{"type":"transaction"}', context()).items[0].kind == "transaction"


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", Malformed), (b"[]", Malformed), (b"{", Malformed), (b'{"a":"' + b"x" * (1 << 20) + b'"}', TooLarge)],
)
def test_a_bare_body_that_is_no_event_is_refused(body: bytes, kind: type[IngestError]) -> None:
    with pytest.raises(kind):
        sentry.decode_store(body, context())
