"""Verdicts in the words of PostHog's SDKs: `/flags` and `/decide` in all their versions, and definitions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.flags import definitions
from analytics.flags.definitions import DEVICE, Book, Flag
from analytics.flags.evaluation import Reason, Verdict

_DESCRIPTIONS = {
    Reason.MATCH: "Matched condition set {number}",
    Reason.NO_MATCH: "No matching condition set",
    Reason.OUT_OF_ROLLOUT: "Out of rollout bound",
    Reason.NO_GROUP: "No group type",
    Reason.OVERRIDE: "Overridden for this person",
    Reason.ENROLLMENT: "Super condition value",
    Reason.HOLDOUT: "Holdout condition value",
    Reason.DISABLED: "Flag is disabled",
    Reason.MISSING_DEPENDENCY: "A flag that this one depends on is missing, or depends on it",
}

Verdicts = Mapping[str, Verdict]


def detailed(verdicts: Verdicts, *, request_id: str, now: datetime, is_typed: bool = False) -> dict[str, Any]:
    """`/flags?v=2` and 3, `/decide?v=4`; with `is_typed` `/flags?v=4`."""
    return {
        "errorsWhileComputingFlags": any(verdict.is_failed for verdict in verdicts.values()),
        "flags": {key: _detail(verdict, is_typed=is_typed) for key, verdict in verdicts.items()},
        "requestId": request_id,
        "evaluatedAt": int(now.timestamp() * 1000),
    }


def reason_words(verdict: Verdict) -> str:
    """Why, in words; conditions count from 1."""
    number = None if verdict.condition is None else verdict.condition + 1
    return _DESCRIPTIONS[verdict.reason].format(number=number)


def _detail(verdict: Verdict, *, is_typed: bool) -> dict[str, Any]:
    flag, payload = verdict.flag, verdict.payload
    metadata: dict[str, Any] = {
        "id": flag.id,
        "version": flag.version,
        "description": flag.description or None,
        "payload": payload,
        "has_experiment": False,
    }
    found = {
        "key": flag.key,
        "enabled": verdict.is_enabled,
        "variant": verdict.variant,
        "reason": {
            "code": verdict.reason.value,
            "condition_index": verdict.condition,
            "description": reason_words(verdict),
        },
        "metadata": metadata,
    }
    if not is_typed:
        return found
    metadata |= {"config_version": 1, "variant_key": verdict.variant, "forced_variant": verdict.is_forced}
    return found | {"value": verdict.value, "failed": verdict.is_failed}


def plain(verdicts: Verdicts, *, request_id: str) -> dict[str, Any]:
    """`/flags` and `/flags?v=1`, `/decide?v=3`: values by key, those that are off too."""
    return {
        "featureFlags": {key: verdict.value for key, verdict in verdicts.items()},
        "featureFlagPayloads": {
            key: verdict.payload for key, verdict in verdicts.items() if verdict.payload is not None
        },
        "errorsWhileComputingFlags": any(verdict.is_failed for verdict in verdicts.values()),
        "requestId": request_id,
    }


def enabled(verdicts: Verdicts, *, request_id: str) -> dict[str, Any]:
    """`/decide?v=2`: values by key, of those that are on."""
    on = {key: verdict for key, verdict in verdicts.items() if verdict.is_enabled}
    return plain(on, request_id=request_id)


def listed(verdicts: Verdicts) -> dict[str, Any]:
    """`/decide` and `/decide?v=1`: the keys of those that are on."""
    return {"featureFlags": [key for key, verdict in verdicts.items() if verdict.is_enabled]}


def document(book: Book, *, now: datetime) -> dict[str, Any]:
    """The definitions, for SDKs that decide by themselves. A flag outside its schedule is not active.

    A flag with overrides goes out as one whose experience continues: SDKs ask the server for those, and only the server
    knows whom an override is for.
    """
    by_key = {key: list(definitions.needed(flag.document)) for key, flag in book.flags.items()}
    return {
        "flags": [_definition(flag, by_key, now) for flag in book.flags.values()],
        "group_type_mapping": {str(index): name for index, name in enumerate(book.group_types)},
        "cohorts": dict(book.audience_documents),
        "property_matching_version": 1,
    }


def _definition(flag: Flag, by_key: Mapping[str, list[str]], now: datetime) -> dict[str, Any]:
    filters = dict(flag.document)
    if by_key[flag.key]:
        filters["groups"] = [
            {**group, "properties": [_with_chain(one, by_key) for one in group["properties"]]}
            for group in filters["groups"]
        ]
    return {
        "id": flag.id,
        "name": flag.description,
        "key": flag.key,
        "active": flag.is_on(now),
        "deleted": False,
        "version": flag.version,
        "has_experiment": False,
        "ensure_experience_continuity": flag.is_continuous or bool(flag.overrides),
        "bucketing_identifier": DEVICE if flag.is_by_device else "distinct_id",
        "evaluation_runtime": flag.runtime,
        "filters": filters,
    }


def _with_chain(stored: Mapping[str, Any], by_key: Mapping[str, list[str]]) -> Mapping[str, Any]:
    if stored.get("type") != "flag":
        return stored
    return {**stored, "dependency_chain": definitions.chain(stored["key"], by_key)}
