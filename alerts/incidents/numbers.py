"""How long it took until somebody looked after an incident, and until it was over.

Counted from the moment its first alert fired to the first acknowledgement and to the resolution. Incidents that a
silence kept from everybody are left out: nobody could look after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.models import Incident
from analytics.rollups.histograms import exact
from analytics.statistics.burn import Seen

SOON = timedelta(minutes=10)  # the house promises to have it resolved by then


@dataclass(frozen=True, slots=True)
class Length:
    """The median and the 90th percentile of `n` lengths of time; None of none."""

    n: int
    median: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of the incidents that began in a period; `soon` are those that were resolved within SOON."""

    incidents: int
    unresolved: int
    to_acknowledge: Length
    to_resolve: Length
    soon: Seen


def numbers(project_id: int, *, start: datetime, end: datetime) -> Numbers:
    """Of a project and a period."""
    found = Incident.objects.filter(project_id=project_id, began_at__gte=start, began_at__lt=end, was_told=True)
    rows = list(found.values_list("began_at", "first_acknowledged_at", "resolved_at"))
    acknowledged = [at - began for began, at, _ in rows if at]
    resolved = [over - began for began, _, over in rows if over]
    late = sum(length > SOON for length in resolved)
    return Numbers(
        len(rows), len(rows) - len(resolved), length_of(acknowledged), length_of(resolved), Seen(len(resolved), late)
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """An incident that people were told of: when it began and how long it lasted, None while it goes on."""

    began_at: datetime
    lasted: timedelta | None


def ended(project_id: int, *, start: datetime, end: datetime) -> list[Ended]:
    """The incidents that began in a period, in order."""
    found = Incident.objects.filter(project_id=project_id, began_at__gte=start, began_at__lt=end, was_told=True)
    rows = found.order_by("began_at").values_list("began_at", "resolved_at")
    return [Ended(began, max(timedelta(0), over - began) if over else None) for began, over in rows]


def length_of(lengths: Iterable[timedelta]) -> Length:
    """Negative lengths, which a clock that was set back makes, count as none."""
    seconds: Sequence[float] = sorted(max(0.0, one.total_seconds()) for one in lengths)
    return Length(len(seconds), _at(seconds, 0.5), _at(seconds, 0.9))


def _at(seconds: Sequence[float], q: float) -> timedelta | None:
    value = exact(seconds, q)
    return None if value is None else timedelta(seconds=value)
