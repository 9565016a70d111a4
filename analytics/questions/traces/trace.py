"""One trace: its spans as a tree, and the errors and logs that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from analytics import engine
from analytics.periods import Period
from events.models import Project

MOST_SPANS = 2000
MOST_LINES = 500
SPANS = """
    SELECT "at", span_id, parent_span_id, name, op, kind, status, service, route, release, environment,
           coalesce(duration_ms, 0) AS duration_ms, attributes
    FROM spans WHERE trace_id = $trace_id ORDER BY "at", span_id LIMIT $most
"""
ERRORS = """
    SELECT "at", event_id, group_hash, type, level, route FROM errors
    WHERE trace_id = $trace_id ORDER BY "at" LIMIT $most
"""
LOGS = """
    SELECT "at", log_id, span_id, level, body, logger FROM logs
    WHERE trace_id = $trace_id ORDER BY "at", log_id LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class Span:
    """One span in the waterfall: milliseconds from the trace's start, its own time without its children."""

    span_id: str
    parent_span_id: str | None
    name: str
    op: str
    kind: str
    status: str
    service: str
    depth: int
    at: datetime
    offset_ms: float
    duration_ms: float
    self_ms: float
    children: int
    attributes: dict[str, str]
    route: str = ""


@dataclass(frozen=True, slots=True)
class TraceError:
    at: datetime
    event_id: str | None
    group: UUID | None
    type: str | None
    level: str | None
    route: str | None


@dataclass(frozen=True, slots=True)
class TraceLog:
    at: datetime
    log_id: str | None
    span_id: str | None
    level: str | None
    body: str | None
    logger: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """Spans in the order of a waterfall; `is_cut` when there are more than MOST_SPANS."""

    trace_id: str
    start: datetime | None
    duration_ms: float
    spans: tuple[Span, ...]
    errors: tuple[TraceError, ...]
    logs: tuple[TraceLog, ...]
    is_cut: bool


def trace(project: Project, *, trace_id: str, period: Period) -> Trace:
    """Return the trace as far as it lies in the period; without spans when there are none."""
    bound: dict[str, Any] = {"trace_id": trace_id.lower()}
    with engine.read(project.pk, {"spans": period, "errors": period, "logs": period}) as facts:
        rows = facts.ask(SPANS, {**bound, "most": MOST_SPANS + 1})
        errors = facts.ask(ERRORS, {**bound, "most": MOST_LINES})
        logs = facts.ask(LOGS, {**bound, "most": MOST_LINES})
    spans = waterfall(rows[:MOST_SPANS])
    start = min((span.at for span in spans), default=None)
    return Trace(
        trace_id=trace_id,
        start=start,
        duration_ms=max((span.offset_ms + span.duration_ms for span in spans), default=0.0),
        spans=spans,
        errors=tuple(
            TraceError(
                row["at"], row["event_id"], UUID(row["group_hash"]) if row["group_hash"] else None,
                row["type"], row["level"], row["route"],
            )
            for row in errors
        ),
        logs=tuple(TraceLog(**row) for row in logs),
        is_cut=len(rows) > MOST_SPANS,
    )  # fmt: skip


def waterfall(rows: Sequence[dict[str, Any]]) -> tuple[Span, ...]:
    """Return spans in depth-first order, siblings by their start. A span whose parent is missing is a root, and so is
    one of a circle."""
    if not rows:
        return ()
    known = {row["span_id"] for row in rows}
    start = min(row["at"] for row in rows)
    children: dict[str | None, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["at"], row["span_id"])):
        parent = row["parent_span_id"] if row["parent_span_id"] in known - {row["span_id"]} else None
        children.setdefault(parent, []).append(row)
    found: list[Span] = []
    seen: set[str] = set()

    def walk(root: dict[str, Any]) -> None:
        waiting = [(root, 0)]
        while waiting:
            row, depth = waiting.pop()
            if row["span_id"] in seen:
                continue
            seen.add(row["span_id"])
            below = children.get(row["span_id"], [])
            found.append(_span(row, depth, start, below))
            waiting.extend((child, depth + 1) for child in reversed(below))

    for row in [*children.get(None, []), *rows]:
        walk(row)
    return tuple(found)


def _span(row: dict[str, Any], depth: int, start: datetime, below: Sequence[dict[str, Any]]) -> Span:
    texts = {name: row.get(name) or "" for name in ("name", "op", "kind", "status", "service")}
    return Span(
        span_id=row["span_id"],
        parent_span_id=row["parent_span_id"],
        **texts,
        depth=depth,
        at=row["at"],
        offset_ms=(row["at"] - start) / timedelta(milliseconds=1),
        duration_ms=row["duration_ms"],
        self_ms=max(0.0, row["duration_ms"] - _covered(row, below)),
        children=len(below),
        attributes=dict(row.get("attributes") or {}),
        route=row.get("route") or "",
    )


def _covered(row: dict[str, Any], below: Sequence[dict[str, Any]]) -> float:
    """The milliseconds of a span during which at least one child ran."""
    begin, end = 0.0, row["duration_ms"]
    total = reached = begin
    for child in sorted(below, key=lambda child: child["at"]):
        offset = (child["at"] - row["at"]) / timedelta(milliseconds=1)
        low, high = max(offset, reached, begin), min(offset + child["duration_ms"], end)
        if high > low:
            total += high - low
            reached = high
    return total
