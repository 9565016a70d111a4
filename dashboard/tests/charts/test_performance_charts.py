"""Figures of performance are what plotly takes, and carry no markup from outside."""

from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest
from django.test import Client

from analytics.questions.performance.endpoint_detail import Bar
from analytics.questions.performance.latency_by_release import Box
from dashboard.charts import duration_figures, figures
from dashboard.tests import hostile
from dashboard.tests import populated_performance as populated
from events.models import Project

START = datetime(2026, 11, 23, tzinfo=UTC)
HOURS = [START + timedelta(hours=n) for n in range(3)]
END = START + timedelta(hours=3)


def drawn() -> dict[str, figures.Figure]:
    bands = duration_figures.bands((10, 100, 2000))
    boxes = [Box(name, 9, 1.0, 2.0, 3.0, 4.0, 5.0) for name in (hostile.XSS[0], "", "x" * 40 + "1", "x" * 40 + "2")]
    return {
        "heatmap": duration_figures.heatmap(
            HOURS, bands, [(0, 1, 2, 0), (0, 0, 5, 0), (0, 0, 0, 0)], noun="requests", end=END
        ),
        "boxes": duration_figures.boxes(boxes),
        "histogram": duration_figures.histogram([Bar(1, 1.2, 4), Bar(1.2, 1.5, 0), Bar(1.5, 1.8, 1)], noun="requests"),
        "thresholds": duration_figures.thresholds(
            figures.lines(HOURS, {"LCP": [1.0, None, 3.0]}, noun="LCP", end=END), 2500.0, 4000.0
        ),
        "nothing": duration_figures.heatmap([], bands, [], noun="requests", end=END),
        "no boxes": duration_figures.boxes([]),
        "no bars": duration_figures.histogram([], noun="requests"),
    }


@pytest.mark.parametrize("name", drawn())
def test_a_figure_follows_the_schema_and_holds_no_markup(name: str) -> None:
    figure = drawn()[name]
    go.Figure(data=figure.data, layout=figure.layout)
    assert "<script" not in str(figure.data) + str(figure.layout)
    assert figure.layout.get("xaxis") is not figure.layout.get("yaxis")
    assert all(len(row) == len(figure.columns) for row in figure.rows)
    assert figure.sentence.endswith(".")
    assert figure.is_empty == name.startswith("no")


def test_a_heatmap_leaves_out_bands_of_nothing_at_the_ends() -> None:
    figure = drawn()["heatmap"]
    assert figure.data[0]["y"] == ["10 ms – 100 ms", "100 ms – 2.0 s"]
    assert figure.rows[1] == ["2026-11-23 01:00", 0, 5]
    assert figure.sentence == "8 requests, most of them 100 ms – 2.0 s."


def test_names_that_look_the_same_once_cut_stay_apart() -> None:
    names = drawn()["boxes"].data[0]["x"]
    assert len(names) == len(set(names)) == 4
    histogram = drawn()["histogram"].data[0]["x"]
    assert len(histogram) == len(set(histogram)) == 3


@pytest.mark.parametrize("name", populated.CHARTS)
def test_every_chart_says_when_there_is_nothing(as_alice: Client, project: Project, name: str) -> None:
    answer = as_alice.get(f"/p/web/charts/{name}.json", {"route": "nowhere\x00"})
    assert answer.status_code == (404 if name.startswith("query_") else 200)
    assert answer.status_code == 404 or answer.json()["empty"] is True


@pytest.mark.parametrize("query", ["is:unresolved", '"open', "level:nonsense"])
def test_a_search_that_is_wrong_has_no_chart(as_alice: Client, project: Project, query: str) -> None:
    assert as_alice.get("/p/web/charts/log_volume.json", {"query": query}).status_code == 404
