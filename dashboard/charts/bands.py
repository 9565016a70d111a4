"""When alerts fired, as shaded bands on the charts of what they watch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from alerts.models import AlertTransition
from dashboard.charts.figures import Figure, stamp
from dashboard.frame.state import State
from events.models import Project

MOST = 50
LONGEST = timedelta(days=30)  # what fires for longer begins with the chart that shows its end alone
_ON = ("firing", "recovering")


@dataclass(frozen=True, slots=True)
class Band:
    """One time that an alert was on, as far as the chart shows it."""

    start: datetime
    end: datetime
    name: str


def shaded(figure: Figure, found: Sequence[Band]) -> Figure:
    """The figure with the bands behind it, and how many there are in its sentence."""
    if not found or "shapes" not in figure.layout:
        return figure
    shapes = [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": stamp(band.start), "x1": stamp(band.end),
            "y0": 0, "y1": 1, "layer": "below", "line": {"width": 0}, "name": "alert",
        }
        for band in found
    ]  # fmt: skip
    names = sorted({band.name for band in found})
    times = "once" if len(found) == 1 else f"{len(found)} times"
    sentence = f"{figure.sentence} Fired {times}: {', '.join(names[:3])}."
    return replace(figure, layout={**figure.layout, "shapes": [*shapes, *figure.layout["shapes"]]}, sentence=sentence)


def of_metric(project: Project, metric: str, *, state: State) -> list[Band]:
    """When alerts of rules on this metric were on in the period, the latest MOST."""
    rows = AlertTransition.objects.filter(
        alert__rule__project=project, alert__rule__metric=metric, at__lt=state.end, at__gte=state.start - LONGEST
    )
    listed = rows.order_by("alert_id", "at", "pk").values_list(
        "alert_id", "before", "after", "at", "alert__rule__name", "alert__rule__where"
    )
    wanted = [row for row in listed[:5000] if _is_of(row[5], state.environment)]
    return sorted(bands(wanted, start=state.start, end=state.end), key=lambda band: band.start)[-MOST:]


def bands(rows: Iterable[Sequence[Any]], *, start: datetime, end: datetime) -> list[Band]:
    """The bands of changes of standing, in the order of alerts and time; what began before begins with the chart."""
    found = []
    for _, of_alert in groupby(rows, key=lambda row: row[0]):
        began: datetime | None = None
        name = ""
        for _, before, after, at, name, *_ in of_alert:
            if after in _ON and before not in _ON:
                began = at
            elif after not in _ON and before in _ON and began is not None:
                if at > start:
                    found.append(Band(max(began, start), at, name))
                began = None
        if began is not None:
            found.append(Band(max(began, start), end, name))
    return found


def _is_of(where: dict[str, list[str]], environment: str) -> bool:
    """Whether a rule that is cut so is about this environment; every rule is about all of them."""
    return not environment or environment in where.get("environment", [environment])
