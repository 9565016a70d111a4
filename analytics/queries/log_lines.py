"""Which log lines a search finds, and which stand around one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from analytics import engine, log_terms
from analytics.periods import Period
from events.models import Project
from events.search import Search

_AROUND = timedelta(minutes=10)


class Position(NamedTuple):
    """A place in the order of lines: their moment, then their id."""

    at: datetime
    log_id: str


@dataclass(frozen=True, slots=True)
class LogLine:
    log_id: str
    at: datetime
    level: str
    body: str
    logger: str | None
    service: str | None
    host: str | None
    environment: str | None
    release: str | None
    trace_id: str | None
    span_id: str | None
    attributes: dict[str, str]

    @property
    def position(self) -> Position:
        return Position(self.at, self.log_id)


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines, newest first; `older` is where the next page begins, None on the last."""

    lines: tuple[LogLine, ...]
    older: Position | None


COLUMNS = ", ".join(f'l."{name}"' for name in LogLine.__dataclass_fields__)
BEFORE = '(l."at" < $at OR (l."at" = $at AND l.log_id < $log_id))'
AFTER = '(l."at" > $at OR (l."at" = $at AND l.log_id > $log_id))'


def log_lines(
    project: Project,
    *,
    search: Search,
    period: Period,
    environment: str = "",
    before: Position | None = None,
    size: int = 100,
) -> LogPage:
    """Return `size` lines, newest first, those before the position given. Raises SearchError."""
    condition, bound = log_terms.condition(search, environment=environment)
    if before is not None:
        condition += f" AND {BEFORE}"
        bound |= before._asdict()
    sql = f'SELECT {COLUMNS} FROM logs l WHERE {condition} ORDER BY l."at" DESC, l.log_id DESC LIMIT $size'
    with engine.read(project.pk, {"logs": period}) as facts:
        found = [line(row) for row in facts.ask(sql, {**bound, "size": size + 1})]
    shown = tuple(found[:size])
    return LogPage(shown, shown[-1].position if len(found) > size else None)


def count_since(project: Project, *, search: Search, since: datetime, until: datetime, environment: str = "") -> int:
    """Return how many lines came after `since`. Raises SearchError."""
    condition, bound = log_terms.condition(search, environment=environment)
    with engine.read(project.pk, {"logs": Period(since, until)}) as facts:
        [row] = facts.ask(f"SELECT count(*) AS lines FROM logs l WHERE {condition}", bound)
    return int(row["lines"])


def exported(
    project: Project, *, search: Search, period: Period, environment: str = "", most: int = 100_000
) -> Iterator[LogLine]:
    """Yield the lines, newest first, at most `most`. Raises SearchError before the first."""
    condition, bound = log_terms.condition(search, environment=environment)
    sql = f'SELECT {COLUMNS} FROM logs l WHERE {condition} ORDER BY l."at" DESC, l.log_id DESC LIMIT $most'
    with engine.read(project.pk, {"logs": period}) as facts:
        for batch in facts.batches(sql, {**bound, "most": most}):
            yield from (line(row) for row in batch.to_pylist())


def around(project: Project, log_id: str, *, at: datetime | None = None, size: int = 20) -> tuple[LogLine, ...]:
    """Return the line and up to `size` lines of the same service and host on each side, oldest first; () if unknown."""
    known = Period(at - _AROUND, at + _AROUND) if at else (None, None)
    with engine.read(project.pk, {"logs": known}) as facts:
        found = facts.ask(f"SELECT {COLUMNS} FROM logs l WHERE l.log_id = $log_id LIMIT 1", {"log_id": log_id})
    if not found:
        return ()
    middle = line(found[0])
    same = (
        "l.service IS NOT DISTINCT FROM $service AND l.host IS NOT DISTINCT FROM $host "
        "AND l.environment IS NOT DISTINCT FROM $environment"
    )
    sql = f"""
        (SELECT {COLUMNS} FROM logs l WHERE {same} AND {BEFORE} ORDER BY l."at" DESC, l.log_id DESC LIMIT $size)
        UNION ALL
        (SELECT {COLUMNS} FROM logs l WHERE {same} AND {AFTER} ORDER BY l."at", l.log_id LIMIT $size)
    """
    bound = {
        "service": middle.service, "host": middle.host, "environment": middle.environment, "size": size,
        **middle.position._asdict(),
    }  # fmt: skip
    with engine.read(project.pk, {"logs": Period(middle.at - _AROUND, middle.at + _AROUND)}) as facts:
        beside = [line(row) for row in facts.ask(sql, bound)]
    return tuple(sorted([*beside, middle], key=lambda one: one.position))


def line(row: dict[str, Any]) -> LogLine:
    """Return a row of COLUMNS as a line."""
    return LogLine(
        **{
            **row,
            "log_id": row["log_id"] or "",
            "level": row["level"] or "info",
            "body": row["body"] or "",
            "attributes": dict(row["attributes"] or ()),
        }
    )
