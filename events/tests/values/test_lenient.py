"""JSON from anyone: what comes out can be stored, read back, and walked."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from events.values import lenient
from events.values.errors import Malformed

BROKEN = "\ufffd"


def nested(depth: int, core: bytes = b"1") -> bytes:
    return b'{"a":' * depth + core + b"}" * depth


def depth_of(value: Any) -> int:
    depth = 0
    while isinstance(value, dict | list) and value:
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
        depth += 1
    return depth


REPAIRED: dict[str, tuple[bytes, Any]] = {
    "an escaped NUL": (b'{"a":"x\\u0000y"}', {"a": f"x{BROKEN}y"}),
    "an escaped backslash before u0000": (b'["\\\\u0000"]', ["\\u0000"]),
    "a NUL in a key": (b'{"a\\u0000":1}', {f"a{BROKEN}": 1}),
    "a raw NUL": (b'"x\x00y"', f"x{BROKEN}y"),
    "raw control characters": (b'"x\ty\nz"', "x\ty\nz"),
    "a lone high surrogate": (b'"\\ud800"', BROKEN),
    "a lone low surrogate": (b'["\\udc00x"]', [f"{BROKEN}x"]),
    "a lone surrogate in a key": (b'{"\\ud800":1}', {BROKEN: 1}),
    "a pair beside a lone one": (b'"\\ud83d\\ude00\\ud83d"', f"\U0001f600{BROKEN}"),
    "NaN and infinities": (b"[NaN, Infinity, -Infinity, 1]", [None, None, None, 1]),
    "beyond double": (b"[1e400, -1e131073]", ["1e400", "-1e131073"]),
    "an integer of 5,000 digits": (b'{"id":' + b"7" * 5000 + b"}", {"id": "7" * 5000}),
    "just beyond 64 bits": (b"[9223372036854775808]", ["9223372036854775808"]),
    "beyond unsigned 64 bits": (b"[18446744073709551616]", ["18446744073709551616"]),
    "negative beyond 64 bits": (b"[-9223372036854775809]", ["-9223372036854775809"]),
    "the largest integer": (b"[9223372036854775807]", [9223372036854775807]),
    "the lowest integer": (b"[ -9223372036854775808]", [-9223372036854775808]),
    "a bare long integer": (b"12345678901234567890123", "12345678901234567890123"),
    "bad UTF-8": (b'{"a":"\xff\xfe"}', {"a": BROKEN * 2}),
    "a cut UTF-8 character": (b'"\xe2\x82"', BROKEN),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
    "duplicate keys": (b'{"a":1,"a":2}', {"a": 2}),
    "a bare scalar": (b"17", 17),
    "a long key": (b'{"' + b"k" * 1000 + b'" : 1}', {"k" * 256: 1}),
    "a long key with escapes": (b'{"' + b'\\"' * 300 + b'":1}', {'"' * 256: 1}),
    "a long value": (b'["' + b"k" * 1000 + b'"]', ["k" * 1000]),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_it_repairs(name: str) -> None:
    data, expected = REPAIRED[name]
    assert lenient.loads(data) == expected


@pytest.mark.parametrize("name", REPAIRED)
def test_what_it_returns_can_be_written_and_read_back(name: str) -> None:
    value = lenient.loads(REPAIRED[name][0])
    data = lenient.canonical(value)
    assert orjson.loads(data) == json.loads(data) == lenient.loads(data) == value


@pytest.mark.parametrize("depth", [65, 300, 1100, 20_000])
@pytest.mark.parametrize("core", [b"1", b'"]}"', b"NaN"])
def test_containers_below_the_depth_become_a_marker(depth: int, core: bytes) -> None:
    value = lenient.loads(b'{"kept":"yes","deep":' + nested(depth, core) + b"}")
    assert value["kept"] == "yes"
    assert depth_of(value["deep"]) == lenient.DEPTH - 1
    assert lenient.TOO_DEEP in lenient.canonical(value).decode()


def test_brackets_in_strings_do_not_count_as_depth() -> None:
    value = {"a": ["[{" * 500, {"b": '"[\\'}]}
    assert lenient.loads(orjson.dumps(value)) == value


def test_closing_brackets_in_strings_do_not_hide_depth() -> None:
    data = b'["]]]]",' * 80 + b"1" + b"]" * 80
    assert lenient.TOO_DEEP in lenient.canonical(lenient.loads(data)).decode()


def test_the_deepest_allowed_value_is_untouched() -> None:
    assert lenient.loads(nested(64)) == orjson.loads(nested(64))


@pytest.mark.parametrize("data", [b"[" + b"1," * 60_000 + b"1]", b"[" + b'{"a":[]},' * 60_000 + b"{}]"])
def test_values_beyond_the_limit_become_a_marker(data: bytes) -> None:
    value = lenient.loads(data)
    assert value[-1] == lenient.TOO_MANY
    assert len(value) <= lenient.NODES


def test_more_brackets_than_memory_are_malformed_unparsed() -> None:
    for data in (b"[" + b"{}," * 600_000 + b"{}]", b"[" * 1100 + b'"",' * 300_000 + b"]" * 1100):
        with pytest.raises(Malformed):
            lenient.loads(data)


def test_a_batch_may_hold_more_values() -> None:
    data = b"[" + b"1," * 60_000 + b"1]"
    assert lenient.loads(data, nodes=100_000) == [1] * 60_001


def test_a_large_value_inside_the_limit_is_untouched() -> None:
    assert lenient.loads(b"[" + b"1234567," * 20_000 + b"1]") == [1234567] * 20_000 + [1]


@pytest.mark.parametrize(
    "data",
    [b"", b" ", b"{", b'{"a":}', b"{'a':1}", b"[1,]", b'{"a":1} x', b"\x00", b"[" * 300_000, b"[" * 2000, b"nul"],
)
def test_garbage_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        lenient.loads(data)
    assert "JSON" in caught.value.detail


def test_the_position_of_an_error_is_named() -> None:
    with pytest.raises(Malformed, match="character 5"):
        lenient.loads(b'{"a":}')


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": float("nan"), "b": float("inf")}, {"a": None, "b": None}),
        ({1: 2}, {"1": 2}),
        ([2**70], [str(2**70)]),
        (["\ud800"], [BROKEN]),
        ({"a\0": "\0"}, {f"a{BROKEN}": BROKEN}),
        ({"a": {1, 2}}, {"a": [1, 2]}),
        ([object], ["<class 'object'>"]),
        ([b"x"], ["b'x'"]),
    ],
)
def test_any_value_has_a_canonical_form(value: Any, expected: Any) -> None:
    assert orjson.loads(lenient.canonical(value)) == expected


def test_a_value_that_contains_itself_has_a_canonical_form() -> None:
    value: list[Any] = []
    value.append(value)
    assert lenient.TOO_DEEP in lenient.canonical(value).decode()
