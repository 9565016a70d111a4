"""Readings of hosts as the few numbers that people look at. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.questions.hosts.hosts import Hosts, Reading
from analytics.statistics import comparisons
from dashboard.frame import measures
from dashboard.frame.comparison import Compared
from dashboard.frame.measures import Change


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number of a host. `names` are metrics, in OpenTelemetry's words and in a script's; `parts` those that count
    (none: all), added up unless `is_highest`; `scale` turns a reading into `unit`."""

    title: str
    unit: str
    resource: str
    names: tuple[str, ...]
    parts: tuple[str, ...] = ()
    scale: float = 1.0
    is_highest: bool = False


_BUSY = ("user", "system", "nice", "wait", "iowait", "interrupt", "softirq", "steal", "")
GAUGES: dict[str, Gauge] = {
    "cpu": Gauge("CPU", "%", "cpu", ("system.cpu.utilization", "cpu.utilization", "host.cpu.utilization"), _BUSY, 100),
    "memory": Gauge(
        "Memory", "%", "memory", ("system.memory.utilization", "memory.utilization", "host.memory.utilization"),
        ("used", ""), 100,
    ),
    "disk": Gauge(
        "Disk", "%", "disk", ("system.filesystem.utilization", "disk.utilization", "host.disk.utilization"),
        scale=100, is_highest=True,
    ),
    "load": Gauge("Load", "1 min", "load", ("system.cpu.load_average.1m", "load.1m", "host.load.1m")),
    "process_cpu": Gauge(
        "Process CPU", "%", "process", ("process.cpu.utilization", "process.runtime.cpython.cpu.utilization"), scale=100
    ),
    "process_memory": Gauge(
        "Process memory", "MB", "process", ("process.memory.usage", "process.runtime.cpython.memory"), ("rss", ""), 1e-6
    ),
}  # fmt: skip


def latest(found: Hosts) -> list[tuple[str, list[float | None]]]:
    """Each host with its newest reading of every gauge, by name."""
    columns = {name: _by_host(found, gauge) for name, gauge in GAUGES.items()}
    return [
        (host, [_put(gauge, [one.last for one in columns[name].get(host, [])]) for name, gauge in GAUGES.items()])
        for host in found.hosts
        if any(host in column for column in columns.values())
    ]


def changes(after: Hosts, before: Hosts, *, against: Compared) -> dict[str, list[Change]]:
    """Each host with how the median of every gauge changed, as it may be said."""
    sides = [{name: trends(side, name, most=len(side.hosts)) for name in GAUGES} for side in (after, before)]
    return {
        host: [
            measures.change(comparisons.medians(*(_known(side[name].get(host, [])) for side in sides)), against=against)
            for name in GAUGES
        ]
        for host in after.hosts
    }


def trends(found: Hosts, name: str, *, most: int = 6) -> dict[str, list[float | None]]:
    """The gauge over time of the hosts with the highest newest readings."""
    gauge = GAUGES[name]
    series = {
        host: [_put(gauge, [one.trend[place] for one in readings]) for place in range(len(found.starts))]
        for host, readings in _by_host(found, gauge).items()
    }
    ranked = sorted(series, key=lambda host: (-max((v for v in series[host] if v is not None), default=0.0), host))
    return {host: series[host] for host in ranked[:most]}


def _by_host(found: Hosts, gauge: Gauge) -> Mapping[str, list[Reading]]:
    readings: dict[str, list[Reading]] = {}
    for one in found.readings:
        if one.name in gauge.names and (not gauge.parts or one.part in gauge.parts):
            readings.setdefault(one.host, []).append(one)
    return readings


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _put(gauge: Gauge, values: list[float | None]) -> float | None:
    known = _known(values)
    if not known:
        return None
    return round((max(known) if gauge.is_highest else sum(known)) * gauge.scale, 2)
