"""Figures are what plotly takes, say what they show, and carry no markup from outside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import pytest

from dashboard.charts import figures, sparklines
from dashboard.exports import csv_tables
from dashboard.frame import formatting
from dashboard.tests import hostile

START = datetime(2026, 11, 23, tzinfo=UTC)
HOURS = [START + timedelta(hours=n) for n in range(4)]
END = START + timedelta(hours=4)
DEPLOY = figures.Marker("deploy", HOURS[2], hostile.XSS[0], (hostile.XSS[1],), "/p/web/releases/1/")


def drawn() -> list[figures.Figure]:
    return [
        figures.stacked_bars(
            HOURS,
            {"error": [1, 2, 0, 4], "fatal": [0, 1, 0, 0], "info": [0] * 4},
            colours=figures.LEVELS,
            noun="errors",
            end=END,
            markers=[DEPLOY],
        ),
        figures.lines(
            HOURS, {hostile.XSS[0]: [1.5, None, 2, 3], "p95": [2, 2, 2, 2]}, noun="Latency", end=END, unit="ms"
        ),
        figures.ranked_bars(list(hostile.XSS[:3]), [5, 3, 1], noun="events"),
    ]


@pytest.mark.parametrize("figure", drawn(), ids=["bars", "lines", "ranked"])
def test_a_figure_follows_the_schema_and_holds_no_markup(figure: figures.Figure) -> None:
    go.Figure(data=figure.data, layout=figure.layout)
    assert "<script" not in str(figure.data) + str(figure.layout) + str(figure.as_dict()["markers"])
    assert figure.layout.get("xaxis") is not figure.layout.get("yaxis")
    assert all(len(row) == len(figure.columns) for row in figure.rows)
    assert figure.sentence.endswith(".")


def test_series_of_nothing_are_left_out_and_the_rest_adds_up() -> None:
    figure = drawn()[0]
    assert [trace["name"] for trace in figure.data] == ["error", "fatal"]
    assert figure.sentence == "8 errors, most of them error (7)."
    assert figure.rows[1] == ["2026-11-23 01:00", 2, 1]


@pytest.mark.parametrize("series", [{}, {"error": [0, 0, 0, 0]}])
def test_nothing_is_said_to_be_nothing(series: dict[str, Any]) -> None:
    figure = figures.stacked_bars(HOURS, series, colours={}, noun="errors", end=END)
    assert figure.is_empty
    assert figure.sentence == "No errors in this period."


def test_spreadsheets_run_nothing() -> None:
    text = csv_tables.csv_text(["=A1", "n"], [["=cmd|'/c calc'!A0", -1], ["+1", 2], ["@x", 3], ["plain", 4]])
    assert text.splitlines() == ["'=A1,n", "'=cmd|'/c calc'!A0,-1", "'+1,2", "'@x,3", "plain,4"]


def test_sparklines_stay_inside_their_box() -> None:
    points = [tuple(map(float, point.split(","))) for point in sparklines.line([3, 1, 4, 1, 5]).split()]
    assert all(0 <= x <= 100 and 0 <= y <= 24 for x, y in points)
    assert sparklines.line([1]) == ""
    assert all(y >= 0 and y + h <= 24.01 for _, y, _, h in sparklines.bars([0, 1, 1000]))
    assert sparklines.bars([]) == []
    assert sparklines.outline(sparklines.bars([0, 2])) == "M50.0 0.0h49.4v24.0h-49.4z"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (formatting.compact(999), "999"),
        (formatting.compact(12_400), "12.4 k"),
        (formatting.compact(2_500_000), "2.5 M"),
        (formatting.compact(999_960), "1.0 M"),
        (formatting.compact(999.7), "1.0 k"),
        (formatting.compact(None), "–"),
        (formatting.percent(0.99996), "99.99 %"),
        (formatting.percent(1.0), "100.00 %"),
        (formatting.percent(None), "–"),
        (formatting.size(1_500), "1.5 kB"),
        (formatting.duration(412), "412 ms"),
        (formatting.duration(2_100), "2.1 s"),
        (formatting.ago(None, now=END), "never"),
        (formatting.ago(END - timedelta(hours=3), now=END), "3 h ago"),
        (formatting.ago(END, now=END), "just now"),
    ],
)
def test_numbers_read_well(said: str, expected: str) -> None:
    assert said == expected


def test_a_value_without_neighbours_is_a_dot() -> None:
    figure = figures.lines(HOURS, {"p95": [1, None, 2, 3]}, noun="Latency", end=END)
    assert figure.data[0]["marker"]["size"] == [5, 0, 0, 0]


def test_the_period_before_is_named_beside_and_quiet() -> None:
    bars = figures.stacked_bars(
        HOURS, {"error": [1, 2, 0, 4]}, colours={}, noun="errors", end=END, before=[3, 1], earlier="previous 4 h"
    )
    lines = figures.lines(
        HOURS, {"p50": [1, 1, 1, 1], "p95": [2, 2, 2, 2]}, noun="Duration", end=END, unit="ms",
        before={"p95": [3, None, 3, 3, 9]}, earlier="previous 4 h",
    )  # fmt: skip
    for figure, name, of in ((bars, "previous 4 h", ""), (lines, "p95, previous 4 h", "p95")):
        trace = figure.data[-1]
        assert (trace["name"], trace["meta"]) == (name, {"series": figures.COMPARED, "of": of})
        assert figure.earlier == (name,)
        assert figure.columns[-1] == name
        assert all(len(row) == len(figure.columns) for row in figure.rows)
    assert bars.rows[2][-1] is None  # not known is no zero
    assert len(lines.data[-1]["y"]) == len(HOURS)


def test_a_last_bucket_that_is_not_over_is_said_and_marked() -> None:
    counts: dict[str, Any] = {"views": [1, 2, 3, 4]}
    made = figures.lines(HOURS, counts, noun="In the last step", end=END, unit="count", is_unfinished=True)
    assert (made.as_dict()["unfinished"], made.sentence) == (True, "In the last step, which is not over: views 4.")
    over = figures.lines(HOURS, counts, noun="In the last step", end=END, unit="count")
    assert (over.as_dict()["unfinished"], over.sentence) == (False, "In the last step: views 4.")
    bars = figures.stacked_bars(HOURS, counts, colours={}, noun="views", end=END, is_unfinished=True)
    assert bars.as_dict()["unfinished"]


def test_a_count_says_how_long_its_buckets_are() -> None:
    bars = figures.stacked_bars(HOURS, {"error": [1, 2, 0, 4]}, colours={}, noun="errors", end=END)
    assert (bars.unit, bars.step) == ("count", "hour")
    assert figures.lines(HOURS, {"p50": [1, 1, 1, 1]}, noun="Duration", end=END, unit="ms").step == ""


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=10), "10 s"),
        (timedelta(minutes=1), "min"),
        (timedelta(minutes=15), "15 min"),
        (timedelta(hours=1), "hour"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=1), "day"),
        (timedelta(days=7), "week"),
        (timedelta(days=30), "30 d"),
        (timedelta(0), "0 s"),
    ],
)
def test_buckets_have_names(length: timedelta, said: str) -> None:
    assert formatting.span(length) == said


@pytest.mark.parametrize(
    ("per_minute", "said"),
    [
        (None, "–"),
        (0, "0"),
        (0.0486, "70 a day"),
        (0.0001, "0.1 a day"),
        (0.02, "29 a day"),
        (0.2, "12 an hour"),
        (0.567, "34 an hour"),
        (1.0, "1 a min"),
        (12_400, "12.4 k a min"),
    ],
)
def test_rates_are_said_with_numbers_that_people_can_picture(per_minute: float | None, said: str) -> None:
    assert formatting.rate(per_minute) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "ms", "–"),
        (116.8, "ms", "117 ms"),
        (0.423, "ms", "0.423 ms"),
        (2140, "ms", "2.1 s"),
        (1204, "count", "1,204"),
        (99.996, "%", "99.99 %"),
        (100, "%", "100 %"),
        (0.004, "%", "0.004 %"),
        (2.5, "%", "2.5 %"),
        (327.9, "MB", "327.9 MB"),
        (0.83, "×", "0.83 ×"),
        (12_400, "", "12.4 k"),
    ],
)
def test_a_value_has_its_unit_once(value: float | None, unit: str, said: str) -> None:
    assert formatting.measured(value, unit) == said


def test_strangers_see_the_deploys_alone() -> None:
    flag = figures.Marker("flag", HOURS[1], "new-basket", ("Flag new-basket", "by Ada"), "/p/web/flags/1/")
    figure = figures.lines(HOURS, {"p95": [1, 2, 3, 4]}, noun="Latency", end=END, markers=[flag, DEPLOY])
    assert [marker["kind"] for marker in figure.as_dict()["markers"]] == ["flag", "deploy"]
    [shared] = figure.for_strangers().as_dict()["markers"]
    assert (shared["kind"], shared["lines"], shared["url"]) == ("deploy", [], "")
