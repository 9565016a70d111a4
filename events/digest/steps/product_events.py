"""Product events: page views, custom events, what people did; and what they tell of people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from events.digest.batch import Batch, Item
from events.digest.steps.reading import items, mapping, moment, number, text, user_key
from events.persons import rules
from events.persons.keeping import GroupTold
from events.persons.rules import Told
from events.values import countries

_TEXTS = {
    "event": 200, "host": 253, "path": 1000, "title": 200, "referrer": 253, "source": 253, "channel": 40,
    "utm_source": 200, "utm_medium": 200, "utm_campaign": 200, "utm_term": 200, "utm_content": 200, "device": 20,
    "browser": 40, "sdk": 60,
}  # fmt: skip


def put_events(batch: Batch, item: Item) -> str | None:
    """Add a row per event; one that came before is a duplicate."""
    rows = batch.facts[item.project_id, "events"]
    for event in items(mapping(item.payload).get("items")):
        own = text(event.get("event_id"), 32)
        if (item.project_id, own) not in batch.fresh_events:
            batch.drop(item, "", outcome="duplicate")
            continue
        batch.fresh_events.discard((item.project_id, own))
        at = moment(event.get("timestamp"), item)
        release, environment = text(event.get("release"), 200), text(event.get("environment"), 64)
        batch.put_release(item.project_id, release, at)
        batch.put_environment(item.project_id, environment)
        _hear(batch, item.project_id, event, at)
        rows.append(
            {
                **{name: text(event.get(name), limit) or None for name, limit in _TEXTS.items()},
                "at": at,
                "received_at": item.row.received_at,
                "event_id": own,
                "visitor": user_key(event.get("visitor")),
                "session": _session_key(event.get("session")),
                "country": countries.code(event.get("country")),
                "release": release,
                "environment": environment,
                "engaged_ms": number(event.get("engaged_ms")),
                "is_bot": event.get("is_bot") is True,
                "is_interactive": event.get("is_interactive") is not False,
                "properties": mapping(event.get("properties")),
            }
        )
    return None


def _hear(batch: Batch, project_id: int, event: Mapping[str, Any], at: datetime) -> None:
    """Gather what the event tells of its visitor's person, and of a group."""
    visitor, person, group = user_key(event.get("visitor")), mapping(event.get("person")), mapping(event.get("group"))
    heard = batch.heard[project_id]
    if person.get("does") in rules.DOES and visitor is not None:
        other = user_key(person.get("other"))
        told = Told(
            visitor, at, person["does"], other, person.get("is_legal") is not False,
            mapping(person.get("set")), mapping(person.get("set_once")), person.get("unset") or (),
        )  # fmt: skip
        heard.persons.append(told)
        named = ((visitor, text(person.get("name"), 200)), (other, text(person.get("other_name"), 200)))
        heard.names |= {key: name for key, name in named if key is not None and name}
    if group:
        key = text(group.get("key"), 200)
        heard.groups.append(GroupTold(text(group.get("type"), 60), key, at, mapping(group.get("set"))))


def _session_key(pseudonym: object) -> int | None:
    return user_key(f"u_{pseudonym[2:]}") if isinstance(pseudonym, str) and pseudonym.startswith("s_") else None
