"""Files sent beside an event: text to be scrubbed; pictures, drawn anew, and other binaries only where allowed."""

from __future__ import annotations

import codecs
from typing import Any

from events import scrubbing
from events.protocols.contract import Incoming, Refused, identity
from events.protocols.fields.context import Door
from events.protocols.fields.texts import scalar, trimmed
from events.protocols.sentry import pictures

TEXT_TYPES = ("text/", "application/json", "application/xml", "application/x-yaml", "application/x-ndjson", "image/svg")
TEXT_SUFFIXES = (
    ".txt", ".log", ".json", ".csv", ".md", ".xml", ".yaml", ".yml", ".html", ".ini", ".conf", ".toml", ".svg", ".env",
    ".properties", ".sql", ".tsv", ".ndjson", ".jsonl", ".out", ".err", ".trace", ".htm", ".rst", ".cfg",
)  # fmt: skip
MINIDUMPS = frozenset({"event.minidump", "unreal.context", "event.applecrashreport"})
# The longer mark first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How much of what is no text by its name may be unreadable, and still be text to a reader.
_UNREADABLE = 0.1
_PROBED = 65_536


def decode(header: dict[str, Any], data: bytes, door: Door) -> Incoming | Refused:
    """Return an item whose payload is `{event_id, filename, content_type, attachment_type, size, is_text}`.

    The blob of a text is valid UTF-8, for the caller to scrub; that of a picture holds what it shows and nothing else.
    """
    sent_type = scalar(header.get("content_type"), 100).lower()
    attachment_type = scalar(header.get("attachment_type"), 64) or "event.attachment"
    filename = _filename(header.get("filename"))
    if attachment_type in MINIDUMPS:
        return Refused("attachment", "filtered", "minidump")
    content_type, blob = "text/plain", _text(data, sent_type, filename)
    is_text = blob is not None
    if blob is None:
        kept = _binary(data, door)
        if isinstance(kept, Refused):
            return kept
        content_type, blob = kept
    event_id = door.envelope_id.hex if door.envelope_id else None
    payload: dict[str, Any] = {
        "event_id": event_id,
        "filename": filename,
        # What the bytes are, never what the sender says: it decides how a browser will treat them.
        "content_type": content_type,
        "attachment_type": attachment_type,
        "size": len(blob),
        "is_text": is_text,
    }
    item_id = identity("attachment", (event_id or "").encode(), filename.encode(), data)
    return Incoming("attachment", item_id, 1, payload, blob)


def _binary(data: bytes, door: Door) -> tuple[str, bytes] | Refused:
    """The type and bytes of what is no text, as far as the project takes it."""
    if not pictures.kind(data):
        if door.context.accepts_binary_attachments:
            return "application/octet-stream", data
        return Refused("attachment", "filtered", "attachment_type")
    if not door.context.keeps_pictures:
        return Refused("attachment", "filtered", "picture")
    try:
        picture = pictures.drawn_anew(data, most=door.context.limits.attachment)
    except pictures.Unreadable as error:
        return Refused("attachment", "filtered", str(error))
    return picture.content_type, picture.data


def _filename(sent: Any) -> str:
    name = scalar(sent, 1000).replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if character.isprintable()).strip(". ")
    # A name ends with its kind, which hides from some rules what stands before it.
    stem, dot, suffix = name.rpartition(".")
    name = f"{scrubbing.scrub_text(stem)}{dot}{suffix}" if stem and len(suffix) <= 8 else name
    return trimmed(scrubbing.scrub_text(name), 200) or "attachment"


def _text(data: bytes, sent_type: str, filename: str) -> bytes | None:
    """The text in UTF-8 that the bytes are to a reader, whatever they begin with; None for what is none."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "") or _wide(data)
    if encoding:
        wide = data.decode(encoding, "replace").lstrip("\ufeff")
        return _readable(wide) if _is_readable(wide[:_PROBED]) or _is_said(sent_type, filename) else None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        if not _is_picture(data) and text.count("\ufffd") > len(text) * _UNREADABLE:
            # Of an encoding of one byte a letter: what a secret is made of is the same in all of them.
            text = data.decode("latin-1")
    said = _is_said(sent_type, filename) and not _is_picture(data)
    return _readable(text) if said or _is_readable(text[:_PROBED]) else None


def _is_picture(data: bytes) -> bool:
    """Whether the bytes go on as they begin: `GIF89a` and `BM` are words as well."""
    return bool(pictures.kind(data)) and not _is_readable(data[:_PROBED].decode("utf-8", "replace"))


def _is_said(sent_type: str, filename: str) -> bool:
    return (
        sent_type.startswith(TEXT_TYPES)
        or sent_type.endswith(("+json", "+xml"))
        or filename.lower().endswith(TEXT_SUFFIXES)
    )


def _is_readable(text: str) -> bool:
    odd = sum(
        character == "\ufffd" or not (character.isprintable() or character in "\t\r\n\f\x1b") for character in text
    )
    return odd <= len(text) * _UNREADABLE


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: every other byte is none."""
    probe = data[:_PROBED]
    if len(probe) < 4 or len(data) % 2:
        return ""
    half = len(probe) // 2
    if probe[1::2].count(0) > half * 0.7 and probe[::2].count(0) < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if probe[::2].count(0) > half * 0.7 and probe[1::2].count(0) < half * 0.1 else ""


def _readable(text: str) -> bytes:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace")
