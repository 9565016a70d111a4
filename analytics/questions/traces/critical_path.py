"""What a trace waited for, where nothing that was measured ran, and when each service was busy. Pure.

The critical path is Jaeger's: from the end of the longest root backwards, always into the child that ended last before
the moment reached; what no child covers is the span's own. Children that outlive their caller end with it here. So the
stretches of a path lie one after another and last as long as the root: shortening any of them shortens the trace, and
shortening anything else does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.questions.traces.trace import Span

# A wait is worth a word from this part of the trace's duration on, and from this many milliseconds.
GAP_SHARE = 0.05
GAP_LEAST_MS = 5.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end`, both in milliseconds from the trace's start."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Lane:
    """A service: when at least one of its spans ran, for how long in all, and how many spans it has."""

    service: str
    busy: tuple[Stretch, ...]
    spans: int

    @property
    def busy_ms(self) -> float:
        return sum(one.length for one in self.busy)


def critical_path(spans: Sequence[Span]) -> Mapping[str, tuple[Stretch, ...]]:
    """Return the stretches of the path by span id, each span's own in order of time; spans off the path are missing.

    `spans` are in the order of a waterfall, each caller before what it called.
    """
    roots = [span for span in spans if span.depth == 0]
    if not roots:
        return {}
    below = _below(spans)
    root = max(roots, key=lambda span: (span.duration_ms, -span.offset_ms))
    found: dict[str, list[Stretch]] = {}
    waiting = [(root, root.offset_ms, root.offset_ms + root.duration_ms)]
    while waiting:
        span, low, high = waiting.pop()
        reached = high
        for child in sorted(below.get(span.span_id, ()), key=_end, reverse=True):
            start, end = max(child.offset_ms, low), min(_end(child), high)
            if end <= start or end > reached:
                continue
            _add(found, span, end, reached)
            waiting.append((child, start, end))
            reached = start
        _add(found, span, low, reached)
    return {span_id: tuple(sorted(own, key=lambda one: one.start)) for span_id, own in found.items()}


def gaps(spans: Sequence[Span]) -> Mapping[str, tuple[Stretch, ...]]:
    """Return, by id of a span that called others, the stretches in which none of those ran and that are long enough.

    There the span worked by itself, or waited for something that nobody measured.
    """
    whole = max((_end(span) for span in spans), default=0.0) - min((span.offset_ms for span in spans), default=0.0)
    least = max(GAP_LEAST_MS, whole * GAP_SHARE)
    below = _below(spans)
    found: dict[str, tuple[Stretch, ...]] = {}
    for span in spans:
        if span.span_id in below:
            own = _uncovered(span, merged(below[span.span_id]))
            if long := tuple(one for one in own if one.length >= least):
                found[span.span_id] = long
    return found


def lanes(spans: Sequence[Span]) -> list[Lane]:
    """Return a lane for each service, in the order in which they began; spans without one share the lane `""`."""
    of_service: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.offset_ms):
        of_service.setdefault(span.service, []).append(span)
    return [Lane(service, merged(own), len(own)) for service, own in of_service.items()]


def merged(spans: Sequence[Span]) -> tuple[Stretch, ...]:
    """Return the stretches in which at least one of the spans ran."""
    found: list[Stretch] = []
    for span in sorted(spans, key=lambda span: span.offset_ms):
        if found and span.offset_ms <= found[-1].end:
            found[-1] = Stretch(found[-1].start, max(found[-1].end, _end(span)))
        else:
            found.append(Stretch(span.offset_ms, _end(span)))
    return tuple(found)


def _below(spans: Sequence[Span]) -> dict[str, list[Span]]:
    """The children of each span that has any, by the depths of the waterfall, which knows no circles."""
    found: dict[str, list[Span]] = {}
    way: list[Span] = []
    for span in spans:
        del way[span.depth :]
        if way:
            found.setdefault(way[-1].span_id, []).append(span)
        way.append(span)
    return found


def _uncovered(span: Span, busy: Sequence[Stretch]) -> list[Stretch]:
    reached, found = span.offset_ms, []
    for one in busy:
        if one.start >= _end(span):
            break
        if one.start > reached:
            found.append(Stretch(reached, one.start))
        reached = max(reached, one.end)
    if reached < _end(span):
        found.append(Stretch(reached, _end(span)))
    return found


def _add(found: dict[str, list[Stretch]], span: Span, start: float, end: float) -> None:
    if end > start:
        found.setdefault(span.span_id, []).append(Stretch(start, end))


def _end(span: Span) -> float:
    return span.offset_ms + span.duration_ms
