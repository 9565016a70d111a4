"""What is counted ahead, in one table.

A rollup counts the facts of a project by minute, hour and day, by a few dimensions, with a histogram of one value.
Filling is in filling.py; the cells are a pure function of the facts, so that they can be thrown away and filled again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from analytics.engine.deduplication import RATING, SOURCES
from analytics.rollups.histograms import GAMMA, LEAST

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

    def is_counted_as(self, other: Rollup) -> bool:
        """Whether both have the same numbers, by whatever dimensions."""
        return (self.fact, self.value, self.weight, self.where) == (other.fact, other.value, other.weight, other.where)

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
        Rollup("check_ins", "check_ins", (
            Dimension("monitor", most=100), Dimension("status", most=6), ENVIRONMENT,
        ), where="coalesce(status, '') <> 'in_progress'"),
        Rollup("probes", "probes", (
            Dimension("probe", most=1000), Dimension("kind", most=4), Dimension("status", most=2),
        ), value="coalesce(total_ms, 0)"),
        Rollup("security", "security", (Dimension("kind", most=12), ENVIRONMENT), weight="coalesce(quantity, 1)"),
    )
}  # fmt: skip


def narrowest(name: str, needed: Iterable[str]) -> str:
    """The rollup that counts the same as `name` by the fewest dimensions, with all that are needed among them."""
    whole, names = ROLLUPS[name], set(needed)
    same = [one for one in of_fact(whole.fact) if one.is_counted_as(whole) and names <= set(one.names)]
    return min(same, key=lambda one: len(one.dimensions), default=whole).name


def of_fact(fact: str) -> list[Rollup]:
    return [rollup for rollup in ROLLUPS.values() if rollup.fact == fact]
