"""What an objective can measure, in one table: each is the share of bad events that a watched metric has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.models import Objective
from alerts.rules.contract import said
from analytics.questions.watched.metrics import Metric, metric_of, over

LONGEST_MS = 600_000.0


@dataclass(frozen=True, slots=True)
class Indicator:
    """`metric` is that of the bad share, or the family of those beyond a number of milliseconds."""

    title: str
    metric: str
    events: str
    good: str
    has_threshold: bool = False


INDICATORS: Mapping[str, Indicator] = {
    Objective.Indicator.AVAILABILITY: Indicator(
        "Availability", "requests.error_rate", "requests", "are answered without a 5xx"
    ),
    Objective.Indicator.LATENCY: Indicator(
        "Latency", "requests.over", "requests", "are answered within {edge}", has_threshold=True
    ),
    Objective.Indicator.LCP: Indicator(
        "LCP", "vitals.LCP.over", "visits", "show their largest content within {edge}", has_threshold=True
    ),
    Objective.Indicator.CRASH_FREE: Indicator("Crash-free", "sessions.crash_rate", "sessions", "end without a crash"),
    Objective.Indicator.UPTIME: Indicator("Uptime", "check_ins.bad", "check-ins", "are well"),
    Objective.Indicator.PROBE: Indicator("Probes", "probes.bad", "looks", "find their target well"),
}


def metric_name(objective: Objective) -> str:
    """The metric of the objective's bad events."""
    indicator = INDICATORS[objective.indicator]
    if not indicator.has_threshold or objective.threshold_ms is None:
        return indicator.metric
    return over(indicator.metric, objective.threshold_ms)


def metric(objective: Objective) -> Metric:
    """Raises UnknownMetric where the threshold is none."""
    return metric_of(metric_name(objective))


def words(objective: Objective) -> str:
    """The definition in one sentence, with the number that is really counted from."""
    indicator, beyond = INDICATORS[objective.indicator], metric(objective).beyond
    cut = "".join(f", where {name} is {' or '.join(values)}" for name, values in objective.where.items())
    good = indicator.good.format(edge=said(beyond, "ms"))
    return f"{objective.target:g} % of {indicator.events} {good}, over {objective.days} days{cut}."


def snapped(objective: Objective) -> str:
    """What is said where the threshold is counted from the nearest edge of the histograms and not from itself."""
    beyond = metric(objective).beyond
    if beyond is None or objective.threshold_ms is None:
        return ""
    return (
        f"Counted exactly from {beyond:,.1f} ms, the edge of the stored histograms that is nearest to "
        f"{objective.threshold_ms:,.10g} ms."
    )
