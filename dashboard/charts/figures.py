"""Figures as plain dicts, from rows to what plotly.js draws. Pure; no colours: the page puts its theme's in.

A series names its colour by place (`meta: {"series": 1}` is the theme's first); text from events goes through `label`,
since plotly reads some HTML in labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.frame import formatting
from dashboard.frame.formatting import measured

LEVELS = {"fatal": 6, "error": 5, "warning": 4, "info": 2, "debug": 3}
"""Level -> its place in the theme's series colours, which lists and badges take too (signs.css)."""

NOT_OVER = ", which is not over"
COMPARED = 0
"""The place of what is compared with: the quiet colour of the theme, never one of the series'."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened: a line across the chart with a `label`, a card of `lines`, and where a click leads.

    `kind` is deploy, flag or incident; strangers see the deploys alone, without card and way.
    """

    kind: str
    at: datetime
    label: str
    lines: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a card draws and says. `columns` and `rows` are its table; `sentence` is the chart in words.

    `unit` is what its values are in, as `formatting.measured` knows it; `step` is how long a bucket of a count is, in
    words. `earlier` names the columns that tell of the period before. `fill` is the line that fills an empty chart.
    `is_unfinished` says that the last bucket of a count is not over: it is drawn paler, or dashed, and said where the
    pointer is.
    """

    data: list[dict[str, Any]]
    layout: dict[str, Any]
    sentence: str
    columns: list[str]
    rows: list[list[Any]]
    is_empty: bool = False
    unit: str = ""
    noun: str = ""
    step: str = ""
    earlier: tuple[str, ...] = ()
    markers: tuple[Marker, ...] = ()
    fill: str = ""
    is_unfinished: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "data": self.data,
            "layout": self.layout,
            "sentence": self.sentence,
            "columns": self.columns,
            "rows": self.rows,
            "empty": self.is_empty,
            "unit": self.unit,
            "noun": self.noun,
            "step": self.step,
            "fill": self.fill,
            "unfinished": self.is_unfinished,
            "markers": [
                {
                    "kind": marker.kind,
                    "at": stamp(marker.at),
                    "label": label(marker.label, limit=24),
                    "lines": [label(line, limit=80) for line in marker.lines],
                    "url": marker.url,
                }
                for marker in self.markers
            ],
        }

    def saying(self, *more: str) -> Figure:
        """The figure with more sentences."""
        return replace(self, sentence=" ".join((self.sentence, *more)))

    def for_strangers(self) -> Figure:
        """The figure with its deploys alone, without what their cards tell of people and the pages they lead to."""
        shown = (Marker(one.kind, one.at, one.label) for one in self.markers if one.kind == "deploy")
        return replace(self, markers=tuple(shown), fill="")


def label(text: object, *, limit: int = 60) -> str:
    """Text from outside as a plotly label: no pseudo-HTML, bounded."""
    words = " ".join(str(text).split())
    words = words if len(words) <= limit else f"{words[: limit - 1]}…"
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def layout(*, start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    """The layout of a chart over time."""
    return {
        # Two axes, two objects: plotly changes them in place.
        "xaxis": {"type": "date", "range": [stamp(start), stamp(end)], "showgrid": False},
        "yaxis": {"rangemode": "tozero", "fixedrange": True},
        "showlegend": False,
        "shapes": [],
        **more,
    }


def stacked_bars(
    buckets: Sequence[datetime],
    series: Mapping[str, Sequence[float]],
    *,
    colours: Mapping[str, int],
    noun: str,
    end: datetime,
    markers: Sequence[Marker] = (),
    before: Sequence[float] = (),
    earlier: str = "period before",
    is_unfinished: bool = False,
) -> Figure:
    """One bar a bucket, one colour a series, stacked in the order given; series of zeros only are left out.

    `before` are the totals of the period before, drawn as a dotted line named `earlier`; an unfinished last bucket is
    paler.
    """
    shown = {name: list(counts) for name, counts in series.items() if any(counts)}
    x = [stamp(bucket) for bucket in buckets]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": label(name),
            "x": list(x),
            "y": counts,
            "meta": {"series": colours.get(name, i % 6 + 1)},
        }
        for i, (name, counts) in enumerate(shown.items())
    ]
    if is_unfinished and buckets:
        for trace in data:
            trace["marker"] = {"opacity": [1.0] * (len(buckets) - 1) + [0.45]}
    then = [*before[: len(x)], *[None] * (len(x) - len(before))] if any(before) else []
    if then:
        data.append(_before(x, then, name=earlier, of=""))
    total = sum(sum(counts) for counts in shown.values())
    columns: list[Sequence[Any]] = [*shown.values(), *([then] if then else [])]
    return Figure(
        data=data,
        layout=layout(start=buckets[0] if buckets else end, end=end, barmode="stack", bargap=0.08),
        sentence=_sentence(total, noun, shown),
        columns=["Time (UTC)", *shown, *([earlier] if then else [])],
        rows=_rows(buckets, columns),
        is_empty=total == 0,
        unit="count",
        noun=noun,
        step=_step(buckets, end),
        earlier=(earlier,) if then else (),
        markers=tuple(markers),
        is_unfinished=is_unfinished and bool(buckets),
    )


def lines(
    buckets: Sequence[datetime],
    series: Mapping[str, Sequence[float | None]],
    *,
    noun: str,
    end: datetime,
    unit: str = "",
    markers: Sequence[Marker] = (),
    before: Mapping[str, Sequence[float | None]] | None = None,
    earlier: str = "period before",
    is_unfinished: bool = False,
) -> Figure:
    """One line a series that has any value; None is a gap. Dashes tell series apart without colour.

    `before` are lines of the period before, by the series that they are compared with; the way to an unfinished last
    bucket is dotted.
    """
    series = {name: values for name, values in series.items() if any(value is not None for value in values)}
    dashes = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    x = [stamp(bucket) for bucket in buckets]
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": label(name),
            "x": list(x),
            "y": list(values),
            "connectgaps": False,
            "marker": {"size": [5 if alone else 0 for alone in _alone(values)]},
            "meta": {"series": i % 6 + 1},
            "line": {"width": 1.8, "dash": dashes[i % 6]},
        }
        for i, (name, values) in enumerate(series.items())
    ]
    then: dict[str, list[float | None]] = {}
    for of, values in (before or {}).items():
        if of in series and any(value is not None for value in values):
            name = f"{of}, {earlier}" if len(series) > 1 else earlier
            then[name] = [*values[: len(x)], *[None] * (len(x) - len(values))]
            data.append(_before(x, then[name], name=name, of=label(of)))
    figure = layout(start=buckets[0] if buckets else end, end=end)
    last = {name: next((v for v in reversed(values) if v is not None), None) for name, values in series.items()}
    said = ", ".join(f"{name} {measured(value, unit)}" for name, value in last.items() if value is not None)
    return Figure(
        data=data,
        layout=figure,
        sentence=f"{noun}{NOT_OVER if is_unfinished else ''}: {said}." if said else f"{noun}: nothing yet.",
        columns=["Time (UTC)", *series, *then],
        rows=_rows(buckets, [*series.values(), *then.values()]),
        is_empty=not said,
        unit=unit,
        noun=noun,
        step=_step(buckets, end) if unit == "count" else "",
        earlier=tuple(then),
        markers=tuple(markers),
        is_unfinished=is_unfinished and bool(said),
    )


def _before(x: Sequence[str], values: Sequence[float | None], *, name: str, of: str) -> dict[str, Any]:
    """The line of the period before: quiet, dotted, and known as what it is compared with (`of`; empty: the total)."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label(name),
        "x": list(x),
        "y": list(values),
        "connectgaps": False,
        "line": {"width": 1.5, "dash": "dot"},
        "meta": {"series": COMPARED, "of": of},
    }


