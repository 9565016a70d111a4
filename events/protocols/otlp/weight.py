"""What a protobuf body would weigh as messages, told from its bytes before any message is built.

Two bytes on the wire are an empty message, which takes 50 to 180 bytes of memory: 10 MB of them would take a gigabyte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from events.values.errors import Malformed, TooLarge

if TYPE_CHECKING:
    from google.protobuf import descriptor

# What all messages of a body may take, in bytes as `Kind.weight` estimates them.
HEAVIEST = 80 * 1024 * 1024
# What each field counts besides, so that a body of nothing but tiny fields is not walked to its end.
FIELD = 32
# Levels of messages; protobuf itself stops at a hundred.
DEEPEST = 100

_LENGTH_DELIMITED = 2
# Types of numbers that take on the wire what they take in memory: double, float, fixed64, fixed32, sfixed32, sfixed64.
_FIXED = frozenset({1, 2, 6, 7, 15, 16})


class Kind:
    """A message's weight, and its fields whose bytes become more in memory: messages and packed numbers.

    Measured with upb on empty messages: 54 bytes for two fields, 66 for five, 94 for ten, 175 for sixteen.
    """

    __slots__ = ("messages", "packed", "weight")

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.messages: dict[int, Kind] = {}
        self.packed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Family:
    """A request's kind with those it may hold: the weight of the heaviest, and the bytes that begin one on the wire."""

    root: Kind
    heaviest: int
    tags: bytes


@cache
def family_of(described: descriptor.Descriptor) -> Family:
    known: dict[str, Kind] = {}
    root = _kind_of(described, known)
    numbers = {number for kind in known.values() for number in kind.messages}
    tags = {(number << 3 | _LENGTH_DELIMITED) & 0x7F | (0x80 if number > 15 else 0) for number in numbers}
    return Family(root, max(kind.weight for kind in known.values()), bytes(tags))


def _kind_of(described: descriptor.Descriptor, known: dict[str, Kind]) -> Kind:
    """Kinds of messages may hold each other: `known` ends the circle."""
    if described.full_name in known:
        return known[described.full_name]
    fields: Mapping[int, Any] = described.fields_by_number
    kind = known[described.full_name] = Kind(40 + 9 * len(fields))
    numbers = set()
    for number, field in fields.items():
        if field.message_type is not None:
            kind.messages[number] = _kind_of(field.message_type, known)
        elif field.is_packed and field.type not in _FIXED:
            numbers.add(number)
    kind.packed = frozenset(numbers)
    return kind


def demand(body: bytes, described: descriptor.Descriptor) -> None:
    """Raise TooLarge for a body whose messages would take more than HEAVIEST, Malformed where it is no message."""
    family = family_of(described)
    # At worst every byte that may begin a message does, and all others are packed numbers: true of a few bodies only,
    # and told a hundred times faster than by a walk.
    begins = len(body) - len(body.translate(None, family.tags))
    if begins * (family.heaviest + FIELD) + 8 * len(body) <= HEAVIEST:
        return
    of(body, described)


def of(body: bytes, described: descriptor.Descriptor) -> int:
    """The estimated bytes of a body's messages; raises as `demand` does."""
    try:
        return _walk(body, family_of(described).root)
    except IndexError as error:
        raise Malformed("the body is not the protobuf message of this address", reason="protobuf") from error


def _walk(body: bytes, kind: Kind) -> int:
    """Weigh message by message, without calls of itself: `outer` holds the messages around the one at hand."""
    position, end = 0, len(body)
    outer: list[tuple[Kind, int]] = []
    weight = kind.weight
    while True:
        if position >= end:
            if position > end:
                raise IndexError
            if not outer:
                return weight
            kind, end = outer.pop()
            continue
        weight += FIELD
        if weight > HEAVIEST:
            raise TooLarge("the body holds too many messages", reason="too_many_values")
        tag = body[position]
        position += 1
        if tag >= 0x80:
            tag, position = _varint(body, position - 1)
        wire_type = tag & 7
        if wire_type == _LENGTH_DELIMITED:
            length = body[position]
            position += 1
            if length >= 0x80:
                length, position = _varint(body, position - 1)
            number = tag >> 3
            inner = kind.messages.get(number)
            if inner is not None:
                if len(outer) == DEEPEST:
                    raise Malformed("the body is nested too deeply", reason="depth")
                weight += inner.weight
                outer.append((kind, end))
                kind, end = inner, position + length
                if end > outer[-1][1]:
                    raise IndexError
            else:
                # A number of one byte becomes eight.
                weight += 8 * length if number in kind.packed else 0
                position += length
        elif wire_type == 0:
            while body[position] >= 0x80:
                position += 1
            position += 1
        elif wire_type in (1, 5):
            position += 8 if wire_type == 1 else 4
        else:  # groups, which no message of OpenTelemetry has
            raise IndexError


def _varint(body: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise IndexError
