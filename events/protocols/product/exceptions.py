"""Exceptions that PostHog's SDKs capture, as the errors that Sentry's SDKs would send: they become issues as well."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from events.protocols.contract import Context, Incoming
from events.protocols.fields.clock import Clock
from events.protocols.fields.context import Door
from events.protocols.fields.texts import scalar
from events.protocols.product.canonical import Sent
from events.protocols.sentry import clean

NAME = "$exception"
# By what the innermost frame says of itself.
_PLATFORMS = {"web:javascript": "javascript", "node:javascript": "node", "hermes": "javascript"}


def error(sent: Sent, said: Mapping[str, Any], clock: Clock, context: Context) -> Incoming | None:
    """The error behind an event whose `uuid` is 32 hex digits; None where the event names no exception."""
    thrown = _thrown(said)
    if not thrown:
        return None
    raw: dict[str, Any] = {
        "timestamp": sent.timestamp,
        "platform": _platform(thrown),
        "level": said.get("$exception_level"),
        "exception": {"values": [_plain(one) for one in thrown]},
        "release": sent.release or None,
        "environment": sent.environment or None,
        "sdk": {"name": sent.sdk.partition(" ")[0], "version": sent.sdk.partition(" ")[2]},
        "extra": {name: value for name, value in sent.properties.items() if not name.startswith("$")},
    }
    if own := scalar(said.get("$exception_fingerprint"), 200):
        raw["fingerprint"] = [own]
    if not sent.comes_from_server:
        agent = sent.user_agent or context.user_agent
        raw["request"] = {"url": sent.url, "headers": {"User-Agent": agent}}
    if context.names(sent.distinct_id):
        raw["user"] = {"id": sent.distinct_id}
    return Incoming("error", uuid.UUID(sent.uuid), 1, clean.event(raw, Door(context, clock), event_id=sent.uuid))


def _thrown(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The exceptions, the cause first as Sentry has them: PostHog begins with what was thrown last."""
    listed = said.get("$exception_list")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not found and (said.get("$exception_type") or said.get("$exception_message")):
        found = [{"type": said.get("$exception_type"), "value": said.get("$exception_message")}]
    return found[::-1]


def _plain(thrown: dict[str, Any]) -> dict[str, Any]:
    """An exception whose frames have Sentry's names."""
    frames = _frames(thrown)
    if not frames:
        return {name: value for name, value in thrown.items() if name != "stacktrace"}
    return {**thrown, "stacktrace": {"frames": [_frame(frame) for frame in frames]}}


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in frame.items() if name not in ("platform", "code_variables")}
    return kept | ({"vars": frame["code_variables"]} if isinstance(frame.get("code_variables"), dict) else {})


def _frames(thrown: Mapping[str, Any]) -> list[dict[str, Any]]:
    stack = thrown.get("stacktrace")
    frames = stack.get("frames") if isinstance(stack, dict) else None
    return [frame for frame in frames if isinstance(frame, dict)] if isinstance(frames, list) else []


def _platform(thrown: list[dict[str, Any]]) -> str:
    named = next((scalar(frame.get("platform"), 30) for one in thrown for frame in _frames(one)[-1:]), "")
    return _PLATFORMS.get(named, named) or "other"
