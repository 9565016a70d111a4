"""Figures of durations: heatmaps, boxes, histograms. Pure, like dashboard/charts/figures.py."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from analytics.questions.performance.endpoint_detail import Bar
from analytics.questions.performance.latency_by_release import Box
from dashboard.charts.figures import Figure, Marker, label, layout, stamp
from dashboard.frame.formatting import duration


def heatmap(
    starts: Sequence[datetime],
    bands: Sequence[str],
    counts: Sequence[Sequence[int]],
    *,
    noun: str,
    end: datetime,
    markers: Sequence[Marker] = (),
) -> Figure:
    """Time against bands, darker where more fell in; `counts[i][j]` is bucket i, band j. Bands of nothing at the ends
    are left out."""
    used = [place for place in range(len(bands)) if any(row[place] for row in counts)]
    first, last = (used[0], used[-1] + 1) if used else (0, len(bands))
    shown = list(bands[first:last])
    table = [[row[place] for row in counts] for place in range(first, last)]
    total = sum(map(sum, table))
    busiest = max(range(len(shown)), key=lambda place: sum(table[place])) if total else 0
    figure = layout(start=starts[0] if starts else end, end=end, hovermode="closest")
    figure["yaxis"] = {"type": "category", "fixedrange": True, "automargin": True}
    return Figure(
        data=[
            {
                "type": "heatmap",
                "x": [stamp(start) for start in starts],
                "y": shown,
                "z": [[count or None for count in row] for row in table],
                "meta": {"series": 1},
                "hoverongaps": False,
                "zmin": 0,
                "xgap": 1,
                "ygap": 1,
            }
        ],
        layout=figure,
        sentence=f"{total:,} {noun}, most of them {shown[busiest]}." if total else f"No {noun} in this period.",
        columns=["Time (UTC)", *shown],
        rows=[[f"{start:%Y-%m-%d %H:%M}", *(table[j][i] for j in range(len(shown)))] for i, start in enumerate(starts)],
        is_empty=total == 0,
        unit="count",
        noun=noun,
        markers=tuple(markers),
    )


def boxes(found: Sequence[Box]) -> Figure:
    """One box a release: middle half, median, and whiskers from the 5th to the 95th percentile."""
    known = [box for box in found if box.p50 is not None]
    names = [label(name, limit=30) for name in _short([box.release or "(no release)" for box in known])]
    # Two releases may look the same once cut; plotly would draw them in one place.
    names = [name if names.index(name) == place else f"{name} ({place + 1})" for place, name in enumerate(names)]
    last = known[-1] if known else None
    said = last and f"{last.release or '–'}: median {duration(last.p50)}, p95 {duration(last.p95)}."
    return Figure(
        data=[
            {
                "type": "box",
                "x": names,
                "q1": [box.p25 for box in known],
                "median": [box.p50 for box in known],
                "q3": [box.p75 for box in known],
                "lowerfence": [box.p5 for box in known],
                "upperfence": [box.p95 for box in known],
                "meta": {"series": 1},
            }
        ],
        layout={
            "xaxis": {"type": "category", "fixedrange": True},
            "yaxis": {"rangemode": "tozero", "fixedrange": True},
            "showlegend": False,
            "hovermode": "closest",
        },
        sentence=said or "No requests in this period.",
        columns=["Release", "Requests", "p5 ms", "p25 ms", "p50 ms", "p75 ms", "p95 ms"],
        rows=[
            [box.release or "(no release)", box.count, *map(_round, (box.p5, box.p25, box.p50, box.p75, box.p95))]
            for box in known
        ],
        is_empty=not known,
        unit="ms",
    )


def _short(releases: Sequence[str]) -> list[str]:
    """The releases without the name of the package that all of them begin with: there is little room below a box."""
    packages = {name.rpartition("@")[0] for name in releases}
    return [name.rpartition("@")[2] for name in releases] if len(packages) == 1 else list(releases)


def histogram(bars: Sequence[Bar], *, noun: str) -> Figure:
    """How many fell between two durations; the bars stand side by side on a logarithmic scale."""
    names = [f"{duration(bar.low)} – {duration(bar.high)}" for bar in bars]
    names = [name if names.index(name) == place else f"{bars[place].low:.2f} ms" for place, name in enumerate(names)]
    total = sum(bar.count for bar in bars)
    most = max(bars, key=lambda bar: bar.count) if bars else None
    return Figure(
        data=[
            {
                "type": "bar",
                "x": names,
                "y": [bar.count for bar in bars],
                "meta": {"series": 1},
            }
        ],
        layout={
            "xaxis": {"type": "category", "fixedrange": True, "nticks": 8},
            "yaxis": {"rangemode": "tozero", "fixedrange": True},
            "showlegend": False,
            "bargap": 0.04,
        },
        sentence=f"{total:,} {noun}, most of them from {duration(most.low)} to {duration(most.high)}."
        if most
        else f"No {noun} in this period.",
        columns=["Duration", noun.capitalize()],
        rows=[[name, bar.count] for name, bar in zip(names, bars, strict=True)],
        is_empty=not total,
        unit="count",
        noun=noun,
    )


def bands(edges: Sequence[float], *, unit: str = "ms") -> list[str]:
    """What the bands between edges are called; one more than edges."""
    said = [duration(edge) if unit == "ms" else f"{edge:g}" for edge in edges]
    return [f"≤ {said[0]}", *(f"{low} – {high}" for low, high in pairwise(said)), f"> {said[-1]}"]


def thresholds(figure: Figure, good: float, poor: float) -> Figure:
    """`figure` with the two thresholds of a vital as thin lines."""
    for value in (good, poor):
        figure.layout["shapes"].append(
            {
                "type": "line",
                "xref": "paper",
                "yref": "y",
                "x0": 0,
                "x1": 1,
                "y0": value,
                "y1": value,
                "line": {"width": 1, "dash": "dash"},
                "opacity": 0.4,
            }
        )
    return figure


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
