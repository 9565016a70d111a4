"""How the hosts fare: CPU, memory, disk, load and process readings over time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import engine, filters, periods
from analytics.periods import Period
from analytics.rollups import PART
from events.models import Project


@dataclass(frozen=True, slots=True)
class Resource:
    """One picture. `names` are metrics, in today's and older words; `parts` the parts that count (none: all); `scale`
    turns a reading into `unit`."""

    title: str
    unit: str
    names: tuple[str, ...]
    parts: tuple[str, ...] = ()
    scale: float = 1.0


# Names of OpenTelemetry's system and process metrics, as its host receiver and its Python instrumentation send them,
# and the plain names that a script would choose.
RESOURCES: dict[str, Resource] = {
    "cpu": Resource(
        "CPU",
        "%",
        ("system.cpu.utilization", "cpu.utilization", "host.cpu"),
        ("user", "system", "nice", "iowait", "steal", "used", ""),
        100,
    ),
    "memory": Resource(
        "Memory", "%", ("system.memory.utilization", "memory.utilization", "host.memory"), ("used", ""), 100
    ),
    "disk": Resource("Disk", "%", ("system.filesystem.utilization", "disk.utilization", "host.disk"), scale=100),
    "load": Resource("Load, 1 min", "", ("system.cpu.load_average.1m", "host.load")),
    "process_cpu": Resource(
        "Process CPU", "%", ("process.cpu.utilization", "process.runtime.cpython.cpu.utilization"), scale=100
    ),
    "process_memory": Resource(
        "Process memory", "MB", ("process.memory.usage", "process.runtime.cpython.memory"), ("rss", ""), 1e-6
    ),
}


@dataclass(frozen=True, slots=True)
class HostTrend:
    """Means per bucket and host: `hosts[host][i]` from `starts[i]` for one `step`; None is no reading."""

    starts: tuple[datetime, ...]
    step: timedelta
    hosts: dict[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class Host:
    """A host with its newest reading of each resource, in the resource's unit."""

    host: str
    last_at: datetime
    latest: dict[str, float]


_READINGS = f"""
    SELECT coalesce(host, '') AS host, name, coalesce({PART}, '') AS part, "at",
           coalesce(value, sum / nullif(count, 0)) AS reading
    FROM metrics WHERE name IN $names AND ($environment = '' OR environment = $environment)
"""


def host_trend(
    project: Project,
    resource: str,
    *,
    period: Period,
    environment: str = "",
    step: timedelta | None = None,
    most: int = 12,
) -> HostTrend:
    """Return the readings of one of RESOURCES, of the `most` hosts with the highest mean."""
    asked = RESOURCES[resource]
    step = step or periods.step_for(period, most=90)
    starts = periods.buckets(period, step)
    index, clock = filters.bucket('"at"', starts=starts, step=step)
    # Parts of one host (user and system time) add up; readings of one part within a bucket are averaged.
    sql = f"""
        WITH read AS ({_READINGS}), parts AS (
            SELECT host, {index} AS place, name, part, avg(reading) AS mean FROM read
            WHERE reading IS NOT NULL AND ($any OR part IN $parts) GROUP BY ALL
        )
        SELECT host, place, {"max" if resource == "disk" else "sum"}(mean) AS reading FROM parts GROUP BY ALL
    """
    bound = {
        "names": list(asked.names),
        "parts": list(asked.parts),
        "any": not asked.parts,
        "environment": environment,
        **clock,
    }
    with engine.read(project.pk, {"metrics": period}) as facts:
        rows = facts.ask(sql, bound)
    hosts: dict[str, list[float | None]] = {}
    for row in rows:
        hosts.setdefault(row["host"], [None] * len(starts))[row["place"]] = round(row["reading"] * asked.scale, 3)
    ranked = sorted(hosts, key=lambda host: (-_mean(hosts[host]), host))[:most]
    return HostTrend(tuple(starts), step, {host: tuple(hosts[host]) for host in ranked})


def hosts(project: Project, *, period: Period, environment: str = "", most: int = 200) -> tuple[Host, ...]:
    """Return the hosts that sent readings in the period, by name."""
    names = [name for resource in RESOURCES.values() for name in resource.names]
    sql = f"""
        SELECT host, name, part, arg_max(reading, "at") AS reading, max("at") AS last_at
        FROM ({_READINGS}) WHERE reading IS NOT NULL GROUP BY ALL ORDER BY host LIMIT 20000
    """
    with engine.read(project.pk, {"metrics": period}) as facts:
        rows = facts.ask(sql, {"names": names, "environment": environment})
    of_name = {name: key for key, resource in RESOURCES.items() for name in resource.names}
    latest: defaultdict[str, dict[str, float]] = defaultdict(dict)
    seen: dict[str, datetime] = {}
    for row in rows:
        key = of_name[row["name"]]
        asked = RESOURCES[key]
        if asked.parts and row["part"] not in asked.parts:
            continue
        readings, reading = latest[row["host"]], row["reading"] * asked.scale
        readings[key] = max(readings.get(key, 0.0), reading) if key == "disk" else readings.get(key, 0.0) + reading
        seen[row["host"]] = max(seen.get(row["host"], row["last_at"]), row["last_at"])
    return tuple(Host(host, seen[host], latest[host]) for host in sorted(seen))[:most]


def _mean(values: list[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0
