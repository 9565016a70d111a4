"""JSON as senders really write it, in; JSON that everything downstream can read back, out.

What `loads` returns: at most DEPTH levels and `nodes` values, keys of at most KEY characters, no NUL, no lone
surrogate, no NaN or infinity, no integer beyond 64 bits (such numbers arrive as strings).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson
import re2

from events.values.errors import Malformed

DEPTH = 64
NODES = 50_000
# Values that are parsed at all: a few megabytes of brackets must not become a gigabyte of objects.
PARSED = 600_000
KEY = 256
TOO_DEEP = "[nested too deeply]"
TOO_MANY = "[too many values]"
LOWEST, HIGHEST = -(2**63), 2**63 - 1
# re2 reads bytes only in latin-1: in UTF-8 it would refuse the bad bytes this module is here for.
_BYTES = re2.Options()
_BYTES.encoding = re2.Options.Encoding.LATIN1
_BYTES.never_capture = True
_BYTES.max_mem = 32 << 20
_STRING = rb'"(?:[^"\\]|\\.)*"'
_PLAIN = rb'[^\[\]{}"]|' + _STRING
STRUCTURE = re2.compile(_STRING + rb"|[\[\]{}]", _BYTES)
# What needs a second look in a text that orjson accepted: an integer of nineteen digits (orjson rounds those beyond 64
# bits to a float without a word), a key that is too long, a NUL.
SUSPECT = re2.compile(
    rb"(?:^|[\[,:])[ \t\r\n]*-?[0-9]{19}" + rb'|(?:[^"\\]|\\.){%d}"[ \t\r\n]*:' % (KEY + 1) + rb"|\\u0000", _BYTES
)
# Matches a JSON text of at most DEPTH levels. One linear scan, several times faster than a walk through the value.
SHALLOW = re2.compile(rb"(?:%s|[\[{]" % _PLAIN * DEPTH + rb"(?:%s)*" % _PLAIN + rb"[\]}])*" * DEPTH, _BYTES)
# Strings and brackets that a text too deep for the C scanner may have before it is refused unread.
TOKENS = 4 * NODES


def loads(data: bytes, *, nodes: int = NODES) -> Any:
    """Return the value of a JSON text, repaired where that is possible. Raises Malformed with the position."""
    values = _values_at_most(data, beyond=nodes)
    if values > PARSED:
        raise Malformed("not JSON that can be read: too many values", reason="too_many_values")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _tidy(_parsed_slowly(data), nodes)
    if SUSPECT.search(data):
        return _tidy(_parsed_slowly(data), nodes)
    return _tidy(value, nodes) if values > nodes or not SHALLOW.fullmatch(data) else value


def canonical(value: Any) -> bytes:
    """Return the JSON bytes of any value, such that `loads` and PostgreSQL read them back."""
    try:
        data = orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return orjson.dumps(_tidy(value, PARSED))
    return orjson.dumps(_tidy(value, PARSED)) if b"\\u0000" in data else data


def _values_at_most(data: bytes, *, beyond: int) -> int:
    """Return an upper bound; a text too short to hold more than `beyond` values is not counted."""
    # Every value but the first costs two bytes at least.
    if len(data) <= 2 * beyond:
        return 0
    return min(1 + data.count(b",") + data.count(b"[") + data.count(b"{"), len(data) // 2 + 1)


def _parsed_slowly(data: bytes) -> Any:
    text = _text(data)
    try:
        return _DECODER.decode(text)
    except RecursionError:
        pass
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at character {error.pos}", reason="json") from error
    try:
        return _DECODER.decode(_text(_flattened(data)))
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg}", reason="json") from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def _integer(text: str) -> int | str:
    if len(text) > 20:
        return text
    number = int(text)
    return number if LOWEST <= number <= HIGHEST else text


def _float(text: str) -> float | str:
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number


_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_float=_float, parse_constant=lambda _: None)


def _flattened(data: bytes) -> bytes:
    """Return the text with every container deeper than DEPTH replaced by a string."""
    return b"".join(_shallow_parts(data))


def _shallow_parts(data: bytes) -> Iterator[bytes]:
    depth = copied = 0
    for number, match in enumerate(STRUCTURE.finditer(data)):
        if number > TOKENS:
            raise Malformed("not JSON that can be read: nested too deeply", reason="depth")
        character = data[match.start()]
        if character == 0x22:
            continue
        if character in b"[{":
            depth += 1
            if depth == DEPTH + 1:
                yield data[copied : match.start()]
        else:
            if depth == DEPTH + 1:
                yield b'"%s"' % TOO_DEEP.encode()
                copied = match.end()
            depth = max(depth - 1, 0)
    if depth > DEPTH:
        raise Malformed("not JSON: the text ends inside a container", reason="json")
    yield data[copied:]


def _tidy(value: Any, nodes: int) -> Any:
    return _Tidier(nodes).tidy(value, depth=0)


class _Tidier:
    """One walk that rebuilds a value inside the limits."""

    def __init__(self, nodes: int) -> None:
        self.left = nodes

    def tidy(self, value: Any, *, depth: int) -> Any:
        self.left -= 1
        if isinstance(value, str):
            return _storable(value)
        if isinstance(value, dict):
            return self._object(value, depth=depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._array(list(value), depth=depth)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            # An integer of thousands of digits has no cheap decimal form; hexadecimal has.
            return int(value) if LOWEST <= value <= HIGHEST else str(value) if value.bit_length() < 9000 else hex(value)
        if isinstance(value, float):
            return value if value - value == 0 else None
        return _storable(str(value))

    def _object(self, value: dict[Any, Any], *, depth: int) -> Any:
        if depth >= DEPTH:
            return TOO_DEEP
        tidied: dict[str, Any] = {}
        for key, inner in value.items():
            if self.left <= 0:
                tidied[TOO_MANY] = None
                break
            tidied[_storable(str(key))[:KEY]] = self.tidy(inner, depth=depth + 1)
        return tidied

    def _array(self, value: list[Any], *, depth: int) -> Any:
        if depth >= DEPTH:
            return TOO_DEEP
        tidied: list[Any] = []
        for inner in value:
            if self.left <= 0:
                tidied.append(TOO_MANY)
                break
            tidied.append(self.tidy(inner, depth=depth + 1))
        return tidied


def _storable(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def mapping(value: object) -> dict[str, Any]:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
