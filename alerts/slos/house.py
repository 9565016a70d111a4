"""The objectives of the house, to begin with: errors, slowness and uptime; and how soon incidents are resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.incidents import numbers
from alerts.incidents.numbers import Length
from alerts.models import Objective
from alerts.slos.setup import Promise
from events.models import Project

HOUSE = (
    Promise(name="Fewer than 0.5 % of requests fail", indicator=Objective.Indicator.AVAILABILITY, target=99.5),
    Promise(
        name="Pages show within 1.5 s", indicator=Objective.Indicator.LCP, threshold_ms=1500, target=95, min_bad=20
    ),
    Promise(name="Uptime 99.9 %", indicator=Objective.Indicator.UPTIME, target=99.9, min_total=30, min_bad=2),
)

# It has no budget and no burn: incidents are too few. So it is read and not added.
RESOLVED_WITHIN, OVER = numbers.SOON, timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Resolving:
    """The time to resolve over 30 days; `is_kept` is None without a resolved incident."""

    length: Length
    unresolved: int

    @property
    def is_kept(self) -> bool | None:
        return None if self.length.median is None else self.length.median < RESOLVED_WITHIN


def resolving(project: Project, *, now: datetime) -> Resolving:
    """Whether half of the incidents are resolved within ten minutes."""
    found = numbers.numbers(project.pk, start=now - OVER, end=now)
    return Resolving(found.to_resolve, found.unresolved)
