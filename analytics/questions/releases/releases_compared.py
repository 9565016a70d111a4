"""Releases, each compared with the one before it: durations, failures and largest paints of the same period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from analytics import rollups
from analytics.periods import Period
from analytics.questions.performance.request_rates import FAILED
from analytics.rollups.cells import NOTHING
from analytics.statistics import comparisons
from analytics.statistics.comparisons import Comparison
from events.models import Project


@dataclass(frozen=True, slots=True)
class ReleaseCompared:
    """`p95` of requests and `lcp` (p75) in milliseconds, `failures` as the share of 5xx."""

    p95: Comparison
    failures: Comparison
    lcp: Comparison


def releases_compared(
    project: Project, pairs: Iterable[tuple[str, str]], *, period: Period, now: datetime, environment: str = ""
) -> dict[str, ReleaseCompared]:
    """Return the first release of each pair compared with the second, by the first; both may have sent nothing."""
    found = rollups.read_many(project.pk, ["requests", "vitals"], period=period, now=now)
    where = rollups.only(environment=environment)
    requests = found["requests"].by("release", where=where).groups()
    failed = found["requests"].by("release", where={**where, "status": (FAILED,)}, is_counting=True).groups()
    paints = found["vitals"].by("release", where={**where, "metric": ("LCP",)}).groups()

    def compared(release: str, before: str) -> ReleaseCompared:
        (new, old), (bad, bad_before), (paint, paint_before) = (
            (groups.get((release,), NOTHING), groups.get((before,), NOTHING) if before else NOTHING)
            for groups in (requests, failed, paints)
        )
        return ReleaseCompared(
            p95=comparisons.quantiles(new.histogram, old.histogram, 0.95),
            failures=comparisons.shares(bad.count, new.count, bad_before.count, old.count),
            lcp=comparisons.quantiles(paint.histogram, paint_before.histogram, 0.75),
        )

    return {release: compared(release, before) for release, before in pairs}
