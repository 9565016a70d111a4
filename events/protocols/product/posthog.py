"""The product events of PostHog's SDKs: what their properties are called, and which of them say what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from events.protocols import posthog_vitals
from events.protocols.contract import Context, Decoded, Refused
from events.protocols.fields.clock import Clock
from events.protocols.fields.texts import scalar
from events.protocols.posthog_vitals import Batch
from events.protocols.product import canonical
from events.protocols.product.canonical import KIND, Sent
from events.values import lenient

# Of the properties that SDKs add by themselves, those that say what happened and stand in no column.
_KEPT = (
    "$feature", "$el_text", "$elements_chain", "$event_type", "$external_click_url", "$prev_pageview_", "$group",
    "$experiment", "$os", "$screen_name", "$rageclick", "$exception_level",
)  # fmt: skip
# What ties two names of one person together.
ALIAS = "$create_alias"
# What is of no interest to a count, or is told by other columns.
_REFUSED = {"$snapshot": "replay", "$$heatmap": "heatmap", "$$client_ingestion_warning": "client_warning"}
# A wrong clock is corrected beyond this; below it the difference is a queue.
DRIFT = 60.0


def decode(batch: Batch, context: Context) -> Decoded:
    """The vitals and the product events of a batch."""
    timed = posthog_vitals.vitals_of(batch, context)
    events = canonical.decoded(list(_events(batch, context)))
    return Decoded((*timed.items, *events.items), (*timed.refused, *events.refused))


def _events(batch: Batch, context: Context) -> Iterator[dict[str, Any] | Refused]:
    clock = Clock(context.received_at, batch.sent_at, drift=DRIFT)
    for event in batch.events:
        name = scalar(event.get("event"), canonical.NAME)
        if name == posthog_vitals.WEB_VITALS:
            continue
        if name in _REFUSED:
            yield Refused(KIND, "filtered", _REFUSED[name])
            continue
        yield canonical.event(_sent(event, name, clock, context), context)


def _sent(event: Mapping[str, Any], name: str, clock: Clock, context: Context) -> Sent:
    properties = event.get("properties")
    said: Mapping[str, Any] = properties if isinstance(properties, dict) else {}
    distinct_id = _id(event.get("distinct_id")) or _id(said.get("distinct_id"))
    library = scalar(said.get("$lib"), 40)
    is_browser = said.get("$is_server") is not True and (library in ("web", "js") or "$current_url" in said)
    return Sent(
        name=name,
        timestamp=clock.moment(event.get("timestamp") or said.get("$time"), []),
        uuid=scalar(event.get("uuid") or said.get("$insert_id"), 200),
        distinct_id=_counted_as(distinct_id, context, is_browser=is_browser),
        session=scalar(said.get("$session_id"), 100),
        url=scalar(said.get("$current_url"), 2000),
        referrer=scalar(said.get("$referrer"), 2000),
        title=scalar(said.get("title"), 200),
        release=scalar(said.get("$app_version") or said.get("release"), 200),
        environment=scalar(said.get("environment") or said.get("$environment"), 64),
        sdk=f"{library} {scalar(said.get('$lib_version'), 20)}".strip(),
        user_agent=scalar(said.get("$raw_user_agent"), 400),
        comes_from_server=not is_browser,
        campaign=said,
        properties={key: value for key, value in said.items() if _says_what_happened(key, name)},
    )


def _counted_as(distinct_id: str, context: Context, *, is_browser: bool) -> str:
    """In a project that names nobody, a browser is its own visitor, and a server says which of its visitors it was."""
    return distinct_id if context.names_people or not is_browser else ""


def _id(value: Any) -> str:
    if isinstance(value, dict | list):
        return lenient.canonical(value).decode()[:200]
    return scalar(value, 200)


def _says_what_happened(key: str, name: str) -> bool:
    if key.startswith("$"):
        return key.startswith(_KEPT)
    if name == ALIAS and key == "alias":
        return False
    return key not in ("token", "distinct_id", "title", "release", "environment") and not key.startswith("utm_")
