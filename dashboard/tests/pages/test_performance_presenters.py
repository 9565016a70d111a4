"""Numbers of performance in words: changes, bands, waterfalls, hosts."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.hosts.hosts import Hosts, Reading
from analytics.questions.performance.endpoints import Endpoint
from analytics.questions.performance.request_rates import Durations
from analytics.questions.traces.trace import Trace
from analytics.questions.traces.trace import waterfall as ordered
from analytics.questions.vitals.vitals import RouteVital
from analytics.statistics.baselines import Baseline, previous
from analytics.statistics.comparisons import Comparison
from dashboard.charts import evidence_rows
from dashboard.exports import csv_tables
from dashboard.frame import comparison, measures, state, vital_formatting
from dashboard.pages.hosts import gauges
from dashboard.pages.performance import rates
from dashboard.pages.traces import waterfall
from dashboard.pages.vitals import vital_cards
from events.models import Project
from events.tests.cast import NOW

DAY = state.parse({}, now=NOW)
PERIOD = Period(DAY.start, DAY.end)
BEFORE = comparison.in_words(previous(PERIOD), DAY)
SAME = Comparison(100, 100, -1, 1, 90, 90)
RELEASE = comparison.in_words(Baseline(PERIOD, PERIOD.previous(), "1.4.2"), DAY)


@pytest.mark.parametrize(
    ("comparison", "sign", "said", "tone"),
    [
        (Comparison(110, 100, 5, 15, 900, 900), "↑", "+10 % vs previous 24\u00a0h", "bad"),
        (Comparison(80, 100, -25, -15, 900, 900), "↓", "−20 % vs previous 24\u00a0h", "good"),
        (Comparison(110, 100, -5, 25, 900, 900), "≈", "vs previous 24\u00a0h", ""),
        (Comparison(200, 100, 50, 150, 9, 900), "", "too few samples vs previous 24\u00a0h (9 of 50)", ""),
        (Comparison(5, None, None, None, 9, 0), "", "none in the previous 24\u00a0h", ""),
        (Comparison(None, None, None, None, 0, 0), "", "nothing in this period", ""),
        (None, "", "nothing in this period", ""),
    ],
)
def test_a_change_is_said_with_its_confidence(comparison: Comparison | None, sign: str, said: str, tone: str) -> None:
    found = measures.change(comparison, against=BEFORE)
    assert (found.sign, found.words, found.tone) == (sign, said, tone)


def test_all_of_a_change_is_in_its_sentence() -> None:
    worse = measures.change(Comparison(110, 100, 5, 15, 900, 900), against=BEFORE)
    assert worse.sentence == ("+10 % vs previous 24\u00a0h, clearly worse: up 10% (95 % interval 5% to 15%)")
    same = measures.change(Comparison(110, 100, -5, 25, 900, 900), against=BEFORE)
    assert same.sentence == "+10 % vs previous 24\u00a0h, no clear change"
    busier = measures.change(Comparison(110, 100, 5, 15, 900, 900), against=BEFORE, is_neutral=True)
    assert (busier.sign, busier.tone, "clearly" in busier.sentence) == ("↑", "", False)


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        (Comparison(110, 100, 5, 15, 900, 900), "+10 % since 1.4.2"),
        (Comparison(5, None, None, None, 9, 0), "none before 1.4.2"),
        (Comparison(None, 5, None, None, 0, 9), "nothing since 1.4.2"),
    ],
)
def test_a_change_names_the_release_it_came_with(comparison: Comparison, said: str) -> None:
    assert measures.change(comparison, against=RELEASE).words == said


def test_an_endpoint_says_what_else_changed_clearly(project: Project) -> None:
    def row(rate: Comparison, failures: Comparison) -> list[tuple[str, str, str, str]]:
        durations = Durations(1.0, 2.0, 3.0, 4.0)
        endpoint = Endpoint("GET /", 90, 1.5, durations, 0.1, 0.5, (1, 2), SAME, rate, failures)
        [made] = rates.endpoints(project, [endpoint], state=DAY, against=RELEASE)
        return [(what, said.sign, said.words, said.tone) for what, said in made.changes]

    same = ("p95", "≈", "since 1.4.2", "")
    assert row(SAME, SAME) == [same]
    more, worse = Comparison(200, 100, 50, 150, 900, 900), Comparison(0.2, 0.1, 0.05, 0.15, 900, 900)
    assert row(more, worse) == [
        same, ("errors", "↑", "+100 % since 1.4.2", "bad"), ("requests", "↑", "+100 % since 1.4.2", ""),
    ]  # fmt: skip


def test_a_period_between_two_dates_is_compared_with_the_one_before_it() -> None:
    dates = state.parse({"from": "2026-11-01", "to": "2026-11-08"}, now=NOW)
    assert comparison.in_words(previous(PERIOD), dates).than == "vs period before"


@pytest.mark.parametrize(
    ("metric", "value", "said"),
    [
        ("LCP", 2374.0, "2.37 s"),
        ("LCP", 412.4, "412 ms"),
        ("CLS", 0.094, "0.094"),
        ("CLS", 0.0, "0"),
        ("CLS", 0.1, "0.1"),
        ("INP", None, "–"),
        ("LCP", 25_000.0, "25.0 s"),
    ],
)
def test_vitals_have_their_units(metric: str, value: float | None, said: str) -> None:
    assert vital_formatting.said(metric, value) == said


def test_routes_stand_in_three_bands_and_few_samples_apart() -> None:
    routes = [
        RouteVital("/a", 90, 9000, "poor", 0.1, SAME),
        RouteVital("/b", 90, 900, "good", 1.0, SAME),
        RouteVital("/c", 3, 9, "", 1, SAME),
    ]
    found = vital_cards.of("LCP", routes, against=BEFORE)
    assert [(band.title, len(band.routes)) for band in found] == [
        ("Poor", 1),
        ("Needs improvement", 0),
        ("Good", 1),
        ("Too few samples", 1),
    ]
    assert [band.title for band in vital_cards.of("LCP", routes[:2], against=BEFORE)] == [
        "Poor",
        "Needs improvement",
        "Good",
    ]


def test_shares_fill_a_bar() -> None:
    assert [(one.fill, one.x, one.width) for one in vital_cards.segments((0.5, 0.3, 0.2))] == [
        ("good", 0.0, 50.0),
        ("needs", 50.0, 30.0),
        ("poor", 80.0, 20.0),
    ]
    assert [one.fill for one in vital_cards.segments((1.0, 0.0, 0.0))] == ["good"]


def span(name: str, parent: str | None, offset: float, ms: float, **columns: Any) -> dict[str, Any]:
    return {
        "span_id": name,
        "parent_span_id": parent,
        "at": NOW + timedelta(milliseconds=offset),
        "duration_ms": ms,
        **columns,
    }


def test_bars_stay_inside_the_picture() -> None:
    spans = ordered([span("a", None, 0, 100), span("b", "a", 50, 50), span("c", "b", 100, 0), span("d", "d", 10, 1e9)])
    found = waterfall.rows(Trace("t", NOW, 100.0, spans, (), (), is_cut=False))
    assert all(row.x >= 0 and row.width >= 2 and row.x + row.width <= waterfall.WIDTH + 0.01 for row in found)
    assert [row.depth for row in found[:3]] == [0, 1, 2]
    assert waterfall.rows(Trace("t", None, 0.0, (), (), (), is_cut=False)) == []


@pytest.mark.parametrize(
    ("status", "is_failed"), [("ok", False), ("", False), ("unset", False), ("internal_error", True), ("error", True)]
)
def test_a_status_that_is_not_fine_is_marked(status: str, is_failed: bool) -> None:
    [row] = waterfall.rows(Trace("t", NOW, 5.0, ordered([span("a", None, 0, 5, status=status)]), (), (), is_cut=False))
    assert row.is_failed is is_failed


def reading(name: str, last: float, *, part: str = "", host: str = "h", resource: str = "cpu") -> Reading:
    return Reading(resource, host, name, part, (None, last), last, last, last)


def test_parts_of_a_host_add_up_and_disks_show_the_fullest() -> None:
    cpu, disk = "system.cpu.utilization", "system.filesystem.utilization"
    found = Hosts(
        (NOW, NOW),
        timedelta(minutes=1),
        ("h",),
        (
            reading(cpu, 0.2, part="user"),
            reading(cpu, 0.1, part="system"),
            reading(cpu, 0.7, part="idle"),
            reading(disk, 0.5, part="/", resource="disk"),
            reading(disk, 0.8, part="/data", resource="disk"),
        ),
    )
    [(host, latest)] = gauges.latest(found)
    assert (host, latest[:3]) == ("h", [30.0, None, 80.0])
    assert gauges.trends(found, "cpu") == {"h": [None, 30.0]}


@pytest.mark.parametrize(
    ("named", "asked", "expected"),
    [
        (["1.1", "1.0", "0.9"], ("", ""), ("1.1", "1.0")),
        (["1.0", "1.1"], ("", ""), ("1.1", "1.0")),
        (["1.1", "1.0", "0.9"], ("0.9", "1.1"), ("0.9", "1.1")),
        (["1.1", "1.0"], ("1.1", "1.1"), ("1.1", "1.0")),
        (["1.1"], ("1.1", ""), None),
        ([], ("x", "y"), None),
    ],
)
def test_two_releases_are_chosen(named: list[str], asked: tuple[str, str], expected: tuple[str, str] | None) -> None:
    assert rates.pair(named, *asked) == expected


@pytest.mark.parametrize(
    ("text", "is_id"),
    [("a" * 32, True), ("A" * 32, True), ("a" * 16, True), ("", False), ("z" * 32, False), ("a" * 33, False)],
)
def test_what_can_be_a_trace_is_told(text: str, is_id: bool) -> None:
    assert evidence_rows.is_trace_id(text) is is_id


@pytest.mark.parametrize(
    "text", ["", "x", "2026-11-23", "9999-12-31T00:00:00+00:00", "0001-01-01T00:00:00Z", "\x00", "2026-02-30T00:00:00Z"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert evidence_rows.moment(text) is None


def test_a_streamed_table_is_the_whole_table() -> None:
    rows = [[n, "=1+1" if n == 150 else "a\nb"] for n in range(250)]
    assert "".join(csv_tables.csv_stream(["n", "text"], rows)) == csv_tables.csv_text(["n", "text"], rows)
    assert "".join(csv_tables.csv_stream(["n"], [])) == "n\r\n"
