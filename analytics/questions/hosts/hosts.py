"""The machines of a project: processor, memory, disk, load and processes over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import periods, rollups
from analytics.periods import Period
from analytics.rollups.cells import Measure
from events.models import Project

# The names under which collectors and the plain API send them; a trailing dot stands for all that begin so.
RESOURCES: dict[str, tuple[str, ...]] = {
    "cpu": ("system.cpu.", "cpu.", "host.cpu."),
    "memory": ("system.memory.", "memory.", "host.memory."),
    "disk": ("system.filesystem.", "system.disk.", "disk.", "host.disk."),
    "load": ("system.cpu.load_average.", "system.load.", "load.", "host.load."),
    "process": ("process.",),
    "network": ("system.network.", "network."),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric of one host (and part: a processor state, a disk): means from each start, the last and the highest."""

    resource: str
    host: str
    name: str
    part: str
    trend: tuple[float | None, ...]
    mean: float
    last: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class Hosts:
    starts: tuple[datetime, ...]
    step: timedelta
    hosts: tuple[str, ...]
    readings: tuple[Reading, ...]


def hosts(
    project: Project,
    *,
    period: Period,
    now: datetime,
    host: str = "",
    environment: str = "",
    resources: Sequence[str] = tuple(RESOURCES),
    most: int = 120,
) -> Hosts:
    """Return the readings of the hosts' resources in the period, by resource, host, metric and part."""
    step = periods.step_for(period, most=most)
    starts = tuple(periods.buckets(period, step))
    cells = rollups.read(project.pk, "metrics", period=period, step=step, now=now)
    where = rollups.only(host=host, environment=environment)
    minutes = step // timedelta(minutes=1)
    over_time = cells.by("host", "name", "part", step=minutes, where=where).measures()
    whole = cells.by("host", "name", "part", where=where).groups()
    places = [rollups.minute_of(start) for start in starts]
    found = []
    for labels, measure in whole.items():
        resource = resource_of(labels[1])
        if not resource or resource not in resources:
            continue
        means = tuple(_mean(over_time.get((place, labels))) for place in places)
        known = [mean for mean in means if mean is not None]
        found.append(
            Reading(
                resource, labels[0], labels[1], labels[2], means, measure.mean or 0.0,
                known[-1] if known else None, measure.quantile(1.0),
            )
        )  # fmt: skip
    order = list(RESOURCES)
    found.sort(key=lambda one: (order.index(one.resource), one.host, one.name, one.part))
    return Hosts(starts, step, tuple(sorted({one.host for one in found})), tuple(found))


def resource_of(name: str) -> str:
    """Return the resource a metric is of, by the longest beginning that fits; "" for one of the project's own."""
    fitting = [
        (len(prefix), resource)
        for resource, prefixes in RESOURCES.items()
        for prefix in prefixes
        if f"{name}.".startswith(prefix)
    ]
    return max(fitting)[1] if fitting else ""


def _mean(measure: Measure | None) -> float | None:
    return measure.mean if measure else None
