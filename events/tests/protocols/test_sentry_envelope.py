"""Envelope framing: what is kept, what is refused alone, and what refuses the whole request."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from events.protocols import sentry
from events.tests.sentry_bodies import EVENT_ID, KEY, RECEIVED_AT, context, decoded, envelope, only
from events.values.errors import IngestError, Malformed, TooLarge

EVENT = ({"type": "event"}, {"message": "x"})
SESSION: tuple[dict[str, Any], Any] = (
    {"type": "session"},
    {"sid": EVENT_ID, "status": "ok", "attrs": {"release": "1"}},
)


def kinds(body: bytes) -> list[str]:
    return [item.kind for item in sentry.decode_envelope(body, context()).items]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\n\n", b"\n\r\n"])
@pytest.mark.parametrize("length", [None, 15])
def test_an_item_ends_at_its_length_or_at_the_newline(ending: bytes, length: int | None) -> None:
    header = {"type": "event"} | ({"length": length} if length else {})
    assert kinds(b"{}\n" + json.dumps(header).encode() + b'\n{"message":"x"}' + ending) == ["error"]


def test_a_measured_payload_may_contain_newlines() -> None:
    body = b'{}\n{"type":"event","length":18}\n{"message":\n\n\n"x"}\n{"type":"session"}\n{}'
    assert kinds(body) == ["error"]


@pytest.mark.parametrize("header", [b"{}", b'{"event_id":"%s"}' % EVENT_ID.encode(), b"{}\n", b'{"future":[1]}\n\n'])
def test_an_envelope_may_hold_no_items(header: bytes) -> None:
    assert sentry.decode_envelope(header, context()).items == ()


@pytest.mark.parametrize("kind", ["new_fangled", "", "x" * 3000, "replay_recording", "profile", "statsd"])
def test_an_item_of_another_type_never_fails_the_rest(kind: str) -> None:
    result = decoded(({"type": kind, "length": 3}, b"\x00\n\xff"), EVENT, ({"type": kind}, b"\xff\xfe"), SESSION)
    assert [item.kind for item in result.items] == ["error", "session"]
    assert {refused.outcome for refused in result.refused} == {"filtered"}
    assert len(result.refused) == 2


@pytest.mark.parametrize(
    ("kind", "category", "reason"),
    [
        ("replay_event", "replay", "replay"),
        ("profile", "profile", "profile"),
        ("profile_chunk", "profile_chunk", "profile_chunk"),
        ("whatever", "default", "unknown_item_type"),
    ],
)
def test_a_filtered_type_has_a_category_and_a_reason(kind: str, category: str, reason: str) -> None:
    (refused,) = decoded(({"type": kind}, {})).refused
    assert (refused.category, refused.outcome, refused.reason) == (category, "filtered", reason)


@pytest.mark.parametrize("payload", [b"{", b"nonsense", b"", b"[1]", b'"text"', b"null", b"17"])
@pytest.mark.parametrize(
    "kind", ["event", "transaction", "feedback", "session", "sessions", "check_in", "client_report"]
)
def test_a_bad_payload_refuses_only_its_item(kind: str, payload: bytes) -> None:
    result = decoded(({"type": kind}, payload), ({"type": "log"}, {"items": [{"body": "x"}]}))
    assert [item.kind for item in result.items] == ["log"]
    (refused,) = result.refused
    assert refused.outcome == "invalid"


FRAMING = {
    "nothing": b"",
    "only a newline": b"\n",
    "not JSON": b"hello",
    "a header that is no object": b"[]\n{}",
    "an item header that is no object": b'{}\n"event"\n{}',
    "an item header that is not JSON": b"{}\n{type:event}\n{}",
    "an item without type": b'{}\n{"length":2}\n{}',
    "a type that is no text": b'{}\n{"type":7}\n{}',
    "a truncated payload": b'{}\n{"type":"event","length":100}\n{"message":"x"}',
    "a negative length": b'{}\n{"type":"event","length":-1}\n{}',
    "a length in text": b'{}\n{"type":"event","length":"2"}\n{}',
    "a true length": b'{}\n{"type":"event","length":true}\n{}',
    "a desert of newlines": b"{}" + b"\n" * 1000,
    "a giant envelope header": b'{"a":"' + b"x" * 20_000 + b'"}\n',
    "a giant item header": b'{}\n{"type":"event","a":"' + b"x" * 20_000 + b'"}\n{}',
    "a length too short": b'{}\n{"type":"event","length":3}\n{"message":"x"}\n',
}


@pytest.mark.parametrize("name", FRAMING)
def test_framing_that_cannot_be_followed_is_malformed(name: str) -> None:
    with pytest.raises(Malformed) as caught:
        sentry.decode_envelope(FRAMING[name], context())
    assert caught.value.status == 400
    assert caught.value.detail


def test_two_events_are_malformed() -> None:
    with pytest.raises(Malformed, match="one event"):
        decoded(EVENT, EVENT)


def test_a_hundred_items_are_the_most() -> None:
    assert len(decoded(*[SESSION] * 100).items) == 100
    with pytest.raises(TooLarge):
        decoded(*[SESSION] * 101)


def test_an_event_over_its_limit_is_too_large() -> None:
    big = ({"type": "event"}, {"message": "x", "extra": {"a": "y" * (1 << 20)}})
    with pytest.raises(TooLarge) as caught:
        decoded(big)
    assert caught.value.status == 413


@pytest.mark.parametrize("sent", [EVENT_ID, EVENT_ID.upper(), "9ec79dc3-3ec9-42ab-8353-589fcb2e04dc"])
def test_the_envelopes_event_id_wins_in_either_writing(sent: str) -> None:
    result = decoded(({"type": "event"}, {"event_id": "f" * 32}), event_id=sent)
    item = only(result)
    assert item.item_id.hex == item.payload["event_id"] == result.response_id == EVENT_ID


def test_the_events_own_id_is_used_without_one_in_the_envelope() -> None:
    result = decoded(({"type": "event"}, {"event_id": EVENT_ID}))
    assert only(result).item_id.hex == result.response_id == EVENT_ID


@pytest.mark.parametrize("bad", ["../../etc/passwd", "x" * 32, 17, {}, "9ec79dc3", ""])
def test_a_bad_event_id_is_replaced_by_one_derived_from_the_bytes(bad: Any) -> None:
    first, again = (only(decoded(({"type": "event"}, {"event_id": bad}), event_id=bad)) for _ in range(2))
    assert first.item_id == again.item_id
    assert first.payload["event_id"] == first.item_id.hex
    assert "event_id_invalid" in first.payload["_notes"]


def test_different_events_without_id_have_different_identities() -> None:
    first, other = (only(decoded(({"type": "event"}, {"message": text}))) for text in "ab")
    assert first.item_id != other.item_id


def test_an_envelope_without_event_has_no_response_id() -> None:
    assert decoded(SESSION).response_id is None


def test_the_key_of_an_inner_dsn_is_handed_on() -> None:
    assert decoded(EVENT, dsn=f"https://{KEY}@obs.example.com/1").dsn_key == KEY
    assert sentry.dsn_of(envelope(EVENT, dsn=f"https://{KEY}@obs.example.com:8443/sub/7")) == sentry.Dsn(
        KEY, "obs.example.com:8443", 7
    )
    assert sentry.dsn_of(envelope(EVENT)) is None


@pytest.mark.parametrize(
    "dsn", [f"https://{KEY}@obs.example.com/2", "nonsense", 17, "https://short@h/1", f"https://{KEY}@[::1/1", "x" * 900]
)
def test_an_inner_dsn_of_elsewhere_is_denied(dsn: Any) -> None:
    with pytest.raises(IngestError) as caught:
        decoded(EVENT, dsn=dsn)
    assert caught.value.status == 403


def test_a_wrong_clock_is_corrected_by_sent_at() -> None:
    sent_at, happened = RECEIVED_AT - timedelta(hours=5), RECEIVED_AT - timedelta(hours=5, minutes=1)
    item = ({"type": "event"}, {"timestamp": happened.isoformat()})
    payload = only(decoded(item, sent_at=sent_at.isoformat())).payload
    assert payload["timestamp"] == (RECEIVED_AT - timedelta(minutes=1)).timestamp()
    assert payload["_notes"] == ["clock_drift"]


def test_a_small_difference_is_latency_and_left_alone() -> None:
    sent_at, happened = RECEIVED_AT - timedelta(minutes=54), RECEIVED_AT - timedelta(minutes=55)
    payload = only(
        decoded(({"type": "event"}, {"timestamp": happened.timestamp()}), sent_at=sent_at.isoformat())
    ).payload
    assert payload["timestamp"] == happened.timestamp()


@pytest.mark.parametrize("sent_at", ["yesterday", None, 17, {}, "99999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_an_unreadable_sent_at_is_ignored(sent_at: Any) -> None:
    assert kinds(envelope(EVENT, sent_at=sent_at)) == ["error"]
