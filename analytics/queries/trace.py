"""Everything that one trace left behind: its spans, its errors, its log lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics import engine
from analytics.queries.log_lines import COLUMNS as LOG_COLUMNS
from analytics.queries.log_lines import LogLine, line
from events.models import Project

_NEAR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    span_id: str
    parent_span_id: str | None
    at: datetime
    name: str
    op: str
    kind: str | None
    status: str | None
    service: str | None
    route: str | None
    release: str | None
    environment: str | None
    duration_ms: float
    self_ms: float
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class TraceError:
    event_id: str
    group_hash: str
    at: datetime
    level: str | None
    type: str | None
    route: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """`spans` in the order they began, the first ones when there are more than asked for; `span_count` is all."""

    trace_id: str
    spans: tuple[Span, ...]
    span_count: int
    errors: tuple[TraceError, ...]
    logs: tuple[LogLine, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.spans or self.errors or self.logs)


_TEXTS = ("name", "op")


def trace(project: Project, trace_id: str, *, around: datetime | None = None, most: int = 1000) -> Trace:
    """Return the trace of this id (32 hex digits); with `around`, only a day on each side is read."""
    period = (around - _NEAR, around + _NEAR) if around else (None, None)
    bound = {"trace": trace_id.lower(), "most": most}
    names = ", ".join(f's."{name}"' for name in Span.__dataclass_fields__)
    with engine.read(project.pk, {"spans": period, "errors": period, "logs": period}) as facts:
        # A span sent again replaces itself: the longest is the finished one.
        spans = facts.ask(
            f"""SELECT {names}, count(*) OVER () AS span_count
                FROM (SELECT * FROM spans WHERE trace_id = $trace QUALIFY
                      row_number() OVER (PARTITION BY span_id ORDER BY duration_ms DESC NULLS LAST) = 1) s
                ORDER BY s."at", s.duration_ms DESC LIMIT $most""",
            bound,
        )
        errors = facts.ask(
            """SELECT event_id, group_hash, "at", level, type, route FROM errors
               WHERE trace_id = $trace ORDER BY "at" LIMIT 100""",
            bound,
        )
        logs = facts.ask(
            f'SELECT {LOG_COLUMNS} FROM logs l WHERE l.trace_id = $trace ORDER BY l."at", l.log_id LIMIT 500', bound
        )
    return Trace(
        trace_id=trace_id.lower(),
        spans=tuple(_span(row) for row in spans),
        span_count=spans[0]["span_count"] if spans else 0,
        errors=tuple(TraceError(**row) for row in errors),
        logs=tuple(line(row) for row in logs),
    )


def _span(row: dict[str, Any]) -> Span:
    values = {name: row[name] for name in Span.__dataclass_fields__}
    values["attributes"] = dict(row["attributes"] or ())
    values |= {name: row[name] or "" for name in _TEXTS}
    values |= {name: row[name] or 0.0 for name in ("duration_ms", "self_ms")}
    return Span(**values)
