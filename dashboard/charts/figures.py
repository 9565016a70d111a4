"""Figures as plain dicts, from rows to what plotly.js draws. Pure; no colours: the page puts its theme's in.

A series names its colour by place (`meta: {"series": 1}` is the theme's first); text from events goes through `label`,
since plotly reads some HTML in labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

LEVELS = {"fatal": 6, "error": 5, "warning": 4, "info": 2, "debug": 3}
"""Level -> its place in the theme's series colours, which lists and badges take too (signs.css)."""


_LABELS = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """What a card draws and says. `table` has a header row and rows; `sentence` is the chart in words."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]
    sentence: str
    columns: list[str]
    rows: list[list[Any]]
    is_empty: bool = False
    keys: list[tuple[str, int]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "data": self.data,
            "layout": self.layout,
            "sentence": self.sentence,
            "columns": self.columns,
            "rows": self.rows,
            "empty": self.is_empty,
            "keys": [list(key) for key in self.keys],
        }

    def saying(self, *more: str) -> Figure:
        """The figure with more sentences."""
        return replace(self, sentence=" ".join((self.sentence, *more)))

    def for_strangers(self) -> Figure:
        """The figure without what its notes tell of people, and without the pages they lead to."""
        private = {"hovertext", "captureevents", "name"}
        notes = [
            {name: value for name, value in note.items() if name not in private}
            for note in self.layout.get("annotations", ())
        ]
        return replace(self, layout={**self.layout, "annotations": notes}) if notes else self


def label(text: object, *, limit: int = 60) -> str:
    """Text from outside as a plotly label: no pseudo-HTML, bounded."""
    words = " ".join(str(text).split())
    words = words if len(words) <= limit else f"{words[: limit - 1]}…"
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def layout(*, start: datetime, end: datetime, markers: Sequence[Mapping[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """The layout of a chart over time. `markers` are deploys, dotted lines: `{"at": datetime, "label": str}`, with
    `hover` (lines of text) and `url` where more is known.

    The newest have labels too, of which the page shows as many as fit into its width.
    """
    shapes = [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": stamp(m["at"]),
            "x1": stamp(m["at"]),
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": "dot"},
            "name": "deploy",
        }
        for m in markers[:50]
    ]
    notes = [
        {
            "x": stamp(m["at"]),
            "y": 1,
            "xref": "x",
            "yref": "paper",
            "text": label(m["label"], limit=18),
            "showarrow": False,
            "xanchor": "left",
            "yanchor": "top",
            "font": {"size": 10},
            # A name is the one property of a note that plotly hands back untouched: where a click leads.
            **({"captureevents": True, "name": m["url"]} if m.get("url") else {}),
            **({"hovertext": "<br>".join(label(line, limit=80) for line in m["hover"])} if m.get("hover") else {}),
        }
        for m in markers[-_LABELS:]
    ]
    return {
        # Two axes, two objects: plotly changes them in place.
        "xaxis": {"type": "date", "range": [stamp(start), stamp(end)], "showgrid": False},
        "yaxis": {"rangemode": "tozero", "fixedrange": True},
        "showlegend": False,
        "shapes": shapes,
        "annotations": notes,
        **more,
    }


def stacked_bars(
    buckets: Sequence[datetime],
    series: Mapping[str, Sequence[float]],
    *,
    colours: Mapping[str, int],
    noun: str,
    end: datetime,
    markers: Sequence[Mapping[str, Any]] = (),
    before: Sequence[float] = (),
    is_unfinished: bool = False,
) -> Figure:
    """One bar a bucket, one colour a series, stacked in the order given; series of zeros only are left out.

    `before` are the totals of the period before, drawn as a dotted line; an unfinished last bucket is paler.
    """
    shown = {name: list(counts) for name, counts in series.items() if any(counts)}
    x = [stamp(bucket) for bucket in buckets]
    data = [
        {
            "type": "bar",
            "name": label(name),
            "x": list(x),
            "y": counts,
            "meta": {"series": colours.get(name, i + 1)},
            "hovertemplate": f"%{{y}} {label(name)}<extra></extra>",
        }
        for i, (name, counts) in enumerate(shown.items())
    ]
    if is_unfinished and buckets:
        for trace in data:
            trace["marker"] = {"opacity": [1.0] * (len(buckets) - 1) + [0.45]}
    if any(before):
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "period before",
                "x": list(x),
                "y": list(before[: len(x)]),
                "line": {"width": 1.5, "dash": "dot"},
                "meta": {"series": 6},
                "hovertemplate": "%{y} before<extra></extra>",
            }
        )
    total = sum(sum(counts) for counts in shown.values())
    start = buckets[0] if buckets else end
    return Figure(
        data=data,
        layout=layout(start=start, end=end, markers=markers, barmode="stack", bargap=0.08),
        sentence=_sentence(total, noun, shown),
        columns=["Time (UTC)", *shown],
        rows=[
            [f"{bucket:%Y-%m-%d %H:%M}", *(counts[i] for counts in shown.values())] for i, bucket in enumerate(buckets)
        ],
        is_empty=total == 0,
        keys=[(name, colours.get(name, i + 1)) for i, name in enumerate(shown)],
    )


def lines(
    buckets: Sequence[datetime],
    series: Mapping[str, Sequence[float | None]],
    *,
    noun: str,
    end: datetime,
    suffix: str = "",
    markers: Sequence[Mapping[str, Any]] = (),
) -> Figure:
    """One line a series that has any value; None is a gap. Dashes tell series apart without colour."""
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
            "hovertemplate": f"%{{y}}{suffix} {label(name)}<extra></extra>",
        }
        for i, (name, values) in enumerate(series.items())
    ]
    figure = layout(start=buckets[0] if buckets else end, end=end, markers=markers)
    figure["yaxis"]["ticksuffix"] = suffix
    known = [v for values in series.values() for v in values if v is not None]
    last = {name: next((v for v in reversed(values) if v is not None), None) for name, values in series.items()}
    said = ", ".join(f"{name} {value:g}{suffix}" for name, value in last.items() if value is not None)
    return Figure(
        data=data,
        layout=figure,
        sentence=f"{noun}: {said}." if said else f"{noun}: nothing yet.",
        columns=["Time (UTC)", *series],
        rows=[
            [f"{bucket:%Y-%m-%d %H:%M}", *(values[i] for values in series.values())] for i, bucket in enumerate(buckets)
        ],
        is_empty=not known,
        keys=[(name, i % 6 + 1) for i, name in enumerate(series)],
    )


def _alone(values: Sequence[float | None]) -> list[bool]:
    """Which values have no neighbour, so that no line would show them."""
    around = [None, *values, None]
    return [around[i] is None and around[i + 2] is None and value is not None for i, value in enumerate(values)]


def ranked_bars(names: Sequence[str], counts: Sequence[float], *, noun: str) -> Figure:
    """Lying bars, the longest on top."""
    return Figure(
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "x": list(counts),
                "y": [label(name, limit=40) for name in names],
                "meta": {"series": 1},
                "hovertemplate": "%{x}<extra></extra>",
            }
        ],
        layout={
            "xaxis": {"rangemode": "tozero", "fixedrange": True},
            "yaxis": {"autorange": "reversed", "type": "category", "automargin": True, "fixedrange": True},
            "showlegend": False,
        },
        sentence=_sentence(sum(counts), noun, dict(zip(names, [[c] for c in counts], strict=True))),
        columns=["Name", noun.capitalize()],
        rows=[[name, count] for name, count in zip(names, counts, strict=True)],
        is_empty=not any(counts),
    )


def _sentence(total: float, noun: str, series: Mapping[str, Sequence[float]]) -> str:
    if not total:
        return f"No {noun} in this period."
    most = max(series, key=lambda name: sum(series[name]))
    return (
        f"{total:g} {noun}, most of them {most} ({sum(series[most]):g})." if len(series) > 1 else f"{total:g} {noun}."
    )
