"""Definitions of flags for tests, in the form in which they are stored and sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics import models
from analytics.flags import changing, definitions
from analytics.flags.checking import Wanted
from analytics.flags.definitions import Book, Flag
from events.models import Project


def prop(key: str, value: Any = None, operator: str = "exact", **rest: Any) -> dict[str, Any]:
    return {"key": key, "value": value, "operator": operator, "type": "person", **rest}


def group(*properties: dict[str, Any], rollout: float | None = 100, **rest: Any) -> dict[str, Any]:
    return {"properties": list(properties), "rollout_percentage": rollout, **rest}


def variants(**percentages: float) -> dict[str, Any]:
    return {"variants": [{"key": key, "rollout_percentage": share} for key, share in percentages.items()]}


def filters(*groups: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"groups": list(groups or [group()]), **rest}


def flag(key: str, *groups: dict[str, Any], columns: Mapping[str, Any] | None = None, **rest: Any) -> Flag:
    return definitions.flag_of(id=len(key), key=key, version=1, filters=filters(*groups, **rest), **(columns or {}))


def book(*flags: Flag, audiences: Mapping[str, Any] | None = None, group_types: tuple[str, ...] = ()) -> Book:
    return Book(
        1, 1, {one.key: one for one in flags},
        audiences={name: definitions.group_of(stored) for name, stored in (audiences or {}).items()},
        audience_documents=audiences or {}, group_types=group_types,
    )  # fmt: skip


def sent(one: Flag) -> dict[str, Any]:
    """The flag as an SDK is given it to evaluate by itself."""
    return {"id": one.id, "key": one.key, "active": one.is_active, "filters": dict(one.document)}


NOW = datetime.fromisoformat("2026-11-23T12:00:00+00:00")


def stored(project: Project, key: str, *groups: dict[str, Any], now: datetime = NOW, **rest: Any) -> models.Flag:
    """A flag of a project, active; `rest` are columns of Wanted and parts of the filters."""
    columns = {name: rest.pop(name) for name in [*rest] if name in Wanted.__dataclass_fields__}
    wanted = Wanted(filters=filters(*groups, **rest), **{"is_active": True, **columns})
    return changing.create(project, key, wanted, actor="test", now=now)


def audience(project: Project, *properties: dict[str, Any], name: str = "Pros", now: datetime = NOW) -> models.Audience:
    definition = {"type": "OR", "values": [{"type": "AND", "values": list(properties or [prop("plan", "pro")])}]}
    made = models.Audience(project=project, created_at=now)
    return changing.put_audience(made, name=name, definition=definition, actor="test", now=now)
