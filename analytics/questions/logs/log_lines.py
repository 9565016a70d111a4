"""Log lines: a page of them, newest first; what came since; and the lines around one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from analytics import engine, periods
from analytics.engine.log_search import condition
from analytics.periods import Period
from events.issues.search import Search
from events.models import Project

# A line may be stored after one that happened later. So far back the tail looks again; who shows it leaves out the ids
# it has.
OVERLAP = timedelta(seconds=15)
AROUND = timedelta(hours=1)
# The newest lines are looked for in the newest facts first, and further back in ever longer parts while they are too
# few: what a page shows of a month was mostly written within hours.
_FIRST_PART, _GROWTH = timedelta(hours=6), 4


class Position(NamedTuple):
    """A place in the order of log lines: their moment, then their id."""

    at: datetime
    log_id: str


@dataclass(frozen=True, slots=True)
class LogLine:
    at: datetime
    log_id: str
    level: str | None
    body: str | None
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


@dataclass(frozen=True, slots=True)
class LogTail:
    """Lines, oldest first, and the cursor to ask for the next ones with; a line may come again within OVERLAP."""

    lines: tuple[LogLine, ...]
    cursor: datetime


COLUMNS = ", ".join(
    f"coalesce(l.{name}, '') AS {name}" if name == "log_id" else f'l."{name}"' for name in LogLine.__dataclass_fields__
)
ORDER = "l.\"at\" {0}, coalesce(l.log_id, '') {0}"
BEFORE = '(l."at" < $at OR (l."at" = $at AND coalesce(l.log_id, \'\') < $log_id))'
AFTER = '(l."at" > $at OR (l."at" = $at AND coalesce(l.log_id, \'\') > $log_id))'


def log_lines(
    project: Project,
    *,
    period: Period,
    search: Search,
    environment: str = "",
    before: Position | None = None,
    size: int = 100,
) -> LogPage:
    """Return `size` lines found by the search, those before the position given. Raises SearchError."""
    term, bound = condition(search, environment=environment)
    if before is not None:
        term += f" AND {BEFORE}"
        bound |= before._asdict()
        period = Period(period.start, min(period.end, before.at + timedelta(microseconds=1)))
    found: list[LogLine] = []
    for part in periods.newest_first(period, first=_FIRST_PART, growth=_GROWTH):
        found += _lines(project, part, term, bound, order="DESC", most=size + 1 - len(found))
        if len(found) > size:
            break
    return LogPage(tuple(found[:size]), found[size - 1].position if len(found) > size else None)


def log_tail(
    project: Project, *, since: datetime, now: datetime, search: Search, environment: str = "", most: int = 200
) -> LogTail:
    """Return the lines that happened since the cursor, less OVERLAP; with more than `most`, the first ones."""
    term, bound = condition(search, environment=environment)
    period = Period(since - OVERLAP, now + timedelta(seconds=1))
    found = _lines(project, period, term, bound, order="ASC", most=most)
    return LogTail(tuple(found), found[-1].at if len(found) == most else now)


def log_context(
    project: Project, *, of: Position, service: str = "", host: str = "", each: int = 20
) -> tuple[LogLine, ...]:
    """Return the lines right before and after a position with the line itself, oldest first, within an hour."""
    terms = [f"l.{name} = ${name}" for name, value in (("service", service), ("host", host)) if value]
    bound: dict[str, Any] = {name: value for name, value in (("service", service), ("host", host)) if value}
    bound |= of._asdict()
    period = Period(of.at - AROUND, of.at + AROUND)
    term = " AND ".join(["true", *terms])
    before = _lines(project, period, f"{term} AND {BEFORE}", bound, order="DESC", most=each)
    after = _lines(project, period, f"{term} AND NOT {BEFORE}", bound, order="ASC", most=each + 1)
    return (*reversed(before), *after)


def _lines(
    project: Project, period: Period, term: str, bound: dict[str, Any], *, order: str, most: int
) -> list[LogLine]:
    sql = f"SELECT {COLUMNS} FROM logs l WHERE {term} ORDER BY {ORDER.format(order)} LIMIT $most"
    with engine.read(project.pk, {"logs": period}) as facts:
        rows = facts.ask(sql, {**bound, "most": most})
    return [LogLine(**{**row, "attributes": dict(row["attributes"] or {})}) for row in rows]
