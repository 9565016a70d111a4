"""What SDKs say they dropped themselves: the answer to "why is nothing shown"."""

from events.digest.batch import Batch, Item
from events.digest.steps.reading import items, mapping, moment, text


def put_reports(batch: Batch, item: Item) -> str | None:
    """Add a row per reason and category."""
    payload = mapping(item.payload)
    at = moment(payload.get("timestamp"), item)
    for entry in items(payload.get("discarded_events")):
        quantity = entry.get("quantity")
        batch.facts[item.project_id, "client_reports"].append(
            {
                "at": at,
                "reason": text(entry.get("reason"), 60),
                "category": text(entry.get("category"), 40),
                "quantity": quantity if isinstance(quantity, int) and not isinstance(quantity, bool) else 1,
            }
        )
    return None
