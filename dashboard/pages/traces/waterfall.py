"""A trace as rows of a picture: where each span's bar stands. Pure."""

from dataclasses import dataclass

from analytics.questions.traces.trace import Span, Trace

WIDTH = 1000
_THINNEST = 2.0
_DEEPEST = 12
_KINDS = {
    "http": 1,
    "db": 4,
    "cache": 3,
    "template": 2,
    "view": 2,
    "ui": 2,
    "browser": 2,
    "resource": 6,
    "queue": 6,
    "task": 6,
}
"""First part of an op -> its place in the theme's series colours."""
_FINE = frozenset({"", "ok", "unset"})


@dataclass(frozen=True, slots=True)
class Row:
    """One span: `x` and `width` of its bar out of WIDTH."""

    span: Span
    depth: int
    x: float
    width: float
    place: int
    is_failed: bool


def rows(trace: Trace) -> list[Row]:
    """The spans of a trace, each parent right before its children."""
    whole = max(trace.duration_ms, 0.001)
    return [_row(span, whole) for span in trace.spans]


def ticks(trace: Trace, *, count: int = 4) -> list[float]:
    """The milliseconds of the scale above the bars, equally far apart."""
    return [trace.duration_ms * n / count for n in range(count + 1)]


def services(trace: Trace) -> list[str]:
    """The services that took part, in the order in which they did."""
    return list(dict.fromkeys(span.service for span in trace.spans if span.service))


def _row(span: Span, whole: float) -> Row:
    x = min(WIDTH * span.offset_ms / whole, WIDTH - _THINNEST)
    return Row(
        span=span,
        depth=min(span.depth, _DEEPEST),
        x=round(x, 2),
        width=round(max(_THINNEST, min(WIDTH * span.duration_ms / whole, WIDTH - x)), 2),
        place=_KINDS.get(span.op.split(".")[0], 1),
        is_failed=span.status.lower() not in _FINE,
    )
