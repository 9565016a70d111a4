"""Sessions: single updates and aggregates, for release health."""

from typing import Any

from events.digest.batch import Batch, Item
from events.digest.steps.reading import items, mapping, moment, text, user_key

_COUNTS = ("exited", "errored", "crashed", "abnormal")


def put_update(batch: Batch, item: Item) -> str | None:
    """One update of one session; questions take the last by `seq`."""
    payload = mapping(item.payload)
    sid = text(payload.get("sid"), 36)
    if not sid:
        return "no_session_id"
    duration = payload.get("duration")
    batch.facts[item.project_id, "sessions"].append(
        {
            **_attributes(batch, item, payload, at := moment(payload.get("started"), item)),
            "at": at,
            "sid": sid.replace("-", "").lower(),
            "seq": payload.get("seq"),
            "status": text(payload.get("status"), 12) or "ok",
            "errors": payload.get("errors") or 0,
            "user_key": user_key(payload.get("did")),
            "is_init": payload.get("init") is True,
            "duration_ms": duration * 1000 if isinstance(duration, int | float) else None,
        }
    )
    return None


def put_aggregates(batch: Batch, item: Item) -> str | None:
    """Counts of sessions that servers send by the minute."""
    payload = mapping(item.payload)
    for group in items(payload.get("aggregates")):
        at = moment(group.get("started"), item)
        counts = {name: _count(group.get(name)) for name in _COUNTS}
        batch.facts[item.project_id, "sessions"].append(
            {
                **_attributes(batch, item, payload, at),
                **counts,
                "at": at,
                "started": sum(counts.values()),
                "user_key": user_key(group.get("did")),
            }
        )
    return None


def _attributes(batch: Batch, item: Item, payload: Any, at: Any) -> dict[str, Any]:
    attributes = mapping(payload.get("attrs"))
    release, environment = text(attributes.get("release"), 200), text(attributes.get("environment"), 64)
    batch.put_release(item.project_id, release, at)
    batch.put_environment(item.project_id, environment)
    return {"release": release, "environment": environment, "received_at": item.row.received_at}


def _count(value: object) -> int:
    return min(value, 10_000_000) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
