"""The door steps of an event: shapes, limits and clock, whatever a client writes into the fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from events.protocols.sentry import clean
from events.tests.sentry_bodies import NOW, RECEIVED_AT, event
from events.values import lenient

DAY = 86_400.0


@pytest.mark.parametrize(
    ("sent", "stored", "note"),
    [
        (NOW - 5.25, NOW - 5.25, None),
        (int(NOW) - 5, NOW - 5, None),
        (str(NOW - 5), NOW - 5, None),
        ((RECEIVED_AT - timedelta(seconds=5)).isoformat(), NOW - 5, None),
        ("2026-11-23T08:59:55Z", NOW - 5, None),
        ("2026-11-23T08:59:55", NOW - 5, None),
        (NOW + 59, NOW + 59, None),
        (NOW + 3600, NOW + 60, "timestamp_clamped"),
        (NOW - 31 * DAY, NOW - 30 * DAY, "timestamp_clamped"),
        ("9999-12-31T23:59:59Z", NOW + 60, "timestamp_clamped"),
        ("10000-01-01T00:00:00Z", NOW, None),
        (253402300800000, NOW + 60, "timestamp_clamped"),
        (-1, NOW - 30 * DAY, "timestamp_clamped"),
        ("yesterday", NOW, None),
        (None, NOW, None),
        ({}, NOW, None),
        (True, NOW, None),
        ("1e999", NOW, None),
    ],
)
def test_a_timestamp_is_read_and_clamped(sent: Any, stored: float, note: str | None) -> None:
    payload = event({"timestamp": sent})
    assert payload["timestamp"] == pytest.approx(stored)
    assert payload.get("_notes") == ([note] if note else None)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"a": "b", "n": 17, "t": True, "f": 1.5}, {"a": "b", "n": "17", "t": "true", "f": "1.5"}),
        ([["a", "b"], ["n", 17]], {"a": "b", "n": "17"}),
        ([{"key": "a", "value": "b"}, {"key": "x"}], {"a": "b"}),
        ({"a": None, "b": {}, "c": [], "": "x"}, {}),
        ([None, "x", 17, ["a"], ["a", "b", "c"]], {}),
        ("text", {}),
        (None, {}),
    ],
)
def test_tags_become_a_dict_of_texts(sent: Any, stored: dict[str, str]) -> None:
    assert event({"tags": sent})["tags"] == stored


def test_a_flood_of_long_tags_is_bounded() -> None:
    payload = event({"tags": {f"{number:04}" + "k" * 500: "v" * 500 for number in range(900)}})
    assert len(payload["tags"]) == 100
    assert {len(text) for pair in payload["tags"].items() for text in pair} == {200}
    assert "tags_dropped" in payload["_notes"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("fatal", "fatal"),
        ("WARNING", "warning"),
        ("warn", "warning"),
        ("log", "info"),
        ("critical", "fatal"),
        ("loud", "error"),
        (40, "error"),
        (None, "error"),
    ],
)
def test_a_level_is_one_of_five(sent: Any, stored: str) -> None:
    assert event({"level": sent})["level"] == stored


@pytest.mark.parametrize(
    "raw",
    [
        {"message": "basket 17 is empty"},
        {"message": {"formatted": "basket 17 is empty"}},
        {"logentry": "basket 17 is empty"},
        {"logentry": {"formatted": "basket 17 is empty"}, "message": "other"},
    ],
)
def test_a_message_is_always_the_logentry(raw: dict[str, Any]) -> None:
    payload = event(raw)
    assert payload["logentry"] == {"formatted": "basket 17 is empty"}
    assert "message" not in payload


def test_a_message_of_any_other_type_is_readable_text() -> None:
    assert event({"message": {"a": [1]}})["logentry"] == {"formatted": '{"a":[1]}'}
    assert event({"logentry": {"message": 17, "params": [1]}})["logentry"] == {"message": "17"}


@pytest.mark.parametrize("wrapped", [lambda one: {"values": [None, one, 17]}, lambda one: [one], lambda one: one])
def test_exceptions_come_in_one_shape(wrapped: Any) -> None:
    one = {
        "type": "KeyError",
        "value": {"key": 1},
        "stacktrace": {"frames": [None, {"filename": "a.py", "lineno": "7"}]},
    }
    (kept,) = event({"exception": wrapped(one)})["exception"]["values"]
    assert (kept["type"], kept["value"]) == ("KeyError", '{"key":1}')
    assert kept["stacktrace"]["frames"] == [{"filename": "a.py", "lineno": 7}]


def test_frames_of_wrong_types_are_converted_or_emptied() -> None:
    frame = {
        "filename": 5,
        "function": {"a": 1},
        "lineno": "x",
        "colno": 4.0,
        "vars": [1],
        "in_app": "yes",
        "module": None,
    }
    payload = event({"exception": [{"type": "E", "stacktrace": {"frames": [frame]}}]})
    (kept,) = payload["exception"]["values"][0]["stacktrace"]["frames"]
    assert kept == {
        "filename": "5",
        "function": '{"a":1}',
        "lineno": None,
        "colno": 4,
        "in_app": None,
        "module": None,
    }


def test_of_too_many_frames_the_first_and_last_are_kept() -> None:
    frames = [{"function": f"f{number}", "context_line": "x" * 5000} for number in range(1000)]
    payload = event(
        {
            "stacktrace": {"frames": frames[:100]},
            "exception": [{"stacktrace": {"frames": [dict(f, context_line="") for f in frames]}}],
        }
    )
    kept = payload["exception"]["values"][0]["stacktrace"]["frames"]
    assert len(kept) == 250
    assert (kept[0]["function"], kept[-1]["function"]) == ("f0", "f999")
    assert "frames_dropped" in payload["_notes"]
    assert len(payload["stacktrace"]["frames"][0]["context_line"]) == 1024


def test_of_too_many_exceptions_the_first_and_last_are_kept() -> None:
    kept = event({"exception": [{"type": f"E{number}"} for number in range(500)]})["exception"]["values"]
    assert (len(kept), kept[0]["type"], kept[-1]["type"]) == (50, "E0", "E499")


def test_breadcrumbs_come_in_one_shape_the_latest_hundred() -> None:
    crumbs = [{"timestamp": NOW - 300 + number, "message": str(number)} for number in range(150)]
    for sent in (crumbs, {"values": crumbs}):
        kept = event({"breadcrumbs": sent})["breadcrumbs"]["values"]
        assert (len(kept), kept[0]["message"], kept[-1]["message"]) == (100, "50", "149")
    odd = [None, 7, {"message": {"a": 1}, "data": "x", "timestamp": "soon"}]
    assert event({"breadcrumbs": odd})["breadcrumbs"]["values"] == [
        {"message": '{"a":1}', "data": {"value": "x"}, "timestamp": NOW}
    ]


@pytest.mark.parametrize(
    ("sent", "stored"), [(["a", 7, None, ["b"]], ["a", "7", '["b"]']), ("one", ["one"]), (17, ["17"]), ([None], None)]
)
def test_a_fingerprint_is_a_list_of_texts(sent: Any, stored: Any) -> None:
    assert event({"fingerprint": sent}).get("fingerprint") == stored


def test_a_large_text_full_of_brackets_is_only_a_text() -> None:
    assert event({"extra": {"a": "[{," * 300_000}})["extra"] == {"a": "[{," * 300_000}


HOSTILE = (
    None,
    17,
    True,
    "a." * 30_000,
    "/?&@#" * 5_000,
    [],
    {},
    [None],
    [[[]]],
    {"values": None},
    {"values": {"a": []}},
    {"x": {"y": []}},
)
FIELDS = sorted(clean.FIELDS.keys() | clean.IMPLIED | {"unheard_of"})


@pytest.mark.parametrize("field", FIELDS)
def test_no_value_of_any_field_breaks_the_event(field: str) -> None:
    for value in HOSTILE:
        payload = event({field: value})
        assert lenient.loads(lenient.canonical(payload)) == payload
        for name in ("release", "environment", "dist", "transaction", "server_name", "platform"):
            assert isinstance(payload.get(name, ""), str)
            assert len(payload.get(name, "")) <= 250


def test_a_transaction_name_loses_its_query() -> None:
    assert event({"transaction": "GET https://shop.example.com/basket?token=x"})["transaction"] == (
        "GET https://shop.example.com/basket"
    )


def test_a_source_map_image_and_its_frame_stay_equal() -> None:
    url = "https://shop.example.com/app.js?v=17#x"
    payload = event(
        {
            "exception": [{"stacktrace": {"frames": [{"abs_path": url}]}}],
            "debug_meta": {"images": [{"type": "sourcemap", "code_file": url, "debug_id": "d"}, None]},
        }
    )
    frame = payload["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert payload["debug_meta"]["images"][0]["code_file"] == frame["abs_path"] == "https://shop.example.com/app.js"
