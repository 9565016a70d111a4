"""Verdicts in the words of Unleash's frontend clients and of GrowthBook's remote evaluation. Pure.

Both get evaluated answers. Their definitions are refused: those clients hash differently, so that a percentage would
pick other people than it does everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from analytics.flags.asking import Asked
from analytics.flags.evaluation import Verdict
from events.values.errors import Malformed

_UNLEASH_OWN = ("userId", "sessionId", "appName", "environment", "remoteAddress", "currentTime", "properties")


def of_unleash(context: Any) -> Asked:
    """The context that a client sends as JSON. Without a userId the session is who asks."""
    if not isinstance(context, Mapping):
        raise Malformed("The context is a JSON object.", reason="context")
    properties = context.get("properties")
    named = {name: context[name] for name in ("userId", "appName", "environment") if context.get(name)}
    # Older clients put properties of their own beside the known ones.
    own = {name: value for name, value in context.items() if name not in _UNLEASH_OWN and isinstance(value, str)}
    session = str(context.get("sessionId") or "")
    return Asked(
        distinct_id=str(context.get("userId") or session)[:400],
        device_id=session[:400],
        properties={**named, **own, **(properties if isinstance(properties, Mapping) else {})},
        runtime="client",
    )


def of_unleash_query(query: str) -> Asked:
    """The same, of a query string: `userId=…&properties[plan]=pro`."""
    try:
        pairs = parse_qsl(query, max_num_fields=200)
    except ValueError as error:
        raise Malformed("The query string has too many fields.", reason="context") from error
    context: dict[str, Any] = {"properties": {}}
    for name, value in pairs:
        if name.startswith("properties[") and name.endswith("]"):
            context["properties"][name[11:-1]] = value
        else:
            context[name] = value
    return of_unleash(context)


def unleash(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """The toggles that are on; the others are left out, as Unleash does."""
    return {"toggles": [_toggle(verdict) for verdict in verdicts.values() if verdict.is_enabled]}


def _toggle(verdict: Verdict) -> dict[str, Any]:
    variant: dict[str, Any] = {"name": "disabled", "enabled": False, "feature_enabled": True}
    if verdict.variant:
        variant = {"name": verdict.variant, "enabled": True, "feature_enabled": True}
    if verdict.payload is not None:
        variant |= {"name": verdict.variant or "true", "enabled": True}
        variant["payload"] = {"type": "json", "value": verdict.payload}
    return {"name": verdict.flag.key, "enabled": True, "impressionData": False, "variant": variant}


def of_growthbook(body: Any) -> Asked:
    """`{attributes, forcedVariations, forcedFeatures, url}`: the attribute `id` is who asks, as in their documents."""
    if not isinstance(body, Mapping) or not isinstance(body.get("attributes", {}), Mapping):
        raise Malformed("The body is a JSON object with attributes.", reason="context")
    attributes = body.get("attributes") or {}
    device = str(attributes.get("deviceId") or attributes.get("device_id") or "")
    who = attributes.get("id") or attributes.get("userId") or attributes.get("user_id") or device
    return Asked(distinct_id=str(who)[:400], device_id=device[:400], properties=attributes, runtime="client")


def growthbook(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """Each flag as a feature with its value: a payload, a variant's name, or whether it is on."""
    features = {}
    for key, verdict in verdicts.items():
        value: Any = verdict.value
        if verdict.payload is not None:
            value = orjson.loads(verdict.payload)
        features[key] = {"defaultValue": value}
    return {"features": features, "experiments": []}