def _rows(buckets: Sequence[datetime], columns: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[f"{bucket:%Y-%m-%d %H:%M}", *(values[i] for values in columns)] for i, bucket in enumerate(buckets)]


def _step(buckets: Sequence[datetime], end: datetime) -> str:
    """How long a bucket is: `15 min`, `hour`, `3 h`, `day`."""
    if not buckets:
        return ""
    return formatting.span((buckets[1] if len(buckets) > 1 else end) - buckets[0])


def _alone(values: Sequence[float | None]) -> list[bool]:
    """Which values have no neighbour, so that no line would show them."""
    around = [None, *values, None]
    return [around[i] is None and around[i + 2] is None and value is not None for i, value in enumerate(values)]


def ranked_bars(names: Sequence[str], counts: Sequence[float], *, noun: str, unit: str = "count") -> Figure:
    """Lying bars, the longest on top."""
    shown = [label(name, limit=40) for name in names]
    # Two names may look the same once cut; plotly would draw them in one place.
    shown = [name if shown.index(name) == place else f"{name} ({place + 1})" for place, name in enumerate(shown)]
    return Figure(
        data=[{"type": "bar", "orientation": "h", "x": list(counts), "y": shown, "meta": {"series": 1}}],
        layout={
            "xaxis": {"rangemode": "tozero", "fixedrange": True},
            "yaxis": {"autorange": "reversed", "type": "category", "automargin": True, "fixedrange": True},
            "showlegend": False,
        },
        sentence=_sentence(sum(counts), noun, dict(zip(names, [[c] for c in counts], strict=True))),
        columns=["Name", noun.capitalize()],
        rows=[[name, count] for name, count in zip(names, counts, strict=True)],
        is_empty=not any(counts),
        unit=unit,
        noun=noun,
    )


def _sentence(total: float, noun: str, series: Mapping[str, Sequence[float]]) -> str:
    if not total:
        return f"No {noun} in this period."
    most = max(series, key=lambda name: sum(series[name]))
    of_most = f", most of them {most} ({sum(series[most]):,.10g})" if len(series) > 1 else ""
    return f"{total:,.10g} {noun}{of_most}."
