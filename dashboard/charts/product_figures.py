"""Figures of what people do: steps, ways, cohorts, lives. Pure, like dashboard/charts/figures.py."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from analytics.questions.product.cohorts import Cohort, Cohorts
from analytics.questions.product.features import Feature
from analytics.questions.product.funnels import Funnel
from analytics.questions.product.journeys import Journeys
from dashboard.charts.figures import Figure, label, stacked_bars
from dashboard.frame.formatting import duration, percent

_STARTS = {"hour": "%Y-%m-%d %H:%M %Z", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m"}


def nothing(sentence: str) -> Figure:
    """A figure of nothing, and why."""
    return Figure([], {}, sentence, ["Nothing"], [], is_empty=True)


def steps(found: Funnel) -> Figure:
    """A bar a step, or one a step and value."""
    names = [f"{n} {label(step.event, limit=24)}" for n, step in enumerate(found.steps, 1)]
    series = [("People", tuple(step.people for step in found.steps))]
    if found.cuts:
        cuts = names_of([(cut.value, cut.is_other) for cut in found.cuts])
        series = [(name, cut.people) for name, cut in zip(cuts, found.cuts, strict=True)]
    first, rows = found.steps[0].people, []
    for n, step in enumerate(found.steps):
        before = next((one.people for one in reversed(found.steps[:n]) if not one.is_optional), step.people)
        name = f"{n + 1} {step.event}{' (optional)' if step.is_optional else ''}"
        shares, times = (_share(step.people, first), _share(step.people, before)), (step.times.median, step.times.p90)
        own = (cut.people[n] for cut in found.cuts)
        # Nobody takes time to the first step.
        rows.append([name, step.people, *shares, before - step.people, *(map(seconds, times) if n else "––"), *own])
    # Of an optional step nobody is lost, and bars side by side have no room for it.
    lost = (
        () if found.cuts else [0 if step.is_optional else row[4] for step, row in zip(found.steps, rows, strict=True)]
    )
    said = f"{found.steps[-1].people:,} of {first:,} arrive, {percent(found.conversion, digits=1)}"
    took = f"; half of them within {seconds(found.times.median)}" if found.times.median is not None else ""
    return Figure(
        data=[
            {
                "type": "bar",
                "name": label(name),
                "x": list(names),
                "y": list(counts),
                "meta": {"series": place % 6 + 1},
                **_written(counts, lost),
            }
            for place, (name, counts) in enumerate(series)
        ],
        layout={
            "xaxis": {"type": "category", "fixedrange": True, "showgrid": False},
            "yaxis": {"rangemode": "tozero", "fixedrange": True},
            "showlegend": False,
            "barmode": "group",
        },
        sentence=f"{said}{took}." if first else "Nobody began in this period.",
        columns=[
            "Step", "People", "Of the first", "Of the step before", "Lost", "Median time", "p90 time",
            *(cut.value for cut in found.cuts),
        ],
        rows=rows,
        is_empty=not first,
        unit="count",
        noun="people",
    )  # fmt: skip


def _written(counts: Sequence[int], lost: Sequence[int]) -> dict[str, Any]:
    """What stands above each bar: which share of the first came so far and, where it is said, how many were lost."""
    first = counts[0]
    said = [percent(people / first, digits=0) if first else "" for people in counts]
    for place, gone in enumerate(lost):
        said[place] += f"<br>−{gone:,}" if gone > 0 else ""
    return {"text": said, "textposition": "outside", "cliponaxis": False}


def ways(found: Journeys) -> Figure:
    """Stations as columns of boxes, the sessions between them as bands."""
    nodes = sorted({(edge.place, edge.source) for edge in found.edges} | {(e.place + 1, e.target) for e in found.edges})
    number = {node: place for place, node in enumerate(nodes)}
    most = found.edges[0] if found.edges else None
    return Figure(
        data=[
            {
                "type": "sankey",
                "node": {
                    "label": [f"{place + 1} {label(name, limit=24)}" for place, name in nodes],
                    "pad": 12,
                    "hovertemplate": "%{label}<br>%{value:,} sessions<extra></extra>",
                },
                "link": {
                    "hovertemplate": "%{source.label} → %{target.label}<br>%{value:,} sessions<extra></extra>",
                    "source": [number[edge.place, edge.source] for edge in found.edges],
                    "target": [number[edge.place + 1, edge.target] for edge in found.edges],
                    "value": [edge.sessions for edge in found.edges],
                },
                "meta": {"series": 1},
            }
        ],
        layout={"showlegend": False, "hovermode": "closest", "margin": {"l": 8, "r": 8, "t": 8, "b": 8}},
        sentence=f"{found.sessions:,} sessions, most of them from {most.source} to {most.target} ({most.sessions:,})."
        if most
        else "No session went from one station to another in this period.",
        columns=["Station", "From", "To", "Sessions"],
        rows=[[edge.place + 1, edge.source, edge.target, edge.sessions] for edge in found.edges],
        is_empty=not found.edges,
    )


def table_of_cohorts(found: Cohorts, zone: ZoneInfo) -> Figure:
    """A row a cohort, a column a later bucket, darker where more of them were there again."""
    known = [cohort for cohort in found.cohorts if cohort.people[0]]
    width = max((len(cohort.people) for cohort in known), default=1)
    names = [_local(cohort.start, found.unit, zone) for cohort in known]
    table = [
        [round(100 * people / cohort.people[0], 1) for people in cohort.people[1:]]
        + [None] * (width - len(cohort.people))
        for cohort in known
    ]
    later = [f"+{n}" for n in range(1, width)]
    mean = found.mean[1] if len(found.mean) > 1 else None
    people = sum(cohort.people[0] for cohort in known)
    said = f"{people:,} began" + (f"; {percent(mean, digits=0)} were there a {found.unit} later" if mean else "")
    return Figure(
        data=[
            {
                "type": "heatmap",
                "x": later or ["+1"],
                "y": names,
                "z": table if width > 1 else [[None] for _ in known],
                "meta": {"series": 1},
                "hoverongaps": False,
                "zmin": 0,
                "xgap": 1,
                "ygap": 1,
            }
        ],
        layout={
            "xaxis": {"type": "category", "fixedrange": True, "side": "top"},
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "fixedrange": True},
            "showlegend": False,
            "hovermode": "closest",
        },
        sentence=f"{said}." if known else "Nobody began in this period.",
        columns=["Began", "People", *later],
        rows=[
            [name, cohort.people[0], *_later(cohort), *([""] * (width - len(cohort.people)))]
            for name, cohort in zip(names, known, strict=True)
        ],
        is_empty=not known,
        unit="%",
        noun=f"of those of {found.unit}",
    )  # fmt: skip


def lives(found: Feature, *, end: datetime) -> Figure:
    """New, returning and resurrecting people above the line, dormant ones below it."""
    above = ("new", "returning", "resurrecting")
    series = {name: [float(getattr(bucket, name)) for bucket in found.buckets] for name in above}
    series["dormant"] = [-float(bucket.dormant) for bucket in found.buckets]
    starts = [bucket.start for bucket in found.buckets]
    is_unfinished = bool(found.buckets) and not found.buckets[-1].is_whole
    made = stacked_bars(starts, series, colours={}, noun="people", end=end, is_unfinished=is_unfinished)
    said = f"{found.users:,} people used it, {found.new:,} for the first time."
    return replace(
        made,
        layout={**made.layout, "barmode": "relative"},
        sentence=said if found.users else "Nobody used it in this period.",
        is_empty=not any(any(values) for values in series.values()),
    )


def often(found: Feature, *, unit: str) -> Figure:
    """How many used it in one bucket, in two, and so on."""
    last = max((n for n, people in enumerate(found.often, 1) if people), default=0)
    counts = list(found.often[:last])
    names = [f"{n}" for n in range(1, last + 1)]
    data: list[dict[str, Any]] = [{"type": "bar", "x": names, "y": counts, "meta": {"series": 2}}]
    once = f"{counts[0]:,} of {found.users:,} used it in one {unit} alone." if counts else ""
    return Figure(
        data=data,
        layout={
            "xaxis": {"type": "category", "fixedrange": True, "nticks": 12},
            "yaxis": {"rangemode": "tozero", "fixedrange": True},
            "showlegend": False,
        },
        sentence=once or "Nobody used it in this period.",
        columns=[f"{unit.capitalize()}s of use", "People"],
        rows=[[name, count] for name, count in zip(names, counts, strict=True)],
        is_empty=not counts,
        unit="count",
        noun="people",
    )


def dated(figure: Figure, starts: Sequence[datetime], unit: str, zone: ZoneInfo) -> Figure:
    """The figure with the days of a time zone in its table."""
    rows = [[_local(start, unit, zone), *row[1:]] for start, row in zip(starts, figure.rows, strict=True)]
    return replace(figure, columns=[f"{unit.capitalize()} ({zone.key})", *figure.columns[1:]], rows=rows)


def _local(start: datetime, unit: str, zone: ZoneInfo) -> str:
    return f"{start.astimezone(zone):{_STARTS[unit]}}"


def seconds(value: float | None) -> str:
    """`4 s`, `3.5 min`, `2.1 h`, `3.0 d`."""
    if value is None or value < 3600:
        return duration(None if value is None else value * 1000)
    return f"{value / 3600:.1f} h" if value < 172_800 else f"{value / 86400:.1f} d"


def _share(people: int, of: int) -> str:
    return percent(people / of if of else None, digits=1)


def _later(cohort: Cohort) -> list[str]:
    """The shares that came back, of each later bucket."""
    of = cohort.people[0]
    return [
        f"{100 * people / of:.1f} %{'' if is_whole else ' so far'}"
        for people, is_whole in zip(cohort.people[1:], cohort.is_whole[1:], strict=True)
    ]


def names_of(values: Sequence[tuple[str, bool]]) -> list[str]:
    """Names of series; the rest has one of its own where a value has that of the rest."""
    taken = {value for value, is_other in values if not is_other}
    return [f"{value} …" if is_other and value in taken else value for value, is_other in values]
