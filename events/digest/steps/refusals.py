"""Refusals at the doors: counts by the minute become security facts."""

from events.digest.batch import Batch, Item
from events.digest.steps.reading import items, mapping, moment, number, text


def put_refusals(batch: Batch, item: Item) -> str | None:
    """Add a row per kind, reason and network of one minute."""
    for index, refusal in enumerate(items(mapping(item.payload).get("items"))):
        batch.facts[item.project_id, "security"].append(
            {
                "at": moment(refusal.get("timestamp"), item),
                "event_id": f"{item.row.item_id.hex}{index:04x}",
                "kind": text(refusal.get("kind"), 20),
                "reason": text(refusal.get("reason"), 64) or None,
                "address": text(refusal.get("address"), 45) or None,
                "quantity": number(refusal.get("quantity")),
            }
        )
    return None
