"""Flags as they are evaluated: read once from what is stored, filters compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analytics.flags import operators
from analytics.flags.operators import Check, InvalidFilter

DEVICE = "device_id"
RUNTIMES = ("all", "client", "server")
_SCALE = float(0xFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Property:
    """What a condition asks of a property; `check` is None where the filter cannot be understood."""

    key: str
    check: Check | None
    is_true_of_missing: bool


@dataclass(frozen=True, slots=True)
class InAudience:
    audience_id: str
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Dependency:
    """That another flag has a value; `is_sound` is whether the filter says so in words that can be understood."""

    key: str
    wanted: Any
    is_sound: bool


Filter = Property | InAudience | Dependency


@dataclass(frozen=True, slots=True)
class Group:
    """Filters of an audience: all of them, or one, hold; each may be negated, or be a group again."""

    is_all: bool
    members: tuple[tuple[Filter | Group, bool], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    filters: tuple[Filter, ...]
    rollout: float | None
    variant: str | None
    group_type: int | None


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag; `is_active` says what its switch says, its schedule aside."""

    id: int
    key: str
    version: int
    is_active: bool
    conditions: tuple[Condition, ...]
    variants: tuple[tuple[str, float], ...]
    payloads: Mapping[str, str]
    holdout: tuple[str, float] | None = None
    group_type: int | None = None
    exits_early: bool = False
    is_by_enrollment: bool = False
    is_by_device: bool = False
    is_continuous: bool = False
    runtime: str = "all"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    description: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    # Value by the pseudonym of a person.
    overrides: Mapping[str, bool | str] = field(default_factory=dict)

    def is_on(self, now: datetime) -> bool:
        """Whether its conditions count now."""
        started = self.starts_at is None or self.starts_at <= now
        return self.is_active and started and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True, slots=True)
class Book:
    """The flags of a project as of one version, and what they refer to."""

    project_id: int
    version: int
    flags: Mapping[str, Flag]
    audiences: Mapping[str, Group] = field(default_factory=dict)
    # As stored, for SDKs that evaluate by themselves.
    audience_documents: Mapping[str, Any] = field(default_factory=dict)
    group_types: tuple[str, ...] = ()
    has_overrides: bool = False
    pepper: bytes = b""


# --- hashing: the SDKs do the same, to the bit ------------------------------------------------------------------------


def hashed(text: str) -> float:
    """Where in [0, 1] a text falls: the first fifteen hex digits of its SHA-1."""
    digest = hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return int(digest[:15], 16) / _SCALE


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucketing id falls for one flag: all that its verdict depends on."""

    rollout: float
    variant: float
    holdout: float


def place(key: str, bucketing_id: str) -> Place:
    return Place(hashed(f"{key}.{bucketing_id}"), hashed(f"{key}.{bucketing_id}variant"), holdout_place(bucketing_id))


def holdout_place(bucketing_id: str) -> float:
    return hashed(f"holdout-{bucketing_id}")


# --- reading ----------------------------------------------------------------------------------------------------------


def filter_of(stored: Mapping[str, Any]) -> Filter:
    """One filter, in PostHog's form. What cannot be understood matches nobody; `problem_of` says why."""
    kind, operator = stored.get("type") or "person", stored.get("operator") or "exact"
    if kind == "cohort":
        return InAudience(str(stored.get("value")), operator == "not_in")
    if kind == "flag":
        is_sound = operator == "flag_evaluates_to" and bool(stored.get("key")) and stored.get("value") is not None
        return Dependency(str(stored.get("key") or ""), stored.get("value"), is_sound)
    try:
        check: Check | None = operators.compiled(operator, stored.get("value"))
    except InvalidFilter:
        check = None
    return Property(str(stored.get("key") or ""), check, operator in operators.TRUE_OF_MISSING)


def problem_of(stored: Mapping[str, Any]) -> str:
    """What is wrong with a filter, in words; empty for a sound one."""
    if not stored.get("key") and (stored.get("type") or "person") != "cohort":
        return "a property needs a name"
    if (stored.get("type") or "person") in ("person", "group"):
        try:
            operators.compiled(stored.get("operator") or "exact", stored.get("value"))
        except InvalidFilter as error:
            return str(error)
    return ""


def group_of(stored: Any, *, depth: int = 0) -> Group:
    """The definition of an audience; an empty one holds of everybody, one too deep of nobody."""
    if not isinstance(stored, Mapping) or not stored:
        return Group(True, ())
    if depth > 8:
        return Group(False, ((Property("", None, False), False),))
    members = tuple(_member(one, depth) for one in stored.get("values") or () if isinstance(one, Mapping))
    return Group(stored.get("type") != "OR", members)


def _member(stored: Mapping[str, Any], depth: int) -> tuple[Filter | Group, bool]:
    if "values" in stored or not stored:
        return group_of(stored, depth=depth + 1), False
    return filter_of(stored), bool(stored.get("negation"))


def flag_of(
    *, id: int, key: str, version: int, filters: Mapping[str, Any], is_active: bool = True, **rest: Any
) -> Flag:
    """A flag from what is stored of it: `filters` in PostHog's form, the rest as columns."""
    holdout = filters.get("holdout") or {}
    variants = ((filters.get("multivariate") or {}).get("variants")) or ()
    percentage = holdout.get("exclusion_percentage")
    return Flag(
        id=id,
        key=key,
        version=version,
        is_active=is_active,
        conditions=tuple(_condition(one, filters) for one in filters.get("groups") or ()),
        variants=tuple((str(one["key"]), float(one["rollout_percentage"])) for one in variants),
        payloads=dict(filters.get("payloads") or {}),
        holdout=None if percentage is None else (str(holdout.get("id")), min(100.0, max(0.0, float(percentage)))),
        group_type=filters.get("aggregation_group_type_index"),
        exits_early=bool(filters.get("early_exit")),
        is_by_enrollment=filters.get("feature_enrollment") is True,
        document=filters,
        **rest,
    )


def _condition(stored: Mapping[str, Any], filters: Mapping[str, Any]) -> Condition:
    rollout = stored.get("rollout_percentage")
    return Condition(
        filters=tuple(filter_of(one) for one in stored.get("properties") or ()),
        rollout=None if rollout is None else float(rollout),
        variant=stored.get("variant") or None,
        group_type=stored.get("aggregation_group_type_index", filters.get("aggregation_group_type_index")),
    )


# --- dependencies -----------------------------------------------------------------------------------------------------


def needed(filters: Mapping[str, Any]) -> Iterator[str]:
    """The keys of the flags that a definition refers to."""
    for group in filters.get("groups") or ():
        for one in group.get("properties") or ():
            if one.get("type") == "flag":
                yield str(one.get("key"))


def chain(key: str, by_key: Mapping[str, Sequence[str]]) -> list[str]:
    """All flags that `key` leans on, those that lean on nothing first and `key` last; empty in a circle."""
    found: list[str] = []
    under_way: set[str] = set()

    def visit(one: str) -> bool:
        if one in found:
            return True
        if one in under_way:
            return False
        under_way.add(one)
        if not all(visit(other) for other in by_key.get(one, ())):
            return False
        under_way.discard(one)
        found.append(one)
        return True

    return found if visit(key) else []
