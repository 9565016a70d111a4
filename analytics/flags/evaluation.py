"""Who gets what: the one evaluator behind every endpoint. Pure; a request's properties go in and stay nowhere.

The order is the SDKs': inactive, override, enrollment, holdout, then the conditions, of which the first that matches
decides. What an SDK cannot know by itself (a missing property, say) is decided here: it does not match, unless the
filter is a negation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from analytics.flags.definitions import (
    Book,
    Condition,
    Dependency,
    Filter,
    Flag,
    Group,
    InAudience,
    Place,
    Property,
    hashed,
    holdout_place,
)

# Flags lean on flags, and audiences on audiences, at most so deep.
DEPTH = 20


class Reason(Enum):
    """Why: code, and its words."""

    MATCH = "condition_match"
    NO_MATCH = "no_condition_match"
    OUT_OF_ROLLOUT = "out_of_rollout_bound"
    NO_GROUP = "no_group_type"
    OVERRIDE = "override_value"
    ENROLLMENT = "super_condition_value"
    HOLDOUT = "holdout_condition_value"
    DISABLED = "flag_disabled"
    MISSING_DEPENDENCY = "missing_dependency"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is asked about. `places` are those remembered for flags whose experience continues; by id of the flag."""

    distinct_id: str = ""
    device_id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    group_properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pseudonym: str = ""
    places: Mapping[int, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody gets of one flag; `value` is what SDKs return for it."""

    flag: Flag
    value: bool | str
    reason: Reason
    condition: int | None = None
    is_forced: bool = False

    @property
    def is_enabled(self) -> bool:
        return self.value is not False

    @property
    def variant(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    @property
    def payload(self) -> str | None:
        """The JSON text that goes with the value."""
        return self.flag.payloads.get(self.variant or "true") if self.is_enabled else None

    @property
    def is_failed(self) -> bool:
        return self.reason is Reason.MISSING_DEPENDENCY


def evaluate(book: Book, subject: Subject, *, now: datetime, keys: Collection[str] | None = None) -> dict[str, Verdict]:
    """The verdicts on the flags named by `keys`, all of them for None."""
    run = _Run(book, subject, now)
    return {key: run.verdict(flag) for key, flag in book.flags.items() if keys is None or key in keys}


@dataclass(slots=True)
class _Run:
    """One evaluation: what was decided so far, so that a flag others lean on is decided once."""

    book: Book
    subject: Subject
    now: datetime
    decided: dict[str, Verdict] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    is_broken: bool = False  # a flag this one leans on is missing, or leans on it

    def verdict(self, flag: Flag) -> Verdict:
        known = self.decided.get(flag.key)
        if known is not None:
            return known
        outer, self.is_broken = self.is_broken, False
        self.under_way.add(flag.key)
        verdict = self._decide(flag)
        if self.is_broken and not verdict.is_enabled:
            verdict = Verdict(flag, False, Reason.MISSING_DEPENDENCY)
        self.under_way.discard(flag.key)
        self.is_broken = outer
        self.decided[flag.key] = verdict
        return verdict

    def _decide(self, flag: Flag) -> Verdict:
        if not flag.is_on(self.now):
            return Verdict(flag, False, Reason.DISABLED)
        if flag.overrides and self.subject.pseudonym in flag.overrides:
            return Verdict(flag, flag.overrides[self.subject.pseudonym], Reason.OVERRIDE, is_forced=True)
        if flag.is_by_enrollment:
            enrolled = self.subject.properties.get(f"$feature_enrollment/{flag.key}")
            return Verdict(flag, enrolled is True or enrolled == "true", Reason.ENROLLMENT)
        bucketing_id = self._bucketing_id(flag, flag.group_type)
        if flag.holdout is not None and bucketing_id is not None:
            name, percentage = flag.holdout
            remembered = self.subject.places.get(flag.id) if flag.is_continuous else None
            at = remembered.holdout if remembered else holdout_place(bucketing_id)
            if percentage == 100.0 or at <= percentage / 100:
                return Verdict(flag, f"holdout-{name}", Reason.HOLDOUT)
        return self._conditions(flag)

    def _conditions(self, flag: Flag) -> Verdict:
        reason, index = Reason.NO_MATCH, None
        for number, condition in enumerate(flag.conditions):
            bucketing_id = self._bucketing_id(flag, condition.group_type)
            if bucketing_id is None:
                if reason is Reason.NO_MATCH and index is None:
                    reason = Reason.NO_GROUP
                continue
            properties = self._properties(condition.group_type)
            if not all(self._holds(one, properties) for one in condition.filters):
                continue
            remembered = (
                self.subject.places.get(flag.id) if flag.is_continuous and condition.group_type is None else None
            )
            if not _reaches(flag, condition, bucketing_id, remembered):
                reason, index = Reason.OUT_OF_ROLLOUT, number
                if flag.exits_early:
                    break
                continue
            return _matched(flag, condition, number, bucketing_id, remembered)
        return Verdict(flag, False, reason, index)

    def _bucketing_id(self, flag: Flag, group_type: int | None) -> str | None:
        """What is hashed; None where the group that is asked about is not named."""
        if group_type is None:
            by_device = flag.is_by_device and self.subject.device_id
            return self.subject.device_id if by_device else self.subject.distinct_id
        name = self._group_name(group_type)
        return self.subject.groups.get(name) if name else None

    def _group_name(self, group_type: int) -> str:
        types = self.book.group_types
        return types[group_type] if 0 <= group_type < len(types) else ""

    def _properties(self, group_type: int | None) -> Mapping[str, Any]:
        if group_type is None:
            return self.subject.properties
        return self.subject.group_properties.get(self._group_name(group_type)) or {}

    def _holds(self, wanted: Filter | Group, properties: Mapping[str, Any], depth: int = 0) -> bool:
        match wanted:
            case Property():
                if wanted.check is None:
                    return False
                if wanted.key not in properties:
                    return wanted.is_true_of_missing
                return wanted.check(properties[wanted.key], self.now)
            case Dependency():
                return self._depends(wanted)
            case InAudience():
                group = self.book.audiences.get(wanted.audience_id)
                if group is None or depth >= DEPTH:
                    return False
                return self._holds(group, properties, depth + 1) != wanted.is_negated
            case Group():
                held = (self._holds(one, properties, depth) != negated for one, negated in wanted.members)
                return not wanted.members or (all(held) if wanted.is_all else any(held))

    def _depends(self, wanted: Dependency) -> bool:
        """Whether another flag has the value: a variant its own name, or true for any; otherwise true or false."""
        if not wanted.is_sound:
            return False
        flag = self.book.flags.get(wanted.key)
        if flag is None or flag.key in self.under_way or len(self.under_way) > DEPTH:
            self.is_broken = True
            return False
        verdict = self.verdict(flag)
        if verdict.is_failed:
            self.is_broken = True
            return False
        if isinstance(verdict.value, str):
            return wanted.wanted is True or verdict.value == wanted.wanted
        return isinstance(wanted.wanted, bool) and verdict.value == wanted.wanted


def _reaches(flag: Flag, condition: Condition, bucketing_id: str, remembered: Place | None) -> bool:
    """Whether the share of a condition takes somebody in; all of them is told without hashing."""
    if condition.rollout is None or condition.rollout >= 100:
        return True
    at = remembered.rollout if remembered else hashed(f"{flag.key}.{bucketing_id}")
    return at <= condition.rollout / 100


def _matched(flag: Flag, condition: Condition, number: int, bucketing_id: str, remembered: Place | None) -> Verdict:
    if condition.variant is not None and any(key == condition.variant for key, _ in flag.variants):
        return Verdict(flag, condition.variant, Reason.MATCH, number, is_forced=True)
    if flag.variants:
        at, end = remembered.variant if remembered else hashed(f"{flag.key}.{bucketing_id}variant"), 0.0
        for key, percentage in flag.variants:
            start, end = end, end + percentage / 100
            if start <= at < end:
                return Verdict(flag, key, Reason.MATCH, number)
    return Verdict(flag, True, Reason.MATCH, number)
