"""Which traces a search finds: by route, service, duration, outcome and attribute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import engine
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project

SIZE = 50
OK, FAILED = "ok", "failed"
NEWEST, SLOWEST = "newest", "slowest"
FINE = ("", "ok", "unset")
"""Statuses, in lower case, of spans that did not fail."""

_NAMES = ("name", "op", "route", "service")
# What a trace is called after: its root, else the span that came first.
_FIRST = 'epoch_us(s."at") + CASE WHEN s.parent_span_id IS NULL THEN 0 ELSE 4000000000000000000 END'


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; what is empty or None is not asked. `*` in a text stands for anything.

    `route`, `service` and the attribute are of any span of the trace, `outcome` is OK or FAILED (at least one span
    failed), the milliseconds are from the trace's first beginning to its last end. An attribute without a value is
    there with any.
    """

    route: str = ""
    service: str = ""
    outcome: str = ""
    least_ms: float | None = None
    most_ms: float | None = None
    attribute: str = ""
    value: str = ""

    @property
    def is_all(self) -> bool:
        return self == Asked()


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A trace: what its first span is called, how long it took, and what is in it."""

    trace_id: str
    at: datetime
    name: str
    op: str
    route: str
    service: str
    duration_ms: float
    spans: int
    failed: int
    services: int


@dataclass(frozen=True, slots=True)
class TracePage:
    rows: tuple[TraceRow, ...]
    has_more: bool


def trace_list(
    project: Project,
    *,
    period: Period,
    asked: Asked,
    environment: str = "",
    order: str = NEWEST,
    page: int = 1,
    size: int = SIZE,
) -> TracePage:
    """Return page `page`, counted from 1, of the traces that began in the period: `size` of them, by `order`.

    What of a trace lies outside the period counts as not there.
    """
    having, bound = _having(asked)
    where = "s.environment = $environment" if environment else "true"
    bound |= {"environment": environment} if environment else {}
    first = ", ".join(f"arg_min(coalesce(s.{name}, ''), {_FIRST}) AS {name}" for name in _NAMES)
    sql = f"""
        SELECT s.trace_id, min(s."at") AS "at", count(*) AS spans, count(DISTINCT s.service) AS services,
            count(*) FILTER ({_failed()}) AS failed,
            (max(epoch_us(s."at") + coalesce(s.duration_ms, 0) * 1000) - min(epoch_us(s."at"))) / 1000 AS duration_ms,
            {first}
        FROM spans s WHERE {where} GROUP BY s.trace_id HAVING {having}
        ORDER BY {"duration_ms DESC," if order == SLOWEST else ""} "at" DESC, s.trace_id LIMIT $most OFFSET $skipped
    """
    with engine.read(project.pk, {"spans": period}) as facts:
        rows = facts.ask(sql, {**bound, "fine": list(FINE), "most": size + 1, "skipped": size * (page - 1)})
    return TracePage(tuple(_row(row) for row in rows[:size]), has_more=len(rows) > size)


def service_names(project: Project, *, period: Period, most: int = 50) -> list[str]:
    """Return the services that spans of the period name, the busiest first."""
    sql = """
        SELECT service FROM spans WHERE service <> '' GROUP BY service ORDER BY count(*) DESC, service LIMIT $most
    """
    with engine.read(project.pk, {"spans": period}) as facts:
        return [row["service"] for row in facts.ask(sql, {"most": most})]


def _having(asked: Asked) -> tuple[str, dict[str, Any]]:
    terms, bound = ["true"], dict[str, Any]()
    if asked.route:
        terms.append("(bool_or(s.route ILIKE $route ESCAPE '\\') OR bool_or(s.name ILIKE $route ESCAPE '\\'))")
        bound["route"] = filters.pattern(asked.route, within=True)
    if asked.service:
        terms.append("bool_or(s.service ILIKE $service ESCAPE '\\')")
        bound["service"] = filters.pattern(asked.service)
    if asked.outcome in (OK, FAILED):
        terms.append(f"{'' if asked.outcome == FAILED else 'NOT '}coalesce(bool_or({_failed()}), false)")
    if asked.least_ms is not None:
        terms.append("duration_ms >= $least_ms")
        bound["least_ms"] = asked.least_ms
    if asked.most_ms is not None:
        terms.append("duration_ms <= $most_ms")
        bound["most_ms"] = asked.most_ms
    if asked.attribute:
        bound |= {"attribute": asked.attribute, "value": filters.pattern(asked.value or "*")}
        terms.append("bool_or(s.attributes[$attribute] ILIKE $value ESCAPE '\\')")
    return " AND ".join(terms), bound


def _failed() -> str:
    return "lower(coalesce(s.status, '')) NOT IN $fine"


def _row(row: dict[str, Any]) -> TraceRow:
    return TraceRow(**row)
