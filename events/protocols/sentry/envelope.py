"""Envelopes: a header line, then items of a header line and a payload.

A payload has the announced `length`, or ends at the next newline. Framing that cannot be followed refuses the whole
request, because where the next item starts is then a guess; a bad payload refuses only its item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from events.protocols.contract import Context, Decoded, Incoming, Refused
from events.protocols.fields.clock import Clock
from events.protocols.fields.context import Door
from events.protocols.fields.texts import identifier
from events.protocols.sentry import auth, items
from events.values import lenient
from events.values.errors import Malformed, TooLarge

# Items of which an envelope may hold one at most: they are the event that its id names. A feedback may come beside one;
# then its id is its own.
EVENTS = frozenset({"event", "transaction"})
# Bytes of an envelope or item header: the largest real ones, with a trace in them, have about 600.
HEADER = 16 * 1024
BLANK = 100
NAMED = frozenset({"error", "transaction", "feedback"})


def decode_envelope(body: bytes, context: Context, *, is_cut: bool = False) -> Decoded:
    """Return all that an envelope holds. Raises Malformed, TooLarge, or Denied for a dsn of another project.

    Of one that `is_cut` the end is missing: an attachment that reaches there is refused, the items before are kept.
    """
    header, position = _header(body)
    dsn = auth.parse_dsn(header["dsn"]) if header.get("dsn") is not None else None
    if dsn and dsn.project_id != context.project_id:
        raise auth.Denied("the dsn inside the envelope names another project")
    envelope_id = identifier(header.get("event_id"))
    clock = Clock(context.received_at, header.get("sent_at"))
    salt = _salt(header, context)
    accepted: list[Incoming] = []
    refused: list[Refused] = []
    framed = _framed(body, position, salt, context, is_cut=is_cut)
    kinds = [item.header["type"] for item in framed]
    events = sum(kind in EVENTS for kind in kinds)
    if events > 1 or kinds.count("feedback") > 1:
        raise Malformed("an envelope holds one event at most", reason="several_events")
    for item in framed:
        is_beside = events and item.header["type"] == "feedback"
        door = Door(context, clock, None if is_beside else envelope_id)
        if header.get("event_id") is not None and envelope_id is None and not is_beside:
            door.note("event_id_invalid")
        for outcome in items.decode(item, door):
            if isinstance(outcome, Incoming):
                accepted.append(outcome)
            else:
                refused.append(outcome)
    named = next((item.item_id.hex for item in accepted if item.kind in NAMED), None)
    response_id = envelope_id.hex if envelope_id else named
    return Decoded(tuple(accepted), tuple(refused), response_id, dsn.key if dsn else None)


def dsn_of(body: bytes) -> auth.Dsn | None:
    """Return the DSN that an envelope names, for a tunnel that knows nothing else. Raises Malformed or Denied."""
    dsn = _header(body)[0].get("dsn")
    return auth.parse_dsn(dsn) if dsn is not None else None


def _header(body: bytes) -> tuple[dict[str, Any], int]:
    line, position = _line(body, 0)
    return _object(line, "the envelope header"), position


def _framed(body: bytes, position: int, salt: bytes, context: Context, *, is_cut: bool) -> list[items.Item]:
    framed: list[items.Item] = []
    try:
        for header, data in _frames(body, position, is_cut=is_cut):
            if len(framed) == context.limits.items:
                raise TooLarge(f"an envelope holds {context.limits.items} items at most")
            if data is None and header["type"] != "attachment":
                raise TooLarge(f"the envelope has more than {len(body)} bytes")
            # Its place keeps apart two equal items of one envelope; they are two facts.
            framed.append(items.Item(header, data or b"", salt + b"%d" % len(framed), is_cut=data is None))
    except Malformed as error:
        if is_cut:
            raise TooLarge(f"the envelope has more than {len(body)} bytes") from error
        raise
    return framed


def _frames(body: bytes, position: int, *, is_cut: bool) -> Iterator[tuple[dict[str, Any], bytes | None]]:
    """Headers and payloads; None for the payload whose end is missing, which is the last."""
    blank = 0
    while position < len(body):
        line, position = _line(body, position)
        if not line.strip():
            blank += 1
            if blank > BLANK:
                raise Malformed("the envelope has too many blank lines", reason="framing")
            continue
        header = _object(line, "an item header")
        if not isinstance(header.get("type"), str):
            raise Malformed("an item header names no type", reason="framing")
        length = header.get("length")
        if is_cut and (position + length > len(body) if type(length) is int else body.find(b"\n", position) < 0):
            yield header, None
            return
        if length is None:
            data, position = _line(body, position)
        else:
            data, position = _measured(body, position, length)
        yield header, data


def _measured(body: bytes, position: int, length: Any) -> tuple[bytes, int]:
    if type(length) is not int or length < 0:
        raise Malformed("the length of an item is not a number", reason="framing")
    end = position + length
    if end > len(body):
        raise Malformed(f"an item of {length} bytes ends after {len(body) - position}", reason="truncated")
    if end < len(body) and body[end] != 0x0A:
        if body[end : end + 2] != b"\r\n":
            raise Malformed("no newline follows an item of announced length", reason="framing")
        return body[position:end], end + 2
    return body[position:end], end + 1


def _line(body: bytes, position: int) -> tuple[bytes, int]:
    end = body.find(b"\n", position)
    return (body[position:], len(body)) if end < 0 else (body[position:end], end + 1)


def _object(line: bytes, name: str) -> dict[str, Any]:
    if len(line) > HEADER:
        raise Malformed(f"{name} has {len(line)} bytes, the limit is {HEADER}", reason="framing")
    # Headers are read and dropped, so they need none of the limits that stored values have.
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = lenient.loads(line)
    if not isinstance(value, dict):
        raise Malformed(f"{name} is not a JSON object", reason="framing")
    return value


def _salt(header: dict[str, Any], context: Context) -> bytes:
    """What tells apart two senders' equal bytes: the moment of sending, else the peer and the moment of receipt."""
    sent_at = header.get("sent_at")
    if isinstance(sent_at, str):
        return sent_at.encode()
    return f"{context.peer_ip} {context.received_at.isoformat()}".encode()
