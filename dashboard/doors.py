"""The way from a point of a chart to its evidence. A chart over time that has some adds one line to `EVIDENCE`, one by
name to `NAMED`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.charted import hosts
from dashboard.charts import Figure
from dashboard.presenters import rates
from dashboard.state import State
from events.models import Project, Release


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the events of a bucket are listed. `series` is the parameter there that takes the name of a series,
    `kept` are parameters of the chart that narrow the list too, `fixed` those it always has; `narrowed` names another
    page for when the chart is about one thing: parameter -> its page, with the value in its path when `in_path`."""

    url_name: str
    series: str = ""
    kept: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    narrowed: Mapping[str, str] = field(default_factory=dict)
    in_path: str = ""


_REQUESTS = Evidence("dashboard:performance", kept=("route", "release"), narrowed={"route": "dashboard:endpoint"})
_QUERY = Evidence("dashboard:queries", kept=("query",), narrowed={"query": "dashboard:query"}, in_path="query")

EVIDENCE: dict[str, Evidence] = {
    "errors": Evidence("dashboard:event-list", series="level"),
    "crash_free": Evidence("dashboard:event-list", kept=("release",), fixed={"handled": "no"}),
    "issue_trend": Evidence("dashboard:event-list", kept=("issue",)),
    "throughput": _REQUESTS,
    "failures": _REQUESTS,
    "latency": _REQUESTS,
    "latency_heatmap": _REQUESTS,
    "query_runs": _QUERY,
    "query_duration": _QUERY,
    "vital_trend": Evidence("dashboard:vitals", kept=("metric", "p", "device")),
    "vital_heatmap": Evidence("dashboard:vitals", kept=("metric", "device")),
    "web_vitals": Evidence("dashboard:vitals", kept=("device",)),
    "log_volume": Evidence("dashboard:logs", kept=("query",)),
    "security": Evidence("dashboard:security", kept=("kind",)),
    **dict.fromkeys(hosts.CHARTS, Evidence("dashboard:resources")),
}


def _endpoints(project: Project, routes: Sequence[str], state: State) -> list[str]:
    return [rates.endpoint_url(project, "" if route == "(no route)" else route, state=state) for route in routes]


def _releases(project: Project, versions: Sequence[str], state: State) -> list[str]:
    known = set(Release.objects.filter(project=project, version__in=versions).values_list("version", flat=True))
    query = f"?{state.query}" if state.query else ""
    return [
        reverse("dashboard:release", args=[project.slug, version]) + query if version in known else ""
        for version in versions
    ]


NAMED: dict[str, Callable[[Project, Sequence[str], State], list[str]]] = {
    "slowest_endpoints": _endpoints,
    "latency_by_release": _releases,
}
"""Chart -> the addresses of what its rows are named after; empty for one that has none."""


@dataclass(frozen=True, slots=True)
class Door:
    """Addresses by row and column of a figure's table: `url` + the query of the series + the span of the row, or
    `rows`, one a row."""

    url: str = ""
    series: Mapping[str, str] = field(default_factory=dict)
    spans: list[tuple[str, str]] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def to(self, row: int, column: str = "") -> str:
        """The evidence of one row, or of one of its series."""
        if self.rows:
            return self.rows[row]
        start, end = self.spans[row]
        more = f"&{self.series[column]}" if self.series.get(column) else ""
        return f"{self.url}{urlencode({'from': start, 'to': end})}{more}"

    def as_dict(self) -> dict[str, Any]:
        return {"url": self.url, "series": dict(self.series), "spans": self.spans, "rows": self.rows}


def of(project: Project, name: str, figure: Figure, *, state: State, parameters: Mapping[str, str]) -> Door | None:
    """The door of the figure of the chart `name`; None when it has no evidence."""
    if name in NAMED:
        rows = NAMED[name](project, [row[0] for row in figure.rows], state)
        return Door(rows=rows) if any(rows) else None
    evidence = EVIDENCE.get(name)
    if evidence is None or figure.layout.get("xaxis", {}).get("type") != "date" or not figure.data:
        return None
    starts = figure.data[0]["x"]
    spans = list(zip(starts, [*starts[1:], figure.layout["xaxis"]["range"][1]], strict=True))
    if len(spans) != len(figure.rows):
        return None
    kept = {key: parameters[key] for key in evidence.kept if parameters.get(key)}
    asked = {key: value for key, value in kept.items() if key != evidence.in_path}
    query = urlencode({**({"env": state.environment} if state.environment else {}), **evidence.fixed, **asked})
    series = {column: urlencode({evidence.series: column}) for column in figure.columns[1:]} if evidence.series else {}
    narrowed = next((name for name in evidence.narrowed if kept.get(name)), "")
    url_name = evidence.narrowed.get(narrowed, evidence.url_name)
    inner = [kept[narrowed]] if narrowed and narrowed == evidence.in_path else []
    return Door(f"{reverse(url_name, args=[project.slug, *inner])}?{query}{'&' if query else ''}", series, spans)


def cells(figure: Figure, door: Door | None) -> list[list[tuple[Any, str]]]:
    """The table of the figure as (value, address of its evidence); the address is empty where there is none."""
    if door is None:
        return [[(value, "") for value in row] for row in figure.rows]
    return [
        [
            (value, door.to(place, column) if not index or (value and not door.rows) else "")
            for index, (column, value) in enumerate(zip(figure.columns, row, strict=True))
        ]
        for place, row in enumerate(figure.rows)
    ]
