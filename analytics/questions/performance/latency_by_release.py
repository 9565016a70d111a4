"""How long requests took in each release: the five numbers of a box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics import rollups
from analytics.periods import Period
from events.models import Project, Release


@dataclass(frozen=True, slots=True)
class Box:
    """Milliseconds of one release's requests; "" is no release."""

    release: str
    count: int
    p5: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None


def latency_by_release(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    route: str = "",
    having: Mapping[str, str] | None = None,
    most: int = 20,
) -> tuple[Box, ...]:
    """Return the releases with the most requests in the period, in the order in which they were made."""
    cells = rollups.read(project.pk, "requests", period=period, now=now, having=having)
    found = cells.by("release", where=rollups.only(environment=environment, route=route)).groups()
    chosen = sorted(found.items(), key=lambda item: (-item[1].count, item[0]))[:most]
    versions = [labels[0] for labels, _ in chosen]
    made = dict(Release.objects.filter(project=project, version__in=versions).values_list("version", "pk"))
    boxes = [
        Box(labels[0], measure.count, *measure.histogram.quantiles((0.05, 0.25, 0.5, 0.75, 0.95)))
        for labels, measure in chosen
    ]
    return tuple(sorted(boxes, key=lambda box: (made.get(box.release, 0), box.release)))
