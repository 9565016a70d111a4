"""Searching traces: each thing that can be asked finds what has it and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.traces.trace_list import FAILED, OK, SIZE, SLOWEST, Asked, service_names, trace_list
from analytics.tests import facts
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
HOUR, MS = timedelta(hours=1), timedelta(milliseconds=1)
DAY = Period(NOW - 24 * HOUR, NOW)


def span(trace: str, own: str, *, parent: str | None = None, at: float = 0, ms: float = 10, **more: Any) -> Any:
    return {"trace_id": trace * 32, "span_id": own * 16, "parent_span_id": parent and parent * 16, "name": own,
            "at": NOW - HOUR + at * MS, "duration_ms": ms, **more}  # fmt: skip


@pytest.fixture
def stored(project: Any) -> Any:
    """`a` pays and fails below, `b` searches slowly elsewhere, `c` has no root any more."""
    facts.store(
        project, "spans",
        span("a", "b", parent="a", at=5, ms=200, service="stock", status="internal_error", op="db",
             attributes={"db.system": "postgresql", "100%": "50_50"}),
        span("a", "a", ms=100, service="web", route="POST /pay", op="http.server", status="ok"),
        span("b", "a", at=1000, ms=900, service="web", route="GET /search", status="ok", environment="staging"),
        span("c", "c", parent="f", at=2000, ms=5, name="orphan"),
        span("d", "a", at=-30 * 24 * 3600e3, ms=5, route="POST /pay"),
    )  # fmt: skip
    return project


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Asked(), "cba"),
        (Asked(route="pay"), "a"),
        (Asked(route="POST *pay"), "a"),
        (Asked(route="post /PAY"), "a"),
        (Asked(route="orphan"), "c"),
        (Asked(route="%"), ""),
        (Asked(service="web"), "ba"),
        (Asked(service="st*"), "a"),
        (Asked(service="st"), ""),
        (Asked(outcome=FAILED), "a"),
        (Asked(outcome=OK), "cb"),
        # From the first beginning to the last end: `b` of `a` outlives it.
        (Asked(least_ms=205), "ba"),
        (Asked(least_ms=206), "b"),
        (Asked(most_ms=205), "ca"),
        (Asked(least_ms=10, most_ms=300), "a"),
        (Asked(attribute="db.system"), "a"),
        (Asked(attribute="db.system", value="POSTGRES*"), "a"),
        (Asked(attribute="db.system", value="mysql"), ""),
        (Asked(attribute="100%", value="50_50"), "a"),
        (Asked(attribute="100%", value="50x50"), ""),
        (Asked(route="pay", outcome=OK), ""),
        (Asked(attribute="'; DROP TABLE spans; --", value="\\"), ""),
    ],
)
def test_what_is_asked_is_found(stored: Any, asked: Asked, found: str) -> None:
    assert [row.trace_id[0] for row in trace_list(stored, period=DAY, asked=asked).rows] == list(found)


def test_a_trace_is_called_after_its_root(stored: Any) -> None:
    row = trace_list(stored, period=DAY, asked=Asked(route="pay")).rows[0]
    assert (row.name, row.route, row.service, row.op) == ("a", "POST /pay", "web", "http.server")
    assert (row.spans, row.failed, row.services, row.duration_ms) == (2, 1, 2, 205)
    assert trace_list(stored, period=DAY, asked=Asked(route="orphan")).rows[0].route == ""


def test_order_environment_and_services(stored: Any) -> None:
    assert [r.trace_id[0] for r in trace_list(stored, period=DAY, asked=Asked(), order=SLOWEST).rows] == list("bac")
    assert [r.trace_id[0] for r in trace_list(stored, period=DAY, asked=Asked(), environment="staging").rows] == ["b"]
    assert service_names(stored, period=DAY) == ["web", "stock"]


def test_pages_follow_each_other(project: Any) -> None:
    facts.store(project, "spans", *({**span("a", "a", at=n), "trace_id": f"{n:032x}"} for n in range(SIZE + 3)))
    first, second = (trace_list(project, period=DAY, asked=Asked(), page=page) for page in (1, 2))
    assert (len(first.rows), first.has_more, len(second.rows), second.has_more) == (SIZE, True, 3, False)
    assert not {row.trace_id for row in first.rows} & {row.trace_id for row in second.rows}
