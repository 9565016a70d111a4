"""The way from a point of a chart to its evidence, as the chart declares it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.charts.figures import Figure
from dashboard.charts.registry import CHARTS
from dashboard.frame.state import State
from events.models import Project


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses by row and column of a figure's table: `url` + the query of the series + the span of the row, or
    `rows`, one a row; columns `without` tell of another time, so nothing in this span is their evidence."""

    url: str = ""
    series: Mapping[str, str] = field(default_factory=dict)
    spans: list[tuple[str, str]] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    without: Collection[str] = ()

    def to(self, row: int, column: str = "") -> str:
        """The evidence of one row, or of one of its series."""
        if self.rows:
            return self.rows[row]
        start, end = self.spans[row]
        more = f"&{self.series[column]}" if self.series.get(column) else ""
        return f"{self.url}{urlencode({'from': start, 'to': end})}{more}"

    def has(self, column: str) -> bool:
        """Whether the values of a column, beside its row, have evidence of their own."""
        return not self.rows and column not in self.without

    def as_dict(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "series": dict(self.series),
            "spans": self.spans,
            "rows": self.rows,
            "without": list(self.without),
        }


def of(project: Project, name: str, figure: Figure, *, state: State, parameters: Mapping[str, str]) -> Links | None:
    """The links of the figure of the chart `name`; None when it has no evidence."""
    chart = CHARTS[name]
    if chart.named is not None:
        rows = chart.named(project, [row[0] for row in figure.rows], state)
        return Links(rows=rows) if any(rows) else None
    evidence = chart.evidence
    if evidence is None or figure.layout.get("xaxis", {}).get("type") != "date" or not figure.data or not figure.rows:
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
    url = f"{reverse(url_name, args=[project.slug, *inner])}?{query}{'&' if query else ''}"
    return Links(url, series, spans, without=figure.earlier)


def cells(figure: Figure, links: Links | None) -> list[list[tuple[Any, str]]]:
    """The table of the figure as (value, address of its evidence); the address is empty where there is none."""
    if links is None:
        return [[(value, "") for value in row] for row in figure.rows]
    return [
        [
            (value, links.to(place, column) if not index or (value and links.has(column)) else "")
            for index, (column, value) in enumerate(zip(figure.columns, row, strict=True))
        ]
        for place, row in enumerate(figure.rows)
    ]
