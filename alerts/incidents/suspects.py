"""Deploys and changes of flags shortly before something went wrong, and how things were on either side of each.

Near in time is no cause: what is said is when it was, and by how much the rate differs, with its interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from analytics.flags.happened import happened
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
    """One deploy or change of a flag before the first breach; `words` say all of it."""

    kind: str
    release: str
    environment: str
    flag: str
    at: str
    score: float
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a suspect is made of; `words` name it after "3 min after"."""

    kind: str
    at: datetime
    words: str
    release: str = ""
    environment: str = ""
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """Hits among tries, or in minutes, between two moments."""

    hits: float
    exposure: float


def suspects(
    project_id: int, *, breach: datetime, until: datetime, now: datetime, environment: str = "",
    metric: Metric | None = None, where: Mapping[str, Sequence[str]] | None = None, threshold: float | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The likeliest first. With a metric, it is compared from each change until `until` with the two hours before."""
    title = what(metric, threshold) if metric is not None and metric.measure != "mean" else ""
    found = []
    for one in (*_deploys(project_id, breach, environment), *_flags(project_id, breach)):
        effect = None
        if metric is not None and title:
            before, after = _measured(project_id, metric, one.at, until, where, threshold, now=now)
            effect = ratios.ratio(after.hits, after.exposure, before.hits, before.exposure)
        gap = breach - one.at
        found.append(
            Suspect(
                one.kind, one.release, one.environment, one.flag, one.at.isoformat(), score(gap, effect),
                said(one.words, gap, effect, title),
            )
        )  # fmt: skip
    return [asdict(one) for one in sorted(found, key=lambda one: -one.score)]


def _deploys(project_id: int, breach: datetime, environment: str) -> Iterator[Change]:
    found = Deploy.objects.filter(
        release__project_id=project_id, finished_at__gt=breach - WITHIN, finished_at__lte=breach
    )
    if environment:
        found = found.filter(environment=environment)
    for deploy in found.select_related("release").order_by("-finished_at")[:MOST]:
        version = deploy.release.version
        yield Change("deploy", deploy.finished_at or breach, version, version, deploy.environment)


def _flags(project_id: int, breach: datetime) -> Iterator[Change]:
    felt = [one for one in happened(project_id, start=breach - WITHIN, end=breach) if one.is_felt]
    for one in felt[-MOST:]:
        yield Change("flag", one.at, one.words, flag=one.key)


def score(gap: timedelta, effect: Ratio | None) -> float:
    """Recency, which fades with DECAY, times the size of the effect: a doubling, or an unknown one, counts 1."""
    recency = math.exp(-max(0.0, gap / DECAY))
    if effect is None:
        return round(recency, 4)
    return round(recency * math.log2(effect.value or effect.low), 4) if effect.low > 1 else 0.0


def said(change: str, gap: timedelta, effect: Ratio | None, title: str) -> str:
    """6 min after v1.4.2, error rate ×7.3 (95 % CI 4.1–12.9)."""
    minutes = max(0, int(gap / timedelta(minutes=1)))
    begin = f"{minutes} min after {change}"
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
