"""The metrics that can be watched, in one table: of which rollup, cut how, measured how, in which unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analytics.rollups.declared import ROLLUPS, narrowest
from analytics.rollups.histograms import nearest_edge

QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Metric:
    """`measure` is count, per_minute, share, mean, or one of QUANTILES; state of what no rollup counts.

    `where` cuts what is measured; for a share, `part` cuts what of it is counted as bad, or `beyond` is the edge of the
    histogram above which a value is.
    """

    name: str
    title: str
    rollup: str
    measure: str
    unit: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    part: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beyond: float | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What a rule may filter and group by."""
        return tuple(name for name in ROLLUPS[self.rollup].names if name not in {*self.where, *self.part})

    def read_from(self, where: Iterable[str] = (), group_by: Iterable[str] = ()) -> str:
        """The smallest rollup that it can be read from when it is cut and grouped by these dimensions."""
        return narrowest(self.rollup, {*self.where, *self.part, *where, *group_by})

    @property
    def needs_histogram(self) -> bool:
        return self.measure in QUANTILES or self.beyond is not None

    def cut(self, where: Mapping[str, Sequence[str]], group_by: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
        """What is measured where `where` holds as well. Raises UnknownMetric for a dimension that it does not have."""
        for name in (*where, *group_by):
            if name not in self.dimensions:
                raise UnknownMetric(f"{self.title} cannot be cut by {name!r}: {', '.join(self.dimensions)}.")
        return {**self.where, **{name: tuple(values) for name, values in where.items()}}


class UnknownMetric(ValueError):
    """No metric has this name, or it has no such dimension."""


def _of(
    rollup: str, name: str, title: str, measure: str, unit: str = "", **cuts: Mapping[str, tuple[str, ...]]
) -> Metric:
    return Metric(name, title, rollup, measure, unit, cuts.get("where", {}), cuts.get("part", {}))


def _quantiles(
    rollup: str, prefix: str, what: str, unit: str = "ms", **cuts: Mapping[str, tuple[str, ...]]
) -> list[Metric]:
    return [_of(rollup, f"{prefix}.{q}", f"{what}, {q}", q, unit, **cuts) for q in QUANTILES]


_FAILED = {"status": ("5xx",)}
# Every status of a check-in that ended but "ok".
_NOT_WELL = {"status": ("error", "missed", "timeout", "unknown")}
_VITALS = {"LCP": "ms", "INP": "ms", "FCP": "ms", "TTFB": "ms", "CLS": ""}

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _of("errors", "errors.count", "Errors", "count"),
        _of("errors", "errors.per_minute", "Errors a minute", "per_minute"),
        _of("requests", "requests.count", "Requests", "count"),
        _of("requests", "requests.per_minute", "Requests a minute", "per_minute"),
        _of("requests", "requests.failed", "Failed requests", "count", where=_FAILED),
        _of("requests", "requests.error_rate", "Error rate of requests", "share", "%", part=_FAILED),
        _of("requests", "requests.mean", "Duration of requests, mean", "mean", "ms"),
        *_quantiles("requests", "requests", "Duration of requests"),
        *(
            metric
            for vital, unit in _VITALS.items()
            for metric in _quantiles("vitals", f"vitals.{vital}", vital, unit, where={"metric": (vital,)})
        ),
        *(
            Metric(
                f"vitals.{vital}.poor", f"{vital}, share of poor visits", "vitals", "share", "%",
                {"metric": (vital,)}, {"rating": ("poor",)},
            )
            for vital in _VITALS
        ),
        _of("sessions", "sessions.count", "Sessions", "count"),
        _of("sessions", "sessions.crash_rate", "Crashed sessions", "share", "%", part={"outcome": ("crashed",)}),
        _of("logs", "logs.count", "Log lines", "count"),
        _of("logs", "logs.errors", "Log lines of errors", "count", where={"level": ("error", "fatal")}),
        _of("queries", "queries.count", "Database queries", "count"),
        _of("queries", "queries.mean", "Duration of queries, mean", "mean", "ms"),
        *_quantiles("queries", "queries", "Duration of queries"),
        _of("metrics", "metrics.mean", "A metric of yours, mean", "mean"),
        *_quantiles("metrics", "metrics", "A metric of yours", ""),
        _of("metrics", "metrics.count", "Readings of a metric of yours", "count"),
        _of("check_ins", "check_ins.count", "Check-ins that ended", "count"),
        _of("check_ins", "check_ins.bad", "Check-ins that were not well", "share", "%", part=_NOT_WELL),
        _of("probes", "probes.count", "Looks of probes", "count"),
        _of("probes", "probes.bad", "Looks of probes that failed", "share", "%", part={"status": ("down",)}),
        *(
            Metric(f"probes.{q}", f"Answer time of probes, {q}", "probes", q, "ms", {"status": ("up",)})
            for q in QUANTILES
        ),
        _of("security", "security.count", "Security reports", "count"),
    )
}  # fmt: skip


# Shares of values above any number of milliseconds, which stands at the end of the name: `requests.over.1500`.
_OVER = {
    "requests.over": _of("requests", "", "Requests slower than {edge}", "share", "%"),
    **{
        f"vitals.{vital}.over": Metric(
            "", vital + ", share of visits above {edge}", "vitals", "share", "%", {"metric": (vital,)}
        )
        for vital, unit in _VITALS.items()
        if unit == "ms"
    },
}
_MILLISECONDS = re.compile(r"([0-9]{1,7}(?:[.][0-9]{1,3})?)", re.ASCII)


def over(family: str, milliseconds: float) -> str:
    """The name of the share above a number: `over("requests.over", 1500)` is requests.over.1500."""
    return f"{family}.{milliseconds:.10g}"


def metric_of(name: str) -> Metric:
    """The metric, of the table or of a share above a number. Raises UnknownMetric, in words."""
    found = METRICS.get(name) or _above(name)
    if found is None:
        raise UnknownMetric(f"There is no metric {name!r}.")
    return found


def title_of(name: str) -> str:
    """What a metric is called; its name where there is none."""
    found = METRICS.get(name) or _above(name)
    return found.title if found else name


def _above(name: str) -> Metric | None:
    """The number counts from the nearest edge of the histograms, so that the share is exact."""
    family = next((family for family in _OVER if name.startswith(f"{family}.")), None)
    number = _MILLISECONDS.fullmatch(name[len(family) + 1 :]) if family else None
    if family is None or number is None or float(number[1]) <= 0:
        return None
    edge = nearest_edge(float(number[1]))
    metric = _OVER[family]
    return replace(metric, name=name, title=metric.title.format(edge=f"{edge:,.0f} ms"), beyond=edge)
