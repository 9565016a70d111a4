"""Minified frames in original source, before errors are grouped by them."""

from events.digest.batch import Batch, Item
from events.ingest import payloads
from events.releases import symbolication
from events.values import lenient


def put_original_source(batch: Batch, item: Item) -> str | None:
    """Replace the payload by one whose frames went through the project's source maps, where there are any."""
    changed = symbolication.original(item.payload, project_id=item.project_id, maps=batch.maps)
    if changed is not None:
        item.payload = changed
        item.repacked = payloads.pack_bytes(lenient.canonical(changed))
    return None
