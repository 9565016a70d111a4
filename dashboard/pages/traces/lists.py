"""The list of traces, and the spans, errors and lines of one, as files and in the API."""

from collections.abc import Iterator
from datetime import timedelta
from operator import attrgetter

from analytics.periods import Period
from analytics.questions.traces import trace as one
from analytics.questions.traces import trace_list
from analytics.questions.traces.trace import Trace
from dashboard.charts import evidence_rows
from dashboard.exports.lists import PERIOD, Asked, Listed, Row
from dashboard.pages.traces import asking
from events.facts.schema import SPANS

NEAR = timedelta(days=1)
_COLUMNS = ("trace_id", "at", "name", "op", "route", "service", "duration_ms", "spans", "failed", "services")
_SPAN = (
    "span_id", "parent_span_id", "name", "op", "kind", "status", "service", "depth", "at", "offset_ms", "duration_ms",
    "self_ms", "attributes",
)  # fmt: skip
_ERROR = ("at", "event_id", "group", "type", "level", "route")
_LINE = ("at", "log_id", "span_id", "level", "body", "logger")
_PIECE = 1000


def _traces(asked: Asked) -> Iterator[Row]:
    """The traces as far as the pages of the list go."""
    form = asking.form({**asked.parameters, "page": ""})
    for page in range(1, asking.MOST_PAGES * trace_list.SIZE // _PIECE + 1):
        found = trace_list.trace_list(
            asked.project, period=asked.period, asked=form.asked, environment=asked.environment, order=form.order,
            page=page, size=_PIECE,
        )  # fmt: skip
        yield from map(attrgetter(*_COLUMNS), found.rows)
        if not found.has_more:
            return


def period_of(at_text: str, *, asked_at: Asked) -> Period:
    """When a trace is looked for: around the moment that the address names, or as long as spans are kept."""
    at = evidence_rows.moment(at_text)
    if at:
        return Period(at - NEAR, at + NEAR)
    return Period(asked_at.now - timedelta(days=SPANS.retention_days + 1), asked_at.now + NEAR)


def _trace(asked: Asked) -> Trace | None:
    named = asked.said("trace_id")
    if not evidence_rows.is_trace_id(named):
        return None
    return one.trace(asked.project, trace_id=named, period=period_of(asked.said("at"), asked_at=asked))


def _spans(asked: Asked) -> Iterator[Row]:
    found = _trace(asked)
    yield from map(attrgetter(*_SPAN), found.spans if found else ())


def _errors(asked: Asked) -> Iterator[Row]:
    found = _trace(asked)
    yield from map(attrgetter(*_ERROR), found.errors if found else ())


def _lines(asked: Asked) -> Iterator[Row]:
    found = _trace(asked)
    yield from map(attrgetter(*_LINE), found.logs if found else ())


LISTS: dict[str, Listed] = {
    "traces": Listed(
        "Traces", _COLUMNS, _traces, ("trace-list",),
        (*PERIOD, "route", "service", "status", "least", "most", "attribute", "sort"),
    ),
    "trace-spans": Listed("Spans of the trace", _SPAN, _spans, ("trace",), ("at",), needs=("trace_id",)),
    "trace-errors": Listed("Errors of the trace", _ERROR, _errors, ("trace",), ("at",), needs=("trace_id",)),
    "trace-lines": Listed("Log lines of the trace", _LINE, _lines, ("trace",), ("at",), needs=("trace_id",)),
}  # fmt: skip
