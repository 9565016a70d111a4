"""The waterfall of a trace, the readings of hosts, the security events."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.hosts.hosts import hosts, resource_of
from analytics.questions.security.security_events import security_events
from analytics.questions.traces.trace import trace, waterfall
from analytics.tests import facts
from events.tests import rows
from events.tests.cast import NOW

HOUR, MS = timedelta(hours=1), timedelta(milliseconds=1)
DAY = Period(NOW - 24 * HOUR, NOW + HOUR)


def span(name: str, parent: str | None = None, *, at: float = 0, ms: float = 10) -> dict[str, Any]:
    return {"span_id": name, "parent_span_id": parent, "at": NOW + at * MS, "duration_ms": ms, "name": name, "op": "x"}


def shape(*spans: dict[str, Any]) -> list[tuple[str, int, float, float]]:
    return [(one.span_id, one.depth, one.offset_ms, one.self_ms) for one in waterfall(spans)]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ((), []),
        (
            (span("b", "root", at=60, ms=20), span("root", ms=100), span("a", "root", at=10, ms=40),
             span("c", "a", at=20, ms=5)),
            [("root", 0, 0, 40), ("a", 1, 10, 35), ("c", 2, 20, 5), ("b", 1, 60, 20)],
        ),
        # Children that ran side by side count once; one that outlives its parent counts up to its end.
        (
            (span("r", ms=100), span("a", "r", ms=60), span("b", "r", at=30, ms=200)),
            [("r", 0, 0, 0), ("a", 1, 0, 60), ("b", 1, 30, 200)],
        ),
        ((span("lost", "gone"),), [("lost", 0, 0, 10)]),
        ((span("x", "y"), span("y", "x", at=1)), [("x", 0, 0, 0), ("y", 1, 1, 10)]),
        ((span("self", "self"),), [("self", 0, 0, 10)]),
    ],
)  # fmt: skip
def test_the_waterfall(spans: Any, expected: Any) -> None:
    found = shape(*spans)
    assert [line[:3] for line in found] == [line[:3] for line in expected]
    if len(spans) != 2:
        assert [line[3] for line in found] == [line[3] for line in expected]


def test_a_deep_trace_needs_no_deep_stack() -> None:
    spans = [span("0"), *(span(str(n), str(n - 1), at=n) for n in range(1, 3000))]
    assert [one.depth for one in waterfall(spans)] == list(range(3000))


@pytest.mark.django_db
def test_a_trace_comes_with_its_errors_and_logs(project: Any) -> None:
    name = "cd" * 16
    facts.store(
        project, "spans", {**span("a" * 16), "trace_id": name}, {**span("b" * 16, "a" * 16), "trace_id": "ee" * 16}
    )
    facts.store(project, "errors", rows.error(1, trace_id=name, type="KeyError"), rows.error(2))
    facts.store(project, "logs", facts.log("hello", trace_id=name), facts.log("other"))
    found = trace(project, trace_id=name.upper(), period=DAY)
    assert ([one.name for one in found.spans], found.duration_ms, found.is_cut) == (["a" * 16], 10, False)
    assert ([one.type for one in found.errors], [one.body for one in found.logs]) == (["KeyError"], ["hello"])
    assert trace(project, trace_id="00" * 16, period=DAY).spans == ()


@pytest.mark.django_db
def test_readings_are_grouped_by_resource_host_and_part(project: Any) -> None:
    facts.filled(
        project, "metrics",
        *(
            facts.reading("system.cpu.utilization", 0.2 + n / 10, at=NOW - n * HOUR, attributes={"cpu.mode": "user"})
            for n in range(3)
        ),
        facts.reading("system.memory.usage", 7e9, host="web-2", attributes={"state": "used"}),
        facts.reading("cart.value", 12.0),
        {"at": NOW, "name": "process.cpu.time", "type": "histogram", "host": "web-1", "count": 4, "sum": 8.0},
    )  # fmt: skip
    found = hosts(project, period=DAY, now=NOW)
    assert found.hosts == ("web-1", "web-2")
    cpu, memory, process = found.readings
    assert (cpu.resource, cpu.part, cpu.last) == ("cpu", "user", pytest.approx(0.2))
    assert cpu.mean == pytest.approx(0.3)
    assert cpu.highest == pytest.approx(0.4, rel=0.01)
    assert (memory.host, memory.part, memory.mean) == ("web-2", "used", 7e9)
    assert (process.name, process.mean) == ("process.cpu.time", 2.0)
    assert [one.host for one in hosts(project, period=DAY, now=NOW, host="web-2").readings] == ["web-2"]


def test_the_longest_beginning_names_the_resource() -> None:
    assert resource_of("system.cpu.load_average.1m") == "load"
    assert (resource_of("system.cpu.time"), resource_of("load"), resource_of("cart.value")) == ("cpu", "load", "")


@pytest.mark.django_db
def test_security_events_are_counted_by_kind_and_grouped(project: Any) -> None:
    facts.filled(
        project, "security",
        {"at": NOW, "kind": "csp", "directive": "img-src", "blocked_host": "evil.example", "quantity": 3},
        {"at": NOW, "kind": "csp", "directive": "img-src", "blocked_host": "evil.example"},
        {"at": NOW - HOUR, "kind": "login_failed", "reason": "password", "address": "u_1"},
    )  # fmt: skip
    found = security_events(project, period=DAY, now=NOW)
    assert {kind: sum(counts) for kind, counts in found.kinds.items()} == {"csp": 4, "login_failed": 1}
    assert [(line.subject, line.count) for line in found.lines] == [("img-src evil.example", 4), ("", 1)]
    assert set(security_events(project, period=DAY, now=NOW, kind="csp").kinds) == {"csp"}
