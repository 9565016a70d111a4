"""What happened around an event: the trace it belongs to, and what was written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.logs import log_lines
from analytics.questions.traces import trace as traces
from analytics.questions.traces.trace import TraceLog
from dashboard.charts import evidence_rows
from dashboard.pages.traces import waterfall
from dashboard.pages.traces.waterfall import Row
from events.issues import search
from events.models import Project

MOST_SPANS = 12
MOST_LINES = 20
# A trace is over within it; without one, lines of so long before and after are of the same time.
_LASTS = timedelta(hours=1)
_AROUND = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Written:
    """A log line and its address."""

    at: datetime
    level: str
    body: str
    url: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Spans and lines, each the first ones; `in_trace` says whether the lines are of the trace or of the same minute.

    `is_known` is false when the facts could not be read.
    """

    trace_url: str = ""
    title: str = ""
    duration_ms: float = 0.0
    rows: tuple[Row, ...] = ()
    more_spans: int = 0
    lines: tuple[Written, ...] = ()
    in_trace: bool = False
    is_known: bool = True


def around(project: Project, *, trace_id: str, at: datetime, environment: str) -> Surroundings:
    """What is kept of the trace around `at`; without lines in it, those of the same minute and environment."""
    try:
        return _around(project, trace_id=trace_id, at=at, environment=environment)
    except EngineError:
        return Surroundings(is_known=False)


def _around(project: Project, *, trace_id: str, at: datetime, environment: str) -> Surroundings:
    is_trace = evidence_rows.is_trace_id(trace_id)
    near = Period(at - _LASTS, at + _LASTS)
    found = traces.trace(project, trace_id=trace_id, period=near) if is_trace else None
    lines = [_written(project, line) for line in (found.logs if found else ())[:MOST_LINES]]
    in_trace = bool(lines)
    if not lines:
        minute = Period(at - _AROUND, at + _AROUND)
        page = log_lines.log_lines(
            project, period=minute, search=search.parse("", now=at), environment=environment, size=MOST_LINES
        )
        lines = [
            Written(one.at, one.level or "", one.body or "", evidence_rows.line_url(project, one.log_id, one.at))
            for one in reversed(page.lines)
        ]
    rows = waterfall.rows(found) if found else []
    return Surroundings(
        trace_url=evidence_rows.trace_url(project, trace_id, at) if found and found.spans else "",
        title=waterfall.title(found) if found else "",
        duration_ms=found.duration_ms if found else 0.0,
        rows=tuple(rows[:MOST_SPANS]),
        more_spans=max(0, len(rows) - MOST_SPANS),
        lines=tuple(lines),
        in_trace=in_trace,
    )


def _written(project: Project, line: TraceLog) -> Written:
    return Written(line.at, line.level or "", line.body or "", evidence_rows.line_url(project, line.log_id, line.at))
