"""What the numbers of a period are compared with: as long before it, or as long before the last release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min
from django.db.models.functions import Coalesce

from analytics import rollups
from analytics.periods import Period
from analytics.rollups.cells import Cells
from events.models import Deploy, Project, Release


@dataclass(frozen=True, slots=True)
class Baseline:
    """`after` is compared with `before`, two spans of one length; `release` is what went out between them, if any."""

    after: Period
    before: Period
    release: str = ""


def previous(period: Period) -> Baseline:
    """Return the period against the one before it."""
    return Baseline(period, period.previous())


def last_release(project: Project, *, period: Period, environment: str = "") -> Baseline | None:
    """Return the period since its last release against as long before that; None when no release is known.

    A release goes out with its first deploy (to the environment, if one is named); without any deploy, when it was
    marked as released or first seen in an event.
    """
    found = _last_deployed(project, before=period.end, environment=environment)
    found = found or _last_seen(project, before=period.end)
    if found is None:
        return None
    version, at = found
    after = Period(max(at, period.start), period.end)
    return Baseline(after, Period(at - after.length, at), version)


def read(
    project_id: int,
    name: str,
    *,
    baseline: Baseline,
    period: Period,
    cells: Cells,
    now: datetime,
    having: Mapping[str, str] | None = None,
) -> tuple[Cells, Cells]:
    """Return the cells after and before; `cells` are those of `period`, which are often the ones after."""

    def of(span: Period) -> Cells:
        return rollups.read(project_id, name, period=span, now=now, having=having)

    return cells if baseline.after == period else of(baseline.after), of(baseline.before)


def _last_deployed(project: Project, *, before: datetime, environment: str) -> tuple[str, datetime] | None:
    deploys = Deploy.objects.filter(release__project=project, finished_at__lt=before)
    if environment:
        deploys = deploys.filter(environment=environment)
    first = deploys.values("release__version").annotate(first_at=Min("finished_at")).order_by("-first_at")
    return first.values_list("release__version", "first_at").first()


def _last_seen(project: Project, *, before: datetime) -> tuple[str, datetime] | None:
    seen = Release.objects.filter(project=project).annotate(out_at=Coalesce("released_at", "first_event_at"))
    return seen.filter(out_at__lt=before).order_by("-out_at").values_list("version", "out_at").first()
