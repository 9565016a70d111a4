"""Files that come by themselves, for an event sent before: a form of multipart/form-data (RFC 7578)."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser

from events.protocols.contract import Context, Decoded, Incoming, Refused
from events.protocols.fields.clock import Clock
from events.protocols.fields.context import Door
from events.protocols.fields.texts import identifier
from events.protocols.sentry import attachments
from events.values.errors import Malformed, TooLarge

# Bytes of the headers of one part.
HEADERS = 8 * 1024


def decode_files(body: bytes, content_type: str, event_id: str, context: Context) -> Decoded:
    """Return the files of a form; its other fields are not looked at. Raises Malformed, TooLarge."""
    event = identifier(event_id)
    if event is None:
        raise Malformed("the address names no event", reason="event_id")
    outcomes: list[Incoming | Refused] = []
    for number, (headers, data) in enumerate(_parts(body, _boundary(content_type))):
        if number == context.limits.items:
            raise TooLarge(f"a form holds {context.limits.items} parts at most")
        filename = headers.get_filename()
        if filename is None:
            continue
        if len(data) > context.limits.attachment:
            outcomes.append(Refused("attachment", "invalid", "too_large"))
            continue
        header = {"filename": filename, "content_type": headers.get_content_type()}
        outcomes.append(attachments.decode(header, data, Door(context, Clock(context.received_at), event)))
    if not outcomes:
        raise Malformed("the form holds no file", reason="no_file")
    accepted = tuple(outcome for outcome in outcomes if isinstance(outcome, Incoming))
    return Decoded(accepted, tuple(outcome for outcome in outcomes if isinstance(outcome, Refused)), event.hex)


def _boundary(content_type: str) -> bytes:
    headers = Message()
    headers["Content-Type"] = content_type
    boundary = headers.get_boundary()
    if headers.get_content_type() != "multipart/form-data" or not boundary or len(boundary) > 70:
        raise Malformed("the body is no form: multipart/form-data with a boundary", reason="type")
    return b"--" + boundary.encode("utf-8", "replace")


def _parts(body: bytes, delimiter: bytes) -> Iterator[tuple[Message, bytes]]:
    """Each part's headers and data. A delimiter begins a line; what follows it on its line says whether it is the last.

    What is before the first is no part of the form.
    """
    position = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if position == 1:
        raise Malformed("the form does not begin", reason="framing")
    while True:
        position += len(delimiter)
        if body[position : position + 2] == b"--":
            return
        line_end = body.find(b"\r\n", position)
        head_end = body.find(b"\r\n\r\n", line_end)
        end = body.find(b"\r\n" + delimiter, max(head_end, 0))
        if line_end < 0 or head_end < 0 or end < 0 or body[position:line_end].strip():
            raise Malformed("a part of the form does not end", reason="truncated")
        if head_end - line_end > HEADERS:
            raise Malformed(f"a part has more than {HEADERS} bytes of headers", reason="framing")
        # A part without data may share its line's end with the delimiter's.
        data = body[min(head_end + 4, end) : end]
        yield BytesHeaderParser().parsebytes(body[line_end + 2 : head_end + 2]), data
        position = end + 2
