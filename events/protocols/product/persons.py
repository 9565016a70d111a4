"""What PostHog's events tell of persons and groups, as far as the project names its visitors.

Which of two ids are one person is decided when events are digested (`events.persons.rules`); here ids lose their
names. An event that its sender wants to be of no person (`$process_person_profile` false) tells of none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events.persons import rules
from events.protocols.contract import Context
from events.protocols.fields.texts import scalar
from events.protocols.product import canonical
from events.values import lenient

PEOPLE_OPERATIONS = ("$set", "$set_once", "$unset")
GROUP_IDENTIFY = "$groupidentify"
TYPE, KEY, ID = 60, 200, 200
# Before the type of a group, in the properties of an event.
OF_GROUP = "$group/"
_SAME: Mapping[str, tuple[rules.Does, str]] = {
    "$identify": ("identify", "$anon_distinct_id"),
    "$create_alias": ("alias", "alias"),
    "$merge_dangerously": ("merge", "alias"),
}


def person(
    event: Mapping[str, Any], said: Mapping[str, Any], name: str, distinct_id: str, context: Context
) -> dict[str, Any] | None:
    """`{does, other, is_legal, set, set_once, unset, name, other_name}`, without what is empty; None for nobody.

    `said` are the event's properties. `other` is a pseudonym; the names are ids as sent, of projects that keep them.
    """
    is_of_nobody = said.get("$process_person_profile") is False or said.get("$cookieless_mode") is True
    if not context.names(distinct_id) or is_of_nobody or name == GROUP_IDENTIFY:
        return None
    does, other = "seen", ""
    if name in _SAME:
        does, where = _SAME[name]
        other = scalar(said.get(where), ID)
        other = other if context.names(other) else ""
    told: dict[str, Any] = {
        "does": does,
        "other": context.visitor(other, "") if other else None,
        **{kind[1:]: _properties(event, said, kind, context) for kind in ("$set", "$set_once")},
        "unset": _names(event.get("$unset")) or _names(said.get("$unset")),
    }
    if not (rules.is_legal(distinct_id) and (rules.is_legal(other) or not other)):
        told["is_legal"] = False
    if context.collects_user_data:
        told |= {"name": distinct_id[:ID], "other_name": other}
    return {key: value for key, value in told.items() if value not in (None, "", {}, [])}


def group(said: Mapping[str, Any], name: str, distinct_id: str, context: Context) -> dict[str, Any] | None:
    """`{type, key, set}` of the group that an event describes, whose sender has agreed where that is asked for."""
    kind, key = scalar(said.get("$group_type"), TYPE), scalar(said.get("$group_key"), KEY)
    if name != GROUP_IDENTIFY or not (kind and key and context.names_people and context.agrees(distinct_id)):
        return None
    told = lenient.mapping(said.get("$group_set"))
    return {"type": kind, "key": key, "set": canonical.properties(told, context)}


def of_groups(said: Mapping[str, Any]) -> dict[str, str]:
    """The groups that an event belongs to or describes, as flat properties."""
    named: dict[Any, Any] = {**lenient.mapping(said.get("$groups")), said.get("$group_type"): said.get("$group_key")}
    flat = {scalar(kind, TYPE): scalar(key, KEY) for kind, key in named.items()}
    return {f"{OF_GROUP}{kind}": key for kind, key in flat.items() if kind and key}


def _properties(event: Mapping[str, Any], said: Mapping[str, Any], kind: str, context: Context) -> dict[str, str]:
    """What to set; what stands beside the event goes before what stands in its properties."""
    told = {**lenient.mapping(said.get(kind)), **lenient.mapping(event.get(kind))}
    return canonical.properties(told, context) if told else {}


def _names(value: Any) -> list[str]:
    listed = list(value) if isinstance(value, list | dict) else []
    return [name for name in (scalar(each, canonical.KEY) for each in listed[: rules.MOST_PROPERTIES]) if name]
