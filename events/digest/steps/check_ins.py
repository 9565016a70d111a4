"""Check-ins of scheduled jobs."""

from events.digest.batch import Batch, Item, Step
from events.digest.steps.reading import mapping, moment, text

# What else becomes of a check-in. Alerts adds what its monitors live by: events knows nothing of them.
FURTHER: list[Step] = []


def put_check_in(batch: Batch, item: Item) -> str | None:
    """Add the check-in as a fact, and what others make of it."""
    payload = mapping(item.payload)
    duration = payload.get("duration")
    batch.facts[item.project_id, "check_ins"].append(
        {
            "at": moment(payload.get("timestamp"), item),
            "check_in_id": text(payload.get("check_in_id"), 36).replace("-", "").lower(),
            "monitor": text(payload.get("monitor_slug"), 100),
            "status": text(payload.get("status"), 20),
            "environment": text(payload.get("environment"), 64) or None,
            "release": text(payload.get("release"), 200) or None,
            "duration_ms": duration * 1000 if isinstance(duration, int | float) else None,
        }
    )
    for step in FURTHER:
        step(batch, item)
    return None
