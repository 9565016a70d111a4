"""Error events: grouped, counted into issues, and kept as slim facts."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from events.digest.batch import Batch, Item
from events.digest.steps.reading import items, mapping, moment, sdk, text, user_key
from events.ingest import payloads
from events.issues import grouping
from events.issues.counting import Sighting
from events.issues.project_rules import Standing

TAG_LENGTH = 200


def drop_no_object(batch: Batch, item: Item) -> str | None:
    return None if isinstance(item.payload, dict) else "not_an_object"


def put_sighting(batch: Batch, item: Item) -> str | None:
    """Add the error to the issues to come, with its release and environment."""
    event = item.payload
    sighting = sighting_of(item, event, batch.rules.of(item.project_id))
    batch.sightings.append(sighting)
    batch.put_release(item.project_id, sighting.release, sighting.at)
    batch.put_environment(item.project_id, sighting.environment)
    return None


def put_fact(batch: Batch, item: Item) -> str | None:
    """Add the slim row that trends, facets and searches read."""
    event, sighting = item.payload, batch.sightings[-1]
    trace = mapping(mapping(event.get("contexts")).get("trace"))
    handled = is_handled(event)
    batch.facts[item.project_id, "errors"].append(
        {
            "at": sighting.at,
            "event_id": sighting.event_id.hex,
            "group_hash": sighting.grouping.hash.hex(),
            "trace_id": text(trace.get("trace_id"), 32) or None,
            "level": sighting.grouping.level,
            "type": sighting.grouping.type[:100],
            "environment": sighting.environment,
            "release": sighting.release,
            "dist": text(event.get("dist"), 64) or None,
            "platform": sighting.platform,
            "route": text(event.get("transaction"), 200) or None,
            "url": text(mapping(event.get("request")).get("url"), 500) or None,
            "sdk": sdk(event),
            "kind": sighting.kind,
            "user_key": sighting.user_key,
            "size": len(item.packed),
            "handled": handled,
            "received_at": sighting.received_at,
            "tags": tags(event),
        }
    )
    return None


def sighting_of(item: Item, event: Mapping[str, Any], standing: Standing, *, kind: str = "error") -> Sighting:
    return Sighting(
        project_id=item.project_id,
        event_id=item.row.item_id,
        grouping=grouping.group(event, standing.ruleset),
        at=moment(event.get("timestamp"), item),
        received_at=item.row.received_at,
        environment=text(event.get("environment"), 64),
        release=text(event.get("release"), 200),
        platform=text(event.get("platform"), 40),
        user_key=user_key(mapping(event.get("user")).get("key")),
        payload=item.packed,
        kind=kind,
        earlier=partial(_earlier, item.packed, standing),
    )


def _earlier(packed: bytes, standing: Standing) -> tuple[bytes, ...]:
    """Unpacked again, as only the first error of a group is asked: no batch holds its events for that."""
    return grouping.earlier(payloads.unpack(packed), standing.ruleset, standing.before)


def is_handled(event: Mapping[str, Any]) -> bool | None:
    """Whether the program's own handlers caught every exception that says so; None when none says anything."""
    exceptions = items(mapping(event.get("exception")).get("values"))
    said = [mapping(value.get("mechanism")).get("handled") for value in exceptions if isinstance(value, dict)]
    return False if False in said else True if True in said else None


def tags(event: Mapping[str, Any]) -> dict[str, str]:
    """The event's own tags and those that its contexts imply, as Sentry derives them."""
    contexts = mapping(event.get("contexts"))
    found = {
        "level": text(event.get("level"), 16),
        "environment": text(event.get("environment"), 64),
        "release": text(event.get("release"), TAG_LENGTH),
        "transaction": text(event.get("transaction"), TAG_LENGTH),
        "server_name": text(event.get("server_name"), TAG_LENGTH),
        "logger": text(event.get("logger"), TAG_LENGTH),
        "handled": {True: "yes", False: "no", None: ""}[is_handled(event)],
        "url": text(mapping(event.get("request")).get("url"), TAG_LENGTH),
    }
    for name in ("browser", "os", "runtime"):
        context = mapping(contexts.get(name))
        label = text(context.get("name"), 60)
        found[f"{name}.name"] = label
        found[name] = f"{label} {text(context.get('version'), 30)}".strip()
    device = mapping(contexts.get("device"))
    found["device.family"] = text(device.get("family") or device.get("model"), 60)
    own = event.get("tags")
    if isinstance(own, dict):
        found |= {key: text(value, TAG_LENGTH) for key, value in own.items() if isinstance(key, str)}
    return {key: value for key, value in found.items() if value}
