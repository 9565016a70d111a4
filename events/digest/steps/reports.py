"""Security reports (CSP, NEL, Reporting API): a fact each, and an issue per violated rule."""

from events.digest.batch import Batch, Item
from events.digest.steps import errors
from events.digest.steps.reading import mapping, text


def put_fact(batch: Batch, item: Item) -> str | None:
    """Add the report as a security fact; `status` is the HTTP status a network error or a blocked page had."""
    payload = item.payload
    report, body = mapping(payload.get("report")), mapping(payload.get("body"))
    status = body.get("status_code")
    at = errors.moment(payload.get("timestamp"), item)
    batch.facts[item.project_id, "security"].append(
        {
            "at": at,
            "event_id": item.row.item_id.hex,
            "kind": text(report.get("kind"), 20) or "report",
            "reason": text(payload.get("type"), 64) or None,
            "directive": text(report.get("directive"), 100) or None,
            "blocked_host": text(report.get("blocked_host"), 200) or None,
            "document_route": text(report.get("document_url"), 500) or None,
            "disposition": text(report.get("disposition"), 20) or None,
            "status": status if type(status) is int and 0 < status < 1000 else None,
            "release": text(payload.get("release"), 200) or None,
            "environment": text(payload.get("environment"), 64) or None,
            "quantity": 1,
        }
    )
    return None


def put_sighting(batch: Batch, item: Item) -> str | None:
    """Count the report into the issue of its rule."""
    sighting = errors.sighting_of(item, item.payload, batch.rules.of(item.project_id), kind="security")
    batch.sightings.append(sighting)
    batch.put_environment(item.project_id, sighting.environment)
    return errors.put_fact(batch, item)
