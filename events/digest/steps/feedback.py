"""User feedback, in its old and new form."""

import uuid

from events.digest.batch import Batch, Item
from events.digest.steps.reading import mapping, moment, text
from events.models import Feedback


def put_feedback(batch: Batch, item: Item) -> str | None:
    """Add the feedback as a row, tied to its error when it names one."""
    payload = mapping(item.payload)
    environment = text(payload.get("environment"), 64)
    batch.put_environment(item.project_id, environment)
    batch.rows.append(
        Feedback(
            project_id=item.project_id,
            feedback_id=item.row.item_id,
            event_id=_uuid(payload.get("associated_event_id")),
            at=moment(payload.get("timestamp"), item),
            name=text(payload.get("name"), 128),
            contact_email=text(payload.get("contact_email"), 254),
            message=text(payload.get("message"), 4096),
            url=text(payload.get("url"), 2000),
            environment=environment,
            release=text(payload.get("release"), 200),
        )
    )
    return None


def _uuid(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value)) if value else None
    except ValueError:
        return None
