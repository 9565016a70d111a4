"""Traces, log lines, hosts and security events, out of the facts."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.queries import hosts, log_lines, log_volume, security_events, trace
from events import search
from events.models import Project
from events.tests.cast import NOW
from events.tests.rows import hexed, store

DAY = Period(NOW - timedelta(days=1), NOW)


def log(n: int, body: str = "hello", **columns: Any) -> dict[str, Any]:
    return {
        "at": NOW - timedelta(minutes=n),
        "log_id": f"{hexed(n)}0000",
        "body": body,
        "level": "info",
        "service": "web",
        "environment": "production",
        **columns,
    }


def found(project: Project, query: str, **options: Any) -> list[str]:
    page = log_lines.log_lines(project, search=search.parse(query, now=NOW), period=DAY, **options)
    return [line.body for line in page.lines]


@pytest.fixture
def logs(project: Project) -> Project:
    store(
        project,
        log(1, "paid 100%_sure", level="error", trace_id="a" * 32, attributes={"order": "7", "level": "gold"}),
        log(2, "Paid again", logger="shop.pay", attributes={"order": "8"}),
        log(3, "login", level="warning", service="auth", environment="staging"),
        fact="logs",
    )
    return project


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["paid 100%_sure", "Paid again", "login"]),
        ("paid", ["paid 100%_sure", "Paid again"]),
        ('"100%_s"', ["paid 100%_sure"]),
        ("%", ["paid 100%_sure"]),
        ("!paid", ["login"]),
        ("level:[error, warning]", ["paid 100%_sure", "login"]),
        ("!level:error", ["Paid again", "login"]),
        ("order:8", ["Paid again"]),
        ("!order:8", ["paid 100%_sure", "login"]),
        ("has:order", ["paid 100%_sure", "Paid again"]),
        ("!has:logger", ["paid 100%_sure", "login"]),
        ("service:AUTH", ["login"]),
        ("logger:shop.*", ["Paid again"]),
        (f"trace:{'a' * 32}", ["paid 100%_sure"]),
        ("message:pai*in", ["Paid again"]),
        ("tags[level]:gold", ["paid 100%_sure"]),
    ],
)
def test_a_search_finds_lines(logs: Project, query: str, expected: list[str]) -> None:
    assert found(logs, query) == expected


@pytest.mark.parametrize("query", ["is:unresolved", "timesSeen:>3", "firstSeen:-24h"])
def test_terms_of_issues_are_refused_with_a_reason(logs: Project, query: str) -> None:
    with pytest.raises(search.SearchError, match="Log lines have no state"):
        found(logs, query)


def test_lines_are_paged_by_position_and_kept_to_the_environment(logs: Project) -> None:
    everything = search.parse("", now=NOW)
    first = log_lines.log_lines(logs, search=everything, period=DAY, size=2)
    rest = log_lines.log_lines(logs, search=everything, period=DAY, size=2, before=first.older)
    assert [line.body for line in rest.lines] == ["login"]
    assert rest.older is None
    assert found(logs, "", environment="staging") == ["login"]
    assert [line.body for line in log_lines.exported(logs, search=everything, period=DAY, most=1)] == ["paid 100%_sure"]
    since = NOW - timedelta(seconds=90)
    assert log_lines.count_since(logs, search=everything, since=since, until=NOW) == 1


def test_around_a_line_stand_those_of_its_own_service(project: Project) -> None:
    store(project, *(log(n, f"line {n}", service=("web", "auth")[n % 2]) for n in range(9)), fact="logs")
    around = log_lines.around(project, f"{hexed(4)}0000", at=NOW - timedelta(minutes=4), size=1)
    assert [line.body for line in around] == ["line 6", "line 4", "line 2"]
    assert log_lines.around(project, "0" * 36) == ()


def test_volume_adds_up_by_level(logs: Project) -> None:
    volume = log_volume.log_volume(logs, search=search.parse("", now=NOW), period=DAY)
    assert {level: sum(counts) for level, counts in volume.levels.items()} == {"error": 1, "info": 1, "warning": 1}


def span(name: str, *, parent: str | None = None, ms: float = 10, **columns: Any) -> dict[str, Any]:
    return {
        "at": NOW,
        "trace_id": "b" * 32,
        "span_id": name * 16,
        "parent_span_id": parent,
        "name": name,
        "duration_ms": ms,
        "attributes": {"k": "v"},
        **columns,
    }


def test_a_trace_joins_spans_errors_and_lines(project: Project) -> None:
    store(project, span("a", ms=1), span("a", ms=50), span("c", parent="a" * 16), fact="spans")
    store(
        project, {"at": NOW, "event_id": hexed(1), "group_hash": hexed("g"), "trace_id": "b" * 32, "type": "KeyError"}
    )
    store(project, log(1, "in it", trace_id="b" * 32), log(2, "not in it"), fact="logs")
    for around in (None, NOW):
        one = trace.trace(project, "B" * 32, around=around)
        assert [(s.span_id[0], s.duration_ms, s.attributes) for s in one.spans] == [
            ("a", 50, {"k": "v"}),
            ("c", 10, {"k": "v"}),
        ]
        assert (one.span_count, [e.type for e in one.errors], [line.body for line in one.logs]) == (
            2,
            ["KeyError"],
            ["in it"],
        )
    assert len(trace.trace(project, "b" * 32, most=1).spans) == 1
    assert trace.trace(project, "c" * 32).is_empty
    assert trace.trace(project, "b" * 32, around=NOW - timedelta(days=9)).is_empty


def reading(name: str, value: float, *, minute: int = 1, host: str = "h", **attributes: str) -> dict[str, Any]:
    return {"at": NOW - timedelta(minutes=minute), "name": name, "value": value, "host": host, "attributes": attributes}


def test_parts_of_a_host_add_up_and_readings_are_averaged(project: Project) -> None:
    cpu = "system.cpu.utilization"
    store(
        project,
        *(reading(cpu, v, state=s, cpu=c) for s, v in (("user", 0.2), ("system", 0.1), ("idle", 0.7)) for c in "01"),
        reading(cpu, 0.9, host="busy", **{"cpu.mode": "user"}),
        *(reading("system.filesystem.utilization", v, mountpoint=m) for m, v in (("/", 0.5), ("/data", 0.8))),
        reading("process.memory.usage", 2e8),
        fact="metrics",
    )
    trend = hosts.host_trend(project, "cpu", period=DAY)
    assert {host: [v for v in values if v is not None] for host, values in trend.hosts.items()} == {
        "busy": [pytest.approx(90)],
        "h": [pytest.approx(30)],
    }
    listed = {host.host: host.latest for host in hosts.hosts(project, period=DAY)}
    assert listed["h"] == pytest.approx({"cpu": 30, "disk": 80, "process_memory": 200})
    assert hosts.hosts(project, period=DAY, environment="none") == ()


def test_security_events_count_by_quantity(project: Project, now: datetime) -> None:
    rows = [
        {
            "at": NOW - timedelta(hours=1),
            "kind": "csp",
            "directive": "img-src",
            "blocked_host": "x.example",
            "quantity": 4,
        },
        {"at": NOW - timedelta(hours=2), "kind": "csp", "directive": "img-src", "blocked_host": "x.example"},
        {"at": NOW - timedelta(hours=2), "kind": "login_failed", "reason": "password", "quantity": 2},
    ]
    store(project, *rows, fact="security")
    assert security_events.security_trend(project, period=DAY).totals == {"csp": 5, "login_failed": 2}
    first, second = security_events.security_findings(project, period=DAY)
    assert (first.kind, first.what, first.blocked, first.count) == ("csp", "img-src", "x.example", 5)
    assert (second.what, second.count) == ("password", 2)
    assert len(security_events.security_findings(project, period=DAY, kind="csp")) == 1
