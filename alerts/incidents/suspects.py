"""Deploys shortly before something went wrong, with how things were on either side of each.

Near in time is no cause: what is said is when it was, and by how much the rate differs, with its interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from analytics.questions.watched import series
from analytics.questions.watched.metrics import Metric
from analytics.rollups.histograms import nearest_edge
from analytics.statistics import ratios
from analytics.statistics.ratios import Ratio
from events.models import Deploy

WITHIN = timedelta(hours=2)
DECAY = timedelta(minutes=30)
MOST = 5


@dataclass(frozen=True, slots=True)
class Suspect:
    """One deploy before the first breach; `words` say all of it."""

    release: str
    environment: str
    at: str
    score: float
    words: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Hits among tries, or in minutes, between two moments."""

    hits: float
    exposure: float


def suspects(
    project_id: int, *, breach: datetime, until: datetime, now: datetime, environment: str = "",
    metric: Metric | None = None, where: Mapping[str, Sequence[str]] | None = None, threshold: float | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The likeliest first. With a metric, it is compared from each deploy until `until` with the two hours before."""
    found = Deploy.objects.filter(
        release__project_id=project_id, finished_at__gt=breach - WITHIN, finished_at__lte=breach
    )
    if environment:
        found = found.filter(environment=environment)
    named = []
    for deploy in found.select_related("release").order_by("-finished_at")[:MOST]:
        at, effect, title = deploy.finished_at or breach, None, ""
        if metric is not None and metric.measure != "mean":
            before, after = _measured(project_id, metric, at, until, where, threshold, now=now)
            effect = ratios.ratio(after.hits, after.exposure, before.hits, before.exposure)
            title = what(metric, threshold)
        words = said(deploy.release.version, breach - at, effect, title)
        named.append(
            Suspect(deploy.release.version, deploy.environment, at.isoformat(), score(breach - at, effect), words)
        )
    return [asdict(one) for one in sorted(named, key=lambda one: -one.score)]


def score(gap: timedelta, effect: Ratio | None) -> float:
    """Recency, which fades with DECAY, times the size of the effect: a doubling, or an unknown one, counts 1."""
    recency = math.exp(-max(0.0, gap / DECAY))
    if effect is None:
        return round(recency, 4)
    return round(recency * math.log2(effect.value or effect.low), 4) if effect.low > 1 else 0.0


def said(release: str, gap: timedelta, effect: Ratio | None, title: str) -> str:
    """6 min after v1.4.2, error rate ×7.3 (95 % CI 4.1–12.9)."""
    minutes = max(0, int(gap / timedelta(minutes=1)))
    begin = f"{minutes} min after {release}"
    if effect is None:
        return begin
    if effect.is_clear:
        return f"{begin}, {title} {effect.words}"
    return f"{begin}, no clear change of {title}: {effect.words}"


def what(metric: Metric, threshold: float | None) -> str:
    """What is compared, in words."""
    if metric.measure == "share" or metric.measure in ("count", "per_minute"):
        return metric.title[:1].lower() + metric.title[1:]
    edge = nearest_edge(threshold) if threshold and threshold > 0 else None
    return f"share above {edge:,.0f} {metric.unit}".strip() if edge else metric.title


def _measured(
    project_id: int, metric: Metric, at: datetime, until: datetime, where: Mapping[str, Sequence[str]] | None,
    threshold: float | None, *, now: datetime,
) -> tuple[Measured, Measured]:  # fmt: skip
    minute = at.replace(second=0, microsecond=0)
    edges = (minute - WITHIN, minute, max(until, minute + timedelta(minutes=1)))
    histories = series.windows(project_id, metric, edges=edges, now=now, where=where)
    (history,) = histories
    parts = []
    for start, end in pairwise(edges):
        place = history.at.index(start)
        whole = history.all[place]
        if metric.measure in ("count", "per_minute"):
            parts.append(Measured(whole.count, (end - start) / timedelta(minutes=1)))
        elif metric.measure == "share":
            parts.append(Measured(history.over(start, end).bad, whole.count))
        else:
            edge = nearest_edge(threshold) if threshold and threshold > 0 else 0.0
            above = whole.count - whole.histogram.count_below(edge) if edge else 0.0
            parts.append(Measured(above, whole.count))
    return parts[0], parts[1]
