"""How durations were spread over time: counts by bucket of time and band of duration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import periods, rollups
from analytics.periods import Period
from analytics.rollups import histograms
from analytics.rollups.declared import narrowest
from events.models import Project

# Upper edges of the bands, in milliseconds; the last band takes what is longer. CLS has its own.
EDGES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000)
EDGES_CLS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Heatmap:
    """`counts[i][j]` fell from `starts[i]` for one `step` into band `j`, up to `edges[j]`; one band more than edges."""

    starts: tuple[datetime, ...]
    step: timedelta
    edges: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]


def latency_heatmap(
    project: Project,
    *,
    period: Period,
    now: datetime,
    metric: str = "",
    environment: str = "",
    release: str = "",
    route: str = "",
    device: str = "",
    having: Mapping[str, str] | None = None,
    most: int = 60,
) -> Heatmap:
    """Return the heatmap of requests, or of a web vital when `metric` names one, in at most `most` buckets of time."""
    step = periods.step_for(period, most=most)
    starts = tuple(periods.buckets(period, step))
    where = rollups.only(environment=environment, release=release, route=route)
    if metric:
        where |= rollups.only(metric=metric, device=device)
    name = narrowest("vitals" if metric else "requests", where)
    cells = rollups.read(project.pk, name, period=period, step=step, now=now, having=having)
    edges: Sequence[float] = EDGES_CLS if metric == "CLS" else EDGES
    measures = rollups.along(starts, cells.by(step=step // timedelta(minutes=1), where=where))
    return Heatmap(
        starts, step, tuple(edges), tuple(histograms.spread_over(one.histogram.counts, edges) for one in measures)
    )
