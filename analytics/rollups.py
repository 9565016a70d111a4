"""Rollups: what is counted ahead, in one table, and how questions read it.

A rollup counts the facts of a project by minute, hour and day, by a few dimensions, with a histogram of one value.
Filling is in filling.py; the cells are a pure function of the facts, so that they can be thrown away and filled again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from analytics import cells as cell
from analytics.cells import Cells, Labels, Measure
from analytics.histograms import GAMMA, LEAST
from analytics.models import Bucket, Series
from analytics.once import RATING, SOURCES
from analytics.periods import Period

MINUTE, HOUR, DAY = 1, 60, 1440
STEPS = (DAY, HOUR, MINUTE)
# Minutes are kept for so long, then hours and days are left.
MINUTES_KEPT = timedelta(days=14)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column to count by; beyond its `most` frequent values of a bucket the rest is cells.OTHER."""

    name: str
    sql: str = ""
    most: int = 20

    @property
    def expression(self) -> str:
        return f"left(coalesce({self.sql or self.name}, ''), {_LONGEST})"


@dataclass(frozen=True, slots=True)
class Rollup:
    """What is counted: `weight` of the rows of `fact` that fulfil `where`, with a histogram of `value`, all in SQL."""

    name: str
    fact: str
    dimensions: tuple[Dimension, ...]
    value: str = ""
    weight: str = "1"
    where: str = "true"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dimension.name for dimension in self.dimensions)

    @property
    def limits(self) -> dict[str, int]:
        return {dimension.name: dimension.most for dimension in self.dimensions}

    @property
    def version(self) -> str:
        """Changes with the definition; cells of another version are filled again."""
        source = SOURCES[self.fact]() if self.fact in SOURCES else ""
        return hashlib.blake2b(f"{self!r} {source} {GAMMA} {LEAST}".encode(), digest_size=8).hexdigest()


STATUS_CLASS = "CASE WHEN status BETWEEN 100 AND 599 THEN (status // 100)::VARCHAR || 'xx' ELSE '' END"
# Which part of a host's resource a reading is of, in today's and in older words of OpenTelemetry.
PART = f"""coalesce({
    ", ".join(
        f"attributes['{name}']"
        for name in (
            "cpu.mode", "system.cpu.mode", "system.memory.state", "system.filesystem.state", "disk.io.direction",
            "network.io.direction", "system.filesystem.mountpoint", "state", "direction", "mountpoint", "device",
        )
    )
})"""  # fmt: skip
ENVIRONMENT = Dimension("environment", most=10)
RELEASE = Dimension("release", most=20)
ROUTE = Dimension("route", most=200)

ROLLUPS: dict[str, Rollup] = {
    rollup.name: rollup
    for rollup in (
        Rollup("traffic", "requests", (Dimension("status", STATUS_CLASS, 6), ENVIRONMENT), value="duration_ms"),
        Rollup("requests", "requests", (
            ROUTE, Dimension("status", STATUS_CLASS, 6), RELEASE, ENVIRONMENT,
        ), value="duration_ms"),
        Rollup("errors", "errors", (Dimension("level", most=8), RELEASE, ENVIRONMENT)),
        Rollup("page_vitals", "vitals", (
            Dimension("metric", most=10), Dimension("device", most=6), Dimension("rating", RATING, 4), ENVIRONMENT,
        ), value="value"),
        Rollup("vitals", "vitals", (
            Dimension("metric", most=10), ROUTE, Dimension("device", most=6), Dimension("rating", RATING, 4), RELEASE,
            ENVIRONMENT,
        ), value="value"),
        Rollup("sessions", "sessions", (Dimension("outcome", most=4), RELEASE, ENVIRONMENT), weight="weight"),
        Rollup("logs", "logs", (Dimension("level", most=8), Dimension("service"), ENVIRONMENT)),
        Rollup("queries", "queries", (Dimension("fingerprint", most=300), ENVIRONMENT),
               value="total_ms / coalesce(count, 1)", weight="coalesce(count, 1)", where="coalesce(count, 1) > 0"),
        Rollup("metrics", "metrics", (
            Dimension("name", most=300), Dimension("host", most=100), Dimension("part", PART, 40), ENVIRONMENT,
        ), value="coalesce(value, sum / nullif(count, 0))", weight="if(value IS NULL, coalesce(count, 0), 1)"),
        Rollup("security", "security", (Dimension("kind", most=12), ENVIRONMENT), weight="coalesce(quantity, 1)"),
    )
}  # fmt: skip


