"""Verdicts in the words of OpenFeature's remote evaluation protocol 0.3.0. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from analytics.flags.asking import Asked
from analytics.flags.definitions import Flag
from analytics.flags.evaluation import Reason, Verdict
from events.values.errors import Malformed

CODES = NOT_FOUND, NO_KEY, PARSE, CONTEXT, GENERAL = (
    "FLAG_NOT_FOUND", "TARGETING_KEY_MISSING", "PARSE_ERROR", "INVALID_CONTEXT", "GENERAL",
)  # fmt: skip


def asked(body: Any, *, keys: list[str] | None, runtime: str) -> Asked:
    """What a request asks: targetingKey is the distinct id, the rest of the context person properties."""
    if not isinstance(body, Mapping):
        raise Malformed("The body is a JSON object.", reason=PARSE)
    context = body.get("context") or {}
    if not isinstance(context, Mapping):
        raise Malformed("context is an object.", reason=CONTEXT)
    key = context.get("targetingKey")
    if key is not None and not isinstance(key, str | int):
        raise Malformed("targetingKey is a text.", reason=CONTEXT)
    properties = {name: value for name, value in context.items() if name != "targetingKey"}
    groups = properties.pop("groups", None)
    groups = groups if isinstance(groups, Mapping) else {}
    return Asked(
        distinct_id="" if key is None else str(key)[:400],
        properties=properties,
        groups={str(name): str(value) for name, value in groups.items()},
        group_properties={str(name): {"$group_key": str(value), **properties} for name, value in groups.items()},
        keys=keys,
        runtime=runtime,
    )


def needs_key(flag: Flag) -> bool:
    """Whether who gets what hangs on who asks: on a percentage, a variant, or what was remembered."""
    shares = any(condition.rollout not in (None, 0.0, 100.0) for condition in flag.conditions)
    is_split = len(flag.variants) > 1 and any(condition.variant is None for condition in flag.conditions)
    return flag.group_type is None and (shares or is_split or flag.holdout is not None or flag.is_continuous)


def answer(verdict: Verdict, *, has_key: bool) -> dict[str, Any]:
    """One flag: a success, or the failure of one that needs to know who asks.

    A flag without variants is a boolean; its payload stands in the metadata. The value of a variant is its payload,
    which keeps its type, or its name.
    """
    flag = verdict.flag
    if not has_key and verdict.reason is not Reason.DISABLED and needs_key(flag):
        return failure(flag.key, NO_KEY, "This flag has a percentage: send a targetingKey.")
    if verdict.is_failed:
        return failure(flag.key, GENERAL, "A flag that this one depends on is missing, or depends on it.")
    value: Any = verdict.value
    metadata: dict[str, Any] = {"flag_id": flag.id, "version": flag.version}
    if verdict.payload is not None:
        if verdict.variant:
            value = orjson.loads(verdict.payload)
        else:
            metadata["payload"] = verdict.payload
    return {
        "key": flag.key,
        "value": value,
        "reason": _reason(verdict),
        "variant": verdict.variant or ("on" if verdict.is_enabled else "off"),
        "metadata": metadata,
        "errorDetails": "",
    }


def failure(key: str, code: str, detail: str) -> dict[str, Any]:
    return {"key": key, "errorCode": code, "errorDetails": detail}


def _reason(verdict: Verdict) -> str:
    match verdict.reason:
        case Reason.DISABLED:
            return "DISABLED"
        case Reason.MATCH:
            return "SPLIT" if needs_key(verdict.flag) else "TARGETING_MATCH"
        case Reason.HOLDOUT:
            return "SPLIT"
        case Reason.OVERRIDE | Reason.ENROLLMENT:
            return "TARGETING_MATCH"
        case _:
            return "DEFAULT"
