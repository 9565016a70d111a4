"""What a trace waited for, and where nothing ran: tables of traces as people draw them."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.questions.traces import critical_path
from analytics.questions.traces.trace import Span, waterfall
from events.tests.cast import NOW

MS = timedelta(milliseconds=1)


def spans(*drawn: tuple[str, str | None, float, float]) -> tuple[Span, ...]:
    """(name, caller, beginning, end) as a waterfall."""
    return waterfall([
        {"span_id": name, "parent_span_id": parent, "at": NOW + start * MS, "duration_ms": end - start,
         "service": name[0]}
        for name, parent, start, end in drawn
    ])  # fmt: skip


def told(found: Any) -> dict[str, list[tuple[float, float]]]:
    return {name: [(one.start, one.end) for one in parts] for name, parts in found.items()}


@pytest.mark.parametrize(
    ("drawn", "path"),
    [
        ([], {}),
        ([("r", None, 0, 10)], {"r": [(0, 10)]}),
        # One after another: all of it is waited for, and what is between them is the caller's own.
        (
            [("r", None, 0, 100), ("a", "r", 10, 40), ("b", "r", 60, 100)],
            {"r": [(0, 10), (40, 60)], "a": [(10, 40)], "b": [(60, 100)]},
        ),
        # Side by side: the shorter one costs nothing.
        ([("r", None, 0, 100), ("a", "r", 10, 50), ("b", "r", 10, 90)], {"r": [(0, 10), (90, 100)], "b": [(10, 90)]}),
        # Jaeger's: a child that still ran when the next one began was not what that one waited for.
        ([("r", None, 0, 100), ("a", "r", 0, 70), ("b", "r", 50, 100)], {"r": [(0, 50)], "b": [(50, 100)]}),
        # What goes on after its caller ends with it, and what begins after it counts for nothing.
        ([("r", None, 0, 50), ("a", "r", 20, 90), ("b", "r", 60, 70)], {"r": [(0, 20)], "a": [(20, 50)]}),
        # Down to the leaves.
        (
            [("r", None, 0, 100), ("a", "r", 10, 90), ("b", "a", 20, 30), ("c", "a", 40, 90)],
            {"r": [(0, 10), (90, 100)], "a": [(10, 20), (30, 40)], "b": [(20, 30)], "c": [(40, 90)]},
        ),
        # Two roots: the longer one is the trace.
        ([("r", None, 0, 10), ("q", None, 20, 100)], {"q": [(20, 100)]}),
        # Of no length, and a circle.
        ([("r", None, 0, 10), ("a", "r", 5, 5)], {"r": [(0, 10)]}),
        ([("x", "y", 0, 10), ("y", "x", 2, 8)], {"x": [(0, 2), (8, 10)], "y": [(2, 8)]}),
    ],
)
def test_the_critical_path(drawn: Any, path: Any) -> None:
    found = critical_path.critical_path(spans(*drawn))
    assert told(found) == path
    if drawn:
        roots = [one.duration_ms for one in spans(*drawn) if one.depth == 0]
        assert sum(part.length for parts in found.values() for part in parts) == pytest.approx(max(roots))


def test_a_deep_trace_needs_no_deep_stack() -> None:
    deep = spans(("0", None, 0, 4000), *((str(n), str(n - 1), n, 4000 - n) for n in range(1, 1900)))
    assert len(critical_path.critical_path(deep)) == 1900


@pytest.mark.parametrize(
    ("drawn", "gaps"),
    [
        ([], {}),
        # A leaf works by itself: that is no gap.
        ([("r", None, 0, 100)], {}),
        (
            [("r", None, 0, 100), ("a", "r", 20, 40), ("b", "r", 30, 50), ("c", "r", 52, 100)],
            {"r": [(0, 20)]},
        ),
        ([("r", None, 0, 100), ("a", "r", 0, 60)], {"r": [(60, 100)]}),
        # Children outside of their caller cover nothing of it.
        ([("r", None, 0, 100), ("a", "r", 0, 50), ("b", "r", 110, 200)], {"r": [(50, 100)]}),
        # Below five milliseconds, or a twentieth of the trace, nobody needs to look.
        ([("r", None, 0, 8), ("a", "r", 0, 4)], {}),
        ([("r", None, 0, 1000), ("a", "r", 49, 1000)], {}),
        ([("r", None, 0, 1000), ("a", "r", 51, 1000)], {"r": [(0, 51)]}),
    ],
)
def test_gaps(drawn: Any, gaps: Any) -> None:
    assert told(critical_path.gaps(spans(*drawn))) == gaps


def test_lanes_say_when_each_service_was_busy() -> None:
    found = critical_path.lanes(
        spans(("web", None, 0, 100), ("api", "web", 10, 30), ("api2", "web", 20, 50), ("api3", "web", 60, 70))
    )
    assert [(one.service, one.spans, one.busy_ms) for one in found] == [("w", 1, 100.0), ("a", 3, 50.0)]
    assert [(part.start, part.end) for part in found[1].busy] == [(10, 50), (60, 70)]
