"""What the last release changed: requests of the newest two releases of the period, compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics import rollups
from analytics.periods import Period
from analytics.questions.performance.request_rates import whole
from analytics.questions.vitals.vitals import latest_two
from analytics.statistics import comparisons
from analytics.statistics.comparisons import Comparison
from events.models import Project


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """Differences of `release` from `before`, the release made before it."""

    release: str
    before: str
    p50: Comparison
    p95: Comparison
    failures: Comparison


def release_change(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    route: str = "",
    having: Mapping[str, str] | None = None,
) -> ReleaseChange | None:
    """Return the comparison; None when fewer than two releases served requests in the period."""
    cells = rollups.read(project.pk, "requests", period=period, now=now, having=having)
    where = rollups.only(environment=environment, route=route)
    pair = latest_two(project, cells, where)
    if pair is None:
        return None
    (new, failed), (old, failed_before) = (whole(cells, {**where, "release": (release,)}) for release in pair)
    return ReleaseChange(
        *pair,
        p50=comparisons.quantiles(new.histogram, old.histogram, 0.5),
        p95=comparisons.quantiles(new.histogram, old.histogram, 0.95),
        failures=comparisons.shares(failed, new.count, failed_before, old.count),
    )