def of_fact(fact: str) -> list[Rollup]:
    return [rollup for rollup in ROLLUPS.values() if rollup.fact == fact]


def read(project_id: int, name: str, *, period: Period, now: datetime, step: timedelta | None = None) -> Cells:
    """Return the cells of a period, which charts cut by `step`. Moments are exact to the minute, and to the hour
    where the minutes are not kept any more."""
    return read_many(project_id, [name], period=period, now=now, step=step)[name]


def read_many(
    project_id: int, names: Sequence[str], *, period: Period, now: datetime, step: timedelta | None = None
) -> dict[str, Cells]:
    """Return the cells of several rollups, by their names, in one question."""
    spans = [Q(step=size, at__gte=start, at__lt=end) for size, start, end in cover(period, step=step, now=now)]
    found = Bucket.objects.filter(reduce(or_, spans), project_id=project_id, rollup__in=names).order_by("at")
    packed: dict[str, list[tuple[int, bytes | memoryview]]] = {name: [] for name in names}
    for rollup, at, blob in found.values_list("rollup", "at", "cells"):
        packed[rollup].append((minute_of(at), blob))
    return {name: cell.unpack(blobs, ROLLUPS[name].names, labels_of) for name, blobs in packed.items()}


def cover(period: Period, *, step: timedelta | None, now: datetime) -> Iterator[tuple[int, datetime, datetime]]:
    """Yield (bucket in minutes, start, end): the fewest buckets that make up the period and fit into a chart's step."""
    first_minute = minute_of(now - MINUTES_KEPT) // DAY * DAY + DAY
    finest = MINUTE if minute_of(period.start) >= first_minute else HOUR
    widest = DAY if step is None else step // timedelta(minutes=1)
    at = minute_of(period.start) // finest * finest
    end = -(-(period.end - EPOCH) // timedelta(minutes=finest)) * finest
    while at < end:
        fitting = [s for s in STEPS if s >= finest and widest % s == 0 and at % s == 0 and at + s <= end]
        size = fitting[0] if fitting else finest
        boundaries = [-(-at // s) * s for s in STEPS if s > size and widest % s == 0 and at % s]
        stop = max(at + size, min([end // size * size, *boundaries]))
        yield size, moment_of(at), moment_of(stop)
        at = stop


def only(**values: str) -> dict[str, tuple[str, ...]]:
    """Return the `where` of the dimensions given; an empty value stands for all."""
    return {name: (value,) for name, value in values.items() if value}


def along(starts: Sequence[datetime], cells: Cells) -> list[Measure]:
    """Return what the cells, added up by a chart's step, hold from each start."""
    found = {at: measure for (at, _), measure in cells.measures().items()}
    return [found.get(minute_of(start), cell.NOTHING) for start in starts]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minute_of(at: datetime) -> int:
    """Return the minutes from 1970 to the minute that holds `at`."""
    return (at - EPOCH) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


# A series never changes and its id is never used again, so what was read once may be kept.
_labels: dict[int, Labels] = {}
_LABELS = 200_000


def labels_of(ids: list[int]) -> Mapping[int, Labels]:
    """Return the labels of stored series."""
    missing = [pk for pk in ids if pk not in _labels]
    if missing:
        if len(_labels) > _LABELS:
            _labels.clear()
            missing = ids
        found = Series.objects.filter(pk__in=missing).values_list("pk", "labels")
        _labels.update({pk: tuple(labels) for pk, labels in found})
    return _labels
