"""Lists of a project as files: a line here is all that one needs. Rows come by number, the oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import QuerySet

from events.accounts import access
from events.models import Feedback, Project

Row = tuple[Any, ...]
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """`columns` are names and what they are of a row, in the words of `values_list`; `role` is who may have them."""

    title: str
    rows: Callable[[Project], QuerySet[Any]]
    columns: Mapping[str, str]
    role: str = access.VIEWER


def _named(*names: str, **others: str) -> dict[str, str]:
    return {"id": "pk", **{name: name for name in names}, **others}


LISTS: Mapping[str, Listed] = {
    "issues": Listed("Issues", lambda project: project.issues.all(), _named(
        "title", "type", "culprit", "level", "status", "priority", "event_count", "user_count", "first_seen_at",
        "last_seen_at", "first_release", "last_release", "is_regressed", assigned_to="assigned_to__username",
    )),
    "releases": Listed("Releases", lambda project: project.releases.all(), _named(
        "version", "created_at", "released_at", "ref", "new_issue_count",
    )),
    "feedback": Listed("Feedback", lambda project: Feedback.objects.filter(project=project), _named(
        "at", "name", "contact_email", "message", "url", "environment", "event_id",
    ), access.EDITOR),
    "persons": Listed("Persons", lambda project: project.persons.all(), _named(
        "uuid", "created_at", "properties",
    ), access.EDITOR),
    "groups": Listed("Groups", lambda project: project.person_groups.all(), _named(
        "type", "key", "created_at", "properties",
    ), access.EDITOR),
    "monitors": Listed("Monitors", lambda project: project.monitors.all(), _named(
        "name", "slug", "kind", "schedule", "zone", "is_enabled", "is_muted",
    )),
    "probes": Listed("Probes", lambda project: project.probes.all(), _named("name", "kind", "target")),
    "incidents": Listed("Incidents", lambda project: project.incidents.all(), _named(
        "title", "severity", "state", "environment", "began_at", "acknowledged_at", "resolved_at",
        led_by="commander__username",
    )),
    "rules": Listed("Alert rules", lambda project: project.rules.all(), _named(
        "name", "kind", "metric", "severity",
    )),
    "flags": Listed("Flags", lambda project: project.flags.all(), _named(
        "key", "description", "is_active", "created_at", "archived_at",
    )),
    "experiments": Listed("Experiments", lambda project: project.experiments.all(), _named(
        "key", "name", "created_at",
    )),
    "objectives": Listed("Objectives", lambda project: project.objectives.all(), _named(
        "name", "indicator", "target", "days",
    )),
}  # fmt: skip
"""Name in the address -> list."""


def rows_of(name: str, project: Project, *, after: int = 0) -> Iterator[Row]:
    """The rows behind the number `after`, each beginning with its own; read from the database piece by piece."""
    listed = LISTS[name]
    found = listed.rows(project).filter(pk__gt=after).order_by("pk").values_list(*listed.columns.values())
    for row in found.iterator(chunk_size=_CHUNK):
        yield tuple(_cell(value) for value in row)


def cursor(text: str) -> int:
    """The number that `after` of an address names; 0, which is all, for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _cell(value: Any) -> Any:
    """What fits into one cell: lists and maps as JSON."""
    if isinstance(value, dict | list):
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()
    return value if value is None or isinstance(value, str | int | float | bool | datetime) else str(value)
