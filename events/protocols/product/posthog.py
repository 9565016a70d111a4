"""The product events of PostHog's SDKs: what their properties are called, and which of them say what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from events.protocols import posthog_vitals
from events.protocols.contract import Context, Decoded, Incoming, Refused
from events.protocols.fields.clock import PAST, Clock
from events.protocols.fields.texts import scalar
from events.protocols.posthog_vitals import Batch
from events.protocols.product import canonical, exceptions, persons
from events.protocols.product.canonical import KIND, Sent
from events.values import lenient

# Of the properties that SDKs add by themselves, those that say what happened and stand in no column.
_KEPT = (
    "$feature", "$el_text", "$elements_chain", "$event_type", "$external_click_url", "$prev_pageview_", "$group",
    "$experiment", "$os", "$screen_name", "$rageclick", "$exception_level",
)  # fmt: skip
# Somebody was shown a variant of a flag.
FLAG_CALLED = "$feature_flag_called"
# What ties two names of one person together.
ALIAS = "$create_alias"
# Told of a group, or flat under a name of their own.
_TOLD = ("$groups", "$group_set", "$group_type", "$group_key")
# What is of no interest to a count, or is told by other columns.
_REFUSED = {"$snapshot": "replay", "$$heatmap": "heatmap", "$$client_ingestion_warning": "client_warning"}
# A wrong clock is corrected beyond this; below it the difference is a queue.
DRIFT = 60.0
DAY_SECONDS = 86_400.0
# Why an event of an import is left out.
TOO_OLD = "older_than_kept"


def decode(batch: Batch, context: Context, *, needs_id: bool = False) -> Decoded:
    """The vitals, the product events and the errors of a batch; with `needs_id`, which is PostHog's own rule, of events
    that say whom they are of alone."""
    timed = posthog_vitals.vitals_of(batch, context)
    outcomes = list(_events(batch, context, needs_id=needs_id))
    errors = [one for one in outcomes if isinstance(one, Incoming)]
    events = canonical.decoded([one for one in outcomes if not isinstance(one, Incoming)])
    return Decoded((*timed.items, *events.items, *errors), (*timed.refused, *events.refused))


def _events(batch: Batch, context: Context, *, needs_id: bool) -> Iterator[dict[str, Any] | Refused | Incoming]:
    corrected, as_told = clocks(context, batch.sent_at, is_import=batch.is_import)
    for index, event in enumerate(batch.events):
        clock = as_told if _keeps_its_moment(event) else corrected
        name = scalar(event.get("event"), canonical.NAME) or _people_operation(event)
        if name == posthog_vitals.WEB_VITALS:
            continue
        if batch.is_import and clock.is_before(_moment(event)):
            yield Refused(KIND, "filtered", TOO_OLD, index=index)
            continue
        if name in _REFUSED:
            yield Refused(KIND, "filtered", _REFUSED[name])
            continue
        if needs_id and not distinct_id(event):
            yield Refused(KIND, "invalid", "no_distinct_id")
            continue
        if "event" not in event and name and not context.names(distinct_id(event)):
            yield Refused(KIND, "filtered", "no_person")
            continue
        sent = _sent(event, name, clock, context)
        if name == exceptions.NAME:
            # Both records of it have one id, drawn where the sender gave none.
            sent = replace(sent, uuid=canonical.event_id(sent, context))
            if error := exceptions.error(sent, _said(event), clock, context):
                yield error
        yield canonical.event(sent, context)


def _sent(event: Mapping[str, Any], name: str, clock: Clock, context: Context) -> Sent:
    said = _said(event)
    named = distinct_id(event)
    library = scalar(said.get("$lib"), 40)
    is_browser = said.get("$is_server") is not True and (library in ("web", "js") or "$current_url" in said)
    return Sent(
        name=name,
        timestamp=clock.moment(_moment(event), []),
        uuid=scalar(event.get("uuid") or said.get("$insert_id"), 200),
        distinct_id=_counted_as(named, context, is_browser=is_browser),
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
        properties={**_happened(said, name), **persons.of_groups(said)},
        person=persons.person(event, said, name, named, context),
        group=persons.group(said, name, named, context),
    )


def clocks(context: Context, sent_at: Any, *, is_import: bool) -> tuple[Clock, Clock]:
    """The clock corrected by the moment of sending, and the one as told. What is imported may be as old as the project
    keeps events."""
    past = max(PAST, context.days_kept * DAY_SECONDS) if is_import else PAST
    corrected, as_told = (Clock(context.received_at, sent, drift=DRIFT, past=past) for sent in (sent_at, None))
    return corrected, as_told


def _moment(event: Mapping[str, Any]) -> Any:
    return event.get("timestamp") or _said(event).get("$time")


def distinct_id(event: Mapping[str, Any]) -> str:
    """Whom an event names; "" for nobody."""
    return _id(event.get("distinct_id")) or _id(_said(event).get("distinct_id")) or _id(event.get("$distinct_id"))


def _said(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return lenient.mapping(event.get("properties"))


def _keeps_its_moment(event: Mapping[str, Any]) -> bool:
    """Whether its sender says that the moment is right, however far off its clock is now."""
    options = lenient.mapping(event.get("options"))
    return _said(event).get("$ignore_sent_at") is True or options.get("disable_skew_correction") is True


def _people_operation(event: Mapping[str, Any]) -> str:
    """What `/engage/` is sent has no name; it sets properties of a person."""
    has_one = any(isinstance(event.get(name), dict | list) for name in persons.PEOPLE_OPERATIONS)
    return "$set" if "event" not in event and has_one else ""


def _counted_as(distinct_id: str, context: Context, *, is_browser: bool) -> str:
    """Where nobody is named, a browser is its own visitor, and a server says which of its visitors it was."""
    return distinct_id if not is_browser or context.names(distinct_id) else ""


def _id(value: Any) -> str:
    if isinstance(value, dict | list):
        return lenient.canonical(value).decode()[:200]
    return scalar(value, 200)


def _happened(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The properties that say what happened; which flag was asked for comes before the values of all flags, which may
    be more than are kept."""
    kept = {key: value for key, value in said.items() if _says_what_happened(key, name)}
    if name != FLAG_CALLED:
        return kept
    return {**{key: value for key, value in kept.items() if key.startswith("$feature_flag")}, **kept}


def _says_what_happened(key: str, name: str) -> bool:
    if key.startswith("$"):
        return key.startswith(_KEPT) and key not in _TOLD
    if name == ALIAS and key == "alias":
        return False
    return key not in ("token", "distinct_id", "title", "release", "environment") and not key.startswith("utm_")
