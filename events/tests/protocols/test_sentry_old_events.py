"""Events in the words of older clients, and what is kept of native crashes."""

from typing import Any

import pytest

from events.digest.steps import errors
from events.issues import grouping
from events.protocols.sentry.legacy import messages
from events.tests.sentry_bodies import EVENT_ID, NOW, decoded, event, pseudonym

FILLED: list[tuple[str, Any, str]] = [
    ("payment %s of %s failed (%d)", ["P-78", "bobby-tables", 404404], "payment P-78 of bobby-tables failed (404404)"),
    ("user %(name)s has %(count)d", {"name": "ann", "count": 3}, "user ann has 3"),
    ("user %(name)s", [{"name": "ann"}], "user ann"),
    ("%.2f of %5.1f%%", [1.239, 99.5], "1.24 of  99.5%"),
    ("%05d|%-4s|%4s|%x", [42, "ab", "cd", 255], "00042|ab  |  cd|ff"),
    ("%r is %s", ["a", None], "'a' is null"),
    ("%s %s", [True, {"a": [1]}], 'true {"a":[1]}'),
    ("order {} of {}", ["7", "ann"], "order 7 of ann"),
    ("order {1} of {0}", ["ann", 7], "order 7 of ann"),
    ("order {id} of {who!r:>10}", {"id": 7, "who": "ann"}, "order 7 of ann"),
    ("order {OrderId} of {@Who}", ["7", "ann"], "order 7 of ann"),
    ("price {0:C2}", [9], "price 9"),
    ("%1$s and %2$d, %1$s again", ["a", 2], "a and 2, a again"),
    ("user %{name}", {"name": "ann"}, "user ann"),
    ("%i %u %lu %lld %p %@", [1, 2, 3, 4, "0x10", "x"], "1 2 3 4 0x10 x"),
    ("%s and %s", ["only"], "only and %s"),
    ("json {\"a\": %s}", [1], 'json {"a": 1}'),
    ("a %s", ["{}"], "a {}"),
    ("100% of {}", [5], "100% of 5"),
    ("hi %{name} %<n>d, %<cost>.2f", {"name": "ann", "n": 5, "cost": 1.5}, "hi ann 5, 1.50"),
    ("%<n>d of %<m>d", {"n": 5}, "5 of %<m>d"),
    ("order {0:N2} in {{here}}", ["7"], "order 7 in {here}"),
    ("{{nothing}} to fill", ["x"], ""),
    ("nothing to fill", ["x"], ""),
    ("a %s", [], ""),
    ("a %s", "x", ""),
    ("a %(b)s", {"c": 1}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("template", "params", "text"), FILLED)
def test_values_are_filled_into_a_message(template: str, params: Any, text: str) -> None:
    assert messages.filled(template, params) == text


@pytest.mark.parametrize(
    "sent",
    [
        {"logentry": {"message": "order %s failed", "params": ["7"]}},
        {"logentry": {"message": "order %s failed", "params": ["7"], "formatted": "order 7 failed"}},
        {"sentry.interfaces.Message": {"message": "order %s failed", "params": ["7"]}},
        {"message": {"message": "order %s failed", "params": ["7"]}},
        {"message": "order %s failed", "params": ["7"]},
        {"message": "order 7 failed", "sentry.interfaces.Message": {"message": "order %s failed", "params": ["7"]}},
        {"message": "order 7 failed", "logentry": {"message": "order %s failed"}},
    ],
)
def test_a_message_is_titled_as_said_and_grouped_by_its_template(sent: dict[str, Any]) -> None:
    found = grouping.group(event(sent))
    assert found.title == "order 7 failed"
    assert found.components == ("template order %s failed",)


def test_a_value_named_a_thousand_times_stays_within_the_bound() -> None:
    kept = event({"logentry": {"message": "%(a)s" * 1000, "params": {"a": "b" * 8000}}})
    assert len(kept["logentry"]["formatted"]) == 8192


STACK = {"frames": [{"module": "io.shop.Orders", "function": "check", "in_app": True}]}
OLD: list[tuple[dict[str, Any], str, Any]] = [
    ({"sentry.interfaces.Exception": {"values": [{"type": "E", "value": "x"}]}}, "exception", "E"),
    ({"sentry.interfaces.Exception": {"type": "E", "value": "x"}}, "exception", "E"),
    ({"sentry.interfaces.Exception": [{"type": "E", "value": "x"}]}, "exception", "E"),
]


@pytest.mark.parametrize(("sent", "name", "kind"), OLD)
def test_exceptions_under_their_old_name(sent: dict[str, Any], name: str, kind: str) -> None:
    assert event(sent)[name]["values"][0]["type"] == kind


def test_every_interface_of_old_is_read() -> None:
    sent = {
        "message": None,
        "sentry.interfaces.User": {"id": "1"},
        "sentry.interfaces.Http": {"url": "https://shop.example/", "method": "GET"},
        "sentry.interfaces.Stacktrace": STACK,
        "sentry.interfaces.Breadcrumbs": {"values": [{"message": "first"}]},
        "sentry.interfaces.DebugMeta": {"images": [{"type": "elf"}]},
        "sentry.interfaces.Query": {"query": "SELECT 1"},
        "exception": None,
    }
    kept = event(sent)
    assert kept["user"] == {"key": pseudonym("user", "1")}
    assert kept["request"]["url"] == "https://shop.example/"
    assert kept["stacktrace"]["frames"][0]["module"] == "io.shop.Orders"
    assert kept["breadcrumbs"]["values"][0]["message"] == "first"
    assert kept["debug_meta"]["images"] == [{"type": "elf"}]
    assert kept["_notes"] == ["unknown_field"]


def test_a_name_of_today_wins_over_one_of_old() -> None:
    kept = event({"exception": [{"type": "New"}], "sentry.interfaces.Exception": [{"type": "Old"}]})
    assert [one["type"] for one in kept["exception"]["values"]] == ["New"]


def test_a_stack_beside_the_only_exception_is_its_own() -> None:
    kept = event({"sentry.interfaces.Exception": {"type": "E", "value": "x"}, "sentry.interfaces.Stacktrace": STACK})
    assert kept["exception"]["values"][0]["stacktrace"]["frames"] == STACK["frames"]
    assert "stacktrace" not in kept


@pytest.mark.parametrize(
    ("sent", "level"), [(40, "error"), (50, "fatal"), ("30", "warning"), (20, "info"), (10, "debug"), ("info", "info")]
)
def test_a_level_may_be_a_number(sent: Any, level: str) -> None:
    assert event({"level": sent})["level"] == level


def test_a_checksum_is_kept_and_groups() -> None:
    first, second = (event({"checksum": "1" * 32, "message": text}) for text in ("Dogs are great", "Cats are not"))
    assert grouping.group(first).hash == grouping.group(second).hash


def test_an_error_and_a_feedback_in_one_envelope_are_two() -> None:
    other = "fedcba9876543210fedcba9876543210"
    said = {"event_id": other, "contexts": {"feedback": {"message": "hi", "associated_event_id": EVENT_ID}}}
    error = ({"type": "event"}, {"event_id": EVENT_ID, "message": "err"})
    for items in ([error, ({"type": "feedback"}, said)], [({"type": "feedback"}, said), error]):
        result = decoded(*items, event_id=EVENT_ID)
        assert {item.kind: item.item_id.hex for item in result.items} == {"error": EVENT_ID, "feedback": other}
        assert result.refused == ()


@pytest.mark.parametrize(("days", "seconds"), [(90, 0), (-2, 0), (31, 0)])
def test_breadcrumbs_keep_their_distance_from_an_event_that_was_moved(days: int, seconds: int) -> None:
    at = NOW - days * 86_400
    crumbs = {"values": [{"timestamp": at - 60, "message": "first"}, {"timestamp": at - 5}, {"message": "timeless"}]}
    kept = event({"timestamp": at, "breadcrumbs": crumbs})
    assert "timestamp_clamped" in kept["_notes"]
    first, second, _ = (crumb["timestamp"] for crumb in kept["breadcrumbs"]["values"])
    assert (kept["timestamp"] - first, kept["timestamp"] - second) == (60, 5)


@pytest.mark.parametrize(
    ("mechanisms", "handled"),
    [
        ([None], None), ([{"type": "mach"}], None), ([{"handled": None}], None), ([{"handled": True}], True),
        ([{"handled": False}], False), ([{"handled": True}, {"handled": False}], False),
        ([{}, {"handled": True}], True),
    ],
)  # fmt: skip
def test_handled_is_told_only_when_it_was_said(mechanisms: list[Any], handled: bool | None) -> None:
    kept = event({"exception": {"values": [{"type": "E", "mechanism": mechanism} for mechanism in mechanisms]}})
    assert errors.is_handled(kept) is handled
    assert errors.tags(kept).get("handled") == {True: "yes", False: "no", None: None}[handled]


def test_registers_are_kept_where_they_can_be_some() -> None:
    registers = {"pc": "0x101d", "sp": 4096, "x0": "7ffe2000", "bad": "'<script>", "worse": [1]}
    stack = {"frames": [{"instruction_addr": "0x101d"}], "registers": registers}
    kept = event({"threads": {"values": [{"id": 1, "stacktrace": stack}]}})
    found = kept["threads"]["values"][0]["stacktrace"]
    assert found["registers"] == {"pc": "0x101d", "sp": "0x1000", "x0": "7ffe2000"}


IMAGES = [
    {"type": "elf", "code_file": "/lib/libapp.so", "image_addr": "0x1000", "image_size": 4096},
    {"type": "elf", "debug_file": "open.sym", "image_addr": "8192"},
    {"type": "elf", "name": "last", "image_addr": 0x4000},
    {"type": "elf", "code_file": "nowhere", "image_addr": "x"},
    {"type": "sourcemap", "code_file": "a.js", "debug_id": "1"},
    {"code_file": 5, "image_addr": "0x9000"},
]


@pytest.mark.parametrize(
    ("frame", "package"),
    [
        ({"instruction_addr": "0x1004"}, "/lib/libapp.so"),
        ({"instruction_addr": 0x1FFF, "function": "f"}, "/lib/libapp.so"),
        ({"instruction_addr": "0x2004"}, "open.sym"),
        ({"instruction_addr": "0x3fff"}, "open.sym"),
        ({"instruction_addr": "0x4001"}, "last"),
        ({"instruction_addr": "0x80000000000"}, None),
        ({"instruction_addr": "0x10"}, None),
        ({"instruction_addr": "zero"}, None),
        ({"instruction_addr": "0x1004", "package": "own"}, "own"),
        ({"instruction_addr": "0x1004", "module": "shop.A"}, None),
        ({"instruction_addr": "0x1004", "addr_mode": "rel:0"}, None),
        ({"function": "f"}, None),
    ],
)
def test_a_frame_that_sends_its_address_alone_is_given_its_library(frame: dict[str, Any], package: str | None) -> None:
    """Dart's and .NET's compiled programs send no `package`: getsentry/sentry-dart, getsentry/sentry-dotnet."""
    sent = {
        "exception": [{"type": "E", "stacktrace": {"frames": [dict(frame)]}}],
        "threads": [{"id": 1, "stacktrace": {"frames": [dict(frame)]}}],
        "debug_meta": {"images": IMAGES},
    }
    kept = event(sent)
    for holder in (kept["exception"], kept["threads"]):
        assert holder["values"][0]["stacktrace"]["frames"][0].get("package") == package


@pytest.mark.parametrize("meta", [None, [], {"images": None}, {"images": [None, 5, {"image_addr": None}]}])
def test_without_images_no_library_is_made_up(meta: Any) -> None:
    kept = event(
        {"exception": [{"type": "E", "stacktrace": {"frames": [{"instruction_addr": "0x1"}]}}], "debug_meta": meta}
    )
    assert "package" not in kept["exception"]["values"][0]["stacktrace"]["frames"][0]
