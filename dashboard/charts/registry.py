"""The charts there are, by name. The pages declare them and register them when the server starts."""

from collections.abc import Mapping

from dashboard.charts.definition import Chart

CHARTS: dict[str, Chart] = {}


def register(charts: Mapping[str, Chart]) -> None:
    """Adds charts by their names; raises ValueError for a name that two charts want."""
    for name, chart in charts.items():
        if CHARTS.setdefault(name, chart) is not chart:
            raise ValueError(f"Two charts are named {name}.")
