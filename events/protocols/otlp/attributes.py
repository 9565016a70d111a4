"""Attributes of OpenTelemetry as a plain dict, and what a resource says about the sender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from events.protocols.fields import attributes
from events.protocols.fields.context import Door
from events.protocols.fields.texts import scalar

# No more are looked at to find the attributes that are kept, which are fewer.
READ = 4 * attributes.MOST


def value(any_value: Any) -> Any:
    """Return an AnyValue as Python; bytes as hexadecimal."""
    which = any_value.WhichOneof("value")
    if which is None:
        return None
    found = getattr(any_value, which)
    if which == "array_value":
        return [value(inner) for inner in found.values[: attributes.MOST]]
    if which == "kvlist_value":
        return {pair.key: value(pair.value) for pair in found.values[: attributes.MOST]}
    return found.hex() if which == "bytes_value" else found


def plain(pairs: Sequence[Any], door: Door) -> dict[str, Any]:
    """Return `{name: value}`, bounded and without what names a person."""
    sent: dict[str, Any] = {}
    if len(pairs) > READ:
        door.note("attributes_dropped")
    for pair in pairs[:READ]:
        held = pair.value
        which = held.WhichOneof("value")
        # Most values are texts and numbers, which need no look inside.
        sent[pair.key] = getattr(held, which) if which in _SCALARS else value(held)
    return attributes.plain(sent, door)


_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})


@dataclass(frozen=True, slots=True)
class Sender:
    """What the columns of every fact take from the resource; `rest` are its attributes that no column holds."""

    service: str
    release: str
    environment: str
    host: str
    sdk: dict[str, str]
    rest: dict[str, Any]


def sender(resource: Any, door: Door) -> Sender:
    """Return who sent, by the old and the new semantic conventions."""
    found = plain(resource.attributes, door)

    def take(*names: str) -> str:
        texts = [scalar(found.pop(name, None), 200) for name in names]
        return next((text for text in texts if text), "")

    return Sender(
        service=take("service.name"),
        release=take("service.version"),
        environment=take("deployment.environment.name", "deployment.environment"),
        host=take("host.name"),
        sdk={"name": take("telemetry.sdk.name") or "opentelemetry", "version": take("telemetry.sdk.version")},
        rest=found,
    )
