"""Attachments: files sent along with an event."""

import uuid

from events.digest.batch import Batch, Item
from events.digest.steps.reading import mapping, text
from events.models import Attachment


def put_attachment(batch: Batch, item: Item) -> str | None:
    """Add the file as a row, tied to its event."""
    payload = mapping(item.payload)
    try:
        event_id = uuid.UUID(text(payload.get("event_id"), 36))
    except ValueError:
        return "no_event"
    content = bytes(item.row.blob or b"")
    batch.rows.append(
        Attachment(
            project_id=item.project_id,
            attachment_id=item.row.item_id,
            event_id=event_id,
            at=item.row.received_at,
            filename=text(payload.get("filename"), 255) or "attachment",
            content_type=text(payload.get("content_type"), 100),
            attachment_type=text(payload.get("attachment_type"), 60),
            size=len(content),
            content=content,
        )
    )
    return None
