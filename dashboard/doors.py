"""The way from a point of a chart to its evidence. A chart over time that has some adds one line to `EVIDENCE`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.charted import hosts
from dashboard.charts import Figure
from dashboard.state import State
from events.models import Project


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the events of a bucket are listed. `series` is the parameter there that takes the name of a series,
    `kept` are parameters of the chart that narrow the list too, `fixed` those it always has; `narrowed` names another
    page for when the chart is about one thing: parameter -> its page."""

    url_name: str
    series: str = ""
    kept: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    narrowed: Mapping[str, str] = field(default_factory=dict)


_REQUESTS = Evidence("dashboard:performance", kept=("route", "release"), narrowed={"route": "dashboard:endpoint"})

EVIDENCE: dict[str, Evidence] = {
    "errors": Evidence("dashboard:event-list", series="level"),
    "crash_free": Evidence("dashboard:event-list", kept=("release",), fixed={"handled": "no"}),
    "issue_trend": Evidence("dashboard:event-list", kept=("issue",)),
    "throughput": _REQUESTS,
    "failures": _REQUESTS,
    "latency": _REQUESTS,
    "vital_trend": Evidence("dashboard:vitals", kept=("metric", "p", "device")),
    "log_volume": Evidence("dashboard:logs", kept=("query",)),
    "security": Evidence("dashboard:security", kept=("kind",)),
    **dict.fromkeys(hosts.CHARTS, Evidence("dashboard:resources")),
}


@dataclass(frozen=True, slots=True)
class Door:
    """Addresses by row and column of a figure's table: `url` + the query of the series + the span of the row."""

    url: str
    series: Mapping[str, str]
    spans: list[tuple[str, str]]

    def to(self, row: int, column: str = "") -> str:
        """The evidence of one row, or of one of its series."""
        start, end = self.spans[row]
        more = f"&{self.series[column]}" if self.series.get(column) else ""
        return f"{self.url}{urlencode({'from': start, 'to': end})}{more}"

    def as_dict(self) -> dict[str, Any]:
        return {"url": self.url, "series": dict(self.series), "spans": self.spans}


def of(project: Project, name: str, figure: Figure, *, state: State, parameters: Mapping[str, str]) -> Door | None:
    """The door of the figure of the chart `name`; None when it has no evidence by time."""
    evidence = EVIDENCE.get(name)
    if evidence is None or figure.layout.get("xaxis", {}).get("type") != "date" or not figure.data:
        return None
    starts = figure.data[0]["x"]
    spans = list(zip(starts, [*starts[1:], figure.layout["xaxis"]["range"][1]], strict=True))
    if len(spans) != len(figure.rows):
        return None
    kept = {key: parameters[key] for key in evidence.kept if parameters.get(key)}
    query = urlencode({**({"env": state.environment} if state.environment else {}), **evidence.fixed, **kept})
    series = {column: urlencode({evidence.series: column}) for column in figure.columns[1:]} if evidence.series else {}
    url_name = next((page for name, page in evidence.narrowed.items() if kept.get(name)), evidence.url_name)
    return Door(f"{reverse(url_name, args=[project.slug])}?{query}{'&' if query else ''}", series, spans)


def cells(figure: Figure, door: Door | None) -> list[list[tuple[Any, str]]]:
    """The table of the figure as (value, address of its evidence); the address is empty where there is none."""
    if door is None:
        return [[(value, "") for value in row] for row in figure.rows]
    return [
        [
            (value, door.to(place, column) if value or not index else "")
            for index, (column, value) in enumerate(zip(figure.columns, row, strict=True))
        ]
        for place, row in enumerate(figure.rows)
    ]
