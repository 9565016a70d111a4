"""A trace as rows of a picture: where each span's bar stands, what of it was waited for, where nothing ran. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from analytics.questions.traces import critical_path
from analytics.questions.traces.critical_path import Stretch
from analytics.questions.traces.trace import Span, Trace
from analytics.questions.traces.trace_list import FINE

WIDTH = 1000
_THINNEST = 2.0
_DEEPEST = 12
KINDS = ("request", "database", "cache", "call", "queue", "other")
"""What colours tell apart, in the order of the legend; none of them is amber or red, which are for what is wrong."""

_OF_OP = {
    "http": "request", "view": "request", "pageload": "request", "navigation": "request", "rpc": "request",
    "grpc": "request", "db": "database", "sql": "database", "mongodb": "database", "redis": "cache", "cache": "cache",
    "queue": "queue", "task": "queue", "celery": "queue", "messaging": "queue", "cron": "queue", "resource": "call",
}  # fmt: skip
"""First part of an op -> its kind; what OpenTelemetry says of a span is asked after it."""

_OF_KIND = {"server": "request", "client": "call", "producer": "queue", "consumer": "queue"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a picture: `x` and `width` out of WIDTH."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """One span. `critical` and `gaps` are parts of its own bar; `critical_ms` is its own part of the critical path."""

    span: Span
    depth: int
    x: float
    width: float
    kind: str
    is_failed: bool
    critical: tuple[Bar, ...]
    critical_ms: float
    gaps: tuple[Bar, ...]
    gap_ms: float


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A service and when it was busy."""

    service: str
    spans: int
    busy_ms: float
    bars: tuple[Bar, ...]


def rows(trace: Trace) -> list[Row]:
    """The spans of a trace, each parent right before its children."""
    whole = _whole(trace)
    path, waits = critical_path.critical_path(trace.spans), critical_path.gaps(trace.spans)
    return [_row(span, whole, path.get(span.span_id, ()), waits.get(span.span_id, ())) for span in trace.spans]


def lanes(trace: Trace) -> list[LaneRow]:
    """A row for each service that took part, in the order in which they did."""
    whole = _whole(trace)
    return [
        LaneRow(lane.service, lane.spans, lane.busy_ms, _bars(lane.busy, whole))
        for lane in critical_path.lanes(trace.spans)
    ]


def ticks(trace: Trace, *, count: int = 4) -> list[float]:
    """The milliseconds of the scale above the bars, equally far apart."""
    return [trace.duration_ms * n / count for n in range(count + 1)]


def services(trace: Trace) -> list[str]:
    """The services that took part, in the order in which they did."""
    return list(dict.fromkeys(span.service for span in trace.spans if span.service))


def title(trace: Trace) -> str:
    """What the trace is called after: the route or name of its first root, else nothing."""
    root = next((span for span in trace.spans if span.parent_span_id is None), trace.spans[0] if trace.spans else None)
    return (root.route or root.name or root.op) if root else ""


def kind_of(span: Span) -> str:
    """One of KINDS: a call to another service is told from a request that was served."""
    first, _, rest = span.op.partition(".")
    if span.kind == "client" or rest.startswith("client"):
        return _OF_OP.get(first, "call") if first in ("db", "sql", "mongodb", "redis", "cache") else "call"
    return _OF_OP.get(first) or _OF_KIND.get(span.kind, "other")


def _row(span: Span, whole: float, critical: tuple[Stretch, ...], gaps: tuple[Stretch, ...]) -> Row:
    bar = _bar(span.offset_ms, span.duration_ms, whole)
    return Row(
        span=span,
        depth=min(span.depth, _DEEPEST),
        x=bar.x,
        width=bar.width,
        kind=kind_of(span),
        is_failed=span.status.lower() not in FINE,
        critical=_bars(critical, whole),
        critical_ms=sum(one.length for one in critical),
        gaps=_bars(gaps, whole),
        gap_ms=sum(one.length for one in gaps),
    )


def _bars(stretches: Iterable[Stretch], whole: float) -> tuple[Bar, ...]:
    return tuple(_bar(one.start, one.length, whole) for one in stretches)


def _bar(start: float, length: float, whole: float) -> Bar:
    x = min(WIDTH * start / whole, WIDTH - _THINNEST)
    return Bar(round(x, 2), round(max(_THINNEST, min(WIDTH * length / whole, WIDTH - x)), 2))


def _whole(trace: Trace) -> float:
    return max(trace.duration_ms, 0.001)
