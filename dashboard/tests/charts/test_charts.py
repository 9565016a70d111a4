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
DEPLOY = {"at": HOURS[2], "label": hostile.XSS[0]}


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
            HOURS, {hostile.XSS[0]: [1.5, None, 2, 3], "p95": [2, 2, 2, 2]}, noun="Latency", end=END, suffix=" ms"
        ),
        figures.ranked_bars(list(hostile.XSS[:3]), [5, 3, 1], noun="events"),
    ]


@pytest.mark.parametrize("figure", drawn(), ids=["bars", "lines", "ranked"])
def test_a_figure_follows_the_schema_and_holds_no_markup(figure: figures.Figure) -> None:
    go.Figure(data=figure.data, layout=figure.layout)
    assert "<script" not in str(figure.data) + str(figure.layout)
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
