"""Files sent beside an event: text to be scrubbed, pictures as they are, other binaries only where allowed."""

from __future__ import annotations

from typing import Any

from events.protocols.contract import Incoming, Refused, identity
from events.protocols.fields.context import Door
from events.protocols.fields.texts import scalar, trimmed

PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
TEXT_TYPES = ("text/", "application/json", "application/xml", "application/x-yaml", "application/x-ndjson", "image/svg")
TEXT_SUFFIXES = (".txt", ".log", ".json", ".csv", ".md", ".xml", ".yaml", ".yml", ".html", ".ini", ".conf", ".toml")
MINIDUMPS = frozenset({"event.minidump", "unreal.context", "event.applecrashreport"})


def decode(header: dict[str, Any], data: bytes, door: Door) -> Incoming | Refused:
    """Return an item whose payload is `{event_id, filename, content_type, attachment_type, size, is_text}`.

    The blob of a text is valid UTF-8, for the caller to scrub.
    """
    sent_type = scalar(header.get("content_type"), 100).lower()
    attachment_type = scalar(header.get("attachment_type"), 64) or "event.attachment"
    filename = _filename(header.get("filename"))
    if attachment_type in MINIDUMPS:
        return Refused("attachment", "filtered", "minidump")
    picture = _picture(data)
    is_text = not picture and _is_text(data, sent_type, filename)
    if not (picture or is_text or door.context.accepts_binary_attachments):
        return Refused("attachment", "filtered", "attachment_type")
    event_id = door.envelope_id.hex if door.envelope_id else None
    payload: dict[str, Any] = {
        "event_id": event_id,
        "filename": filename,
        # What the bytes are, never what the sender says: it decides how a browser will treat them.
        "content_type": picture or ("text/plain" if is_text else "application/octet-stream"),
        "attachment_type": attachment_type,
        "size": len(data),
        "is_text": is_text,
    }
    item_id = identity("attachment", (event_id or "").encode(), filename.encode(), data)
    return Incoming("attachment", item_id, 1, payload, _readable(data) if is_text else data)


def _filename(sent: Any) -> str:
    name = scalar(sent, 1000).replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if character.isprintable()).strip(". ")
    return trimmed(name, 200) or "attachment"


def _readable(data: bytes) -> bytes:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd").encode()


def _picture(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in PICTURES.items() if data.startswith(magic)), "")


def _is_text(data: bytes, sent_type: str, filename: str) -> bool:
    if b"\0" in data[:8192]:
        return False
    if sent_type.startswith(TEXT_TYPES) or sent_type.endswith(("+json", "+xml")):
        return True
    if filename.lower().endswith(TEXT_SUFFIXES):
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
