"""The errors of an issue, as slim rows: a page of them, and the neighbours of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from analytics import engine
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project


class Position(NamedTuple):
    """A place in the order of an issue's errors: their moment, then their id."""

    at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class ErrorRow:
    event_id: str
    at: datetime
    level: str | None
    environment: str | None
    release: str | None
    route: str | None
    url: str | None
    user_key: int | None
    handled: bool | None
    trace_id: str | None

    @property
    def position(self) -> Position:
        return Position(self.at, self.event_id)


@dataclass(frozen=True, slots=True)
class FactsPage:
    """Errors, newest first; `older` is where the next page begins, None on the last."""

    rows: tuple[ErrorRow, ...]
    older: Position | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    previous: Position | None
    next: Position | None


COLUMNS = ", ".join(f'e."{name}"' for name in ErrorRow.__dataclass_fields__)
BEFORE = """(e."at" < $at OR (e."at" = $at AND e.event_id < $event_id))"""
AFTER = """(e."at" > $at OR (e."at" = $at AND e.event_id > $event_id))"""


def issue_facts(
    project: Project,
    *,
    groups: Iterable[UUID],
    period: Period,
    environment: str = "",
    before: Position | None = None,
    size: int = 50,
) -> FactsPage:
    """Return `size` errors of these groups, newest first, those before the position given."""
    condition, bound = filters.errors(groups=groups, environment=environment)
    if before is not None:
        condition += f" AND {BEFORE}"
        bound |= before._asdict()
    sql = f"""
        SELECT {COLUMNS} FROM errors e WHERE {condition} ORDER BY e."at" DESC, e.event_id DESC LIMIT $size
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        found = [ErrorRow(**row) for row in facts.ask(sql, {**bound, "size": size + 1})]
    rows = tuple(found[:size])
    return FactsPage(rows, rows[-1].position if len(found) > size else None)


def neighbours(
    project: Project, *, groups: Iterable[UUID], period: Period, of: Position, environment: str = ""
) -> Neighbours:
    """Return the errors of these groups right before and right after the position."""
    condition, bound = filters.errors(groups=groups, environment=environment)
    sql = f"""
        SELECT * FROM (
        (SELECT 'previous' AS side, e."at", e.event_id FROM errors e WHERE {condition} AND {BEFORE}
         ORDER BY e."at" DESC, e.event_id DESC LIMIT 1)
        UNION ALL
        (SELECT 'next' AS side, e."at", e.event_id FROM errors e WHERE {condition} AND {AFTER}
         ORDER BY e."at", e.event_id LIMIT 1)
        ) beside ORDER BY side
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        rows = facts.ask(sql, {**bound, **of._asdict()})
    found = {row["side"]: Position(row["at"], row["event_id"]) for row in rows}
    return Neighbours(found.get("previous"), found.get("next"))
