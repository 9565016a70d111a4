"""Every chart of performance is drawn from a day of facts, as a figure that plotly takes."""

from typing import Any

import plotly.graph_objects as go
import pytest
from django.test import Client

from dashboard.tests import populated_performance as populated

PARAMETERS = {"query": f"{3:016x}", "route": populated.ROUTES[0]}
ASKED = {"funnel": {"steps": "/basket\npay"}}


@pytest.mark.parametrize("name", populated.CHARTS)
def test_every_chart_is_drawn_from_facts(as_alice: Client, name: str) -> None:
    asked = ASKED.get(name) or ({"query": PARAMETERS["query"]} if name.startswith("query_") else {"route": ""})
    of_vitals = {"device": "mobile"} if "vital" in name else {}  # of others no device is known here
    for query in (
        asked,
        {**asked, "cmp": "prev", "env": "production", "metric": "CLS", "p": "p95", **of_vitals},
    ):
        found = as_alice.get(f"/p/web/charts/{name}.json", query).json()
        go.Figure(data=found["data"], layout=found["layout"])
        assert found["empty"] is False
        assert "<script" not in str(found["data"]) + str(found["layout"])
    assert as_alice.get(f"/p/web/charts/{name}.csv", asked).status_code == 200
    assert as_alice.get(f"/p/web/charts/{name}/", asked).status_code == 200


def test_series_of_routes_are_kept_apart(as_alice: Client) -> None:
    whole = as_alice.get("/p/web/charts/throughput.json").json()
    one = as_alice.get("/p/web/charts/throughput.json", {"route": PARAMETERS["route"]}).json()
    assert _total(whole) == 400
    assert _total(one) == 100


def _total(figure: dict[str, Any]) -> float:
    return sum(sum(row[1:]) for row in figure["rows"])
