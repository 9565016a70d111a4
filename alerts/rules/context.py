"""What makes a message worth reading: how bad it is against what is normal, and the last windows as a chart."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from alerts.delivery import marks
from alerts.models import Alert, Rule
from alerts.rules.contract import said, span
from analytics.periods import Period
from analytics.questions.watched import series
from analytics.questions.watched.metrics import UnknownMetric, metric_of
from analytics.questions.watched.series import History

WINDOWS = 36
DEFAULT_MINUTES, MOST_MINUTES = 5, 60
LEAST_BEFORE = 6  # windows with a value, to speak of what is usual


@dataclass(frozen=True, slots=True)
class Context:
    """Words, and what is drawn beside them; both empty where the metric says nothing."""

    normal: str = ""
    chart: dict[str, Any] | None = None


def of(alert: Alert, threshold: float | None, *, at: datetime, now: datetime) -> Context:
    """What the alert's group measured in the windows up to `at`, each as long as the rule's own."""
    rule = alert.rule
    minutes = _minutes(rule)
    wanted = tuple(alert.labels.get(name, "") for name in rule.group_by)
    found = next((one for one in _histories(rule, minutes, at, now) if one.labels == wanted), None)
    if found is None:
        return Context()
    step = timedelta(minutes=minutes)
    values = [(moment, window.value) for moment, window in found.along(at - WINDOWS * step, at, step)]
    if all(value is None for _, value in values):
        return Context()
    points = [[moment.isoformat(), value] for moment, value in values]
    unit = found.metric.unit
    return Context(
        normal=against_normal([value for _, value in values], unit, minutes),
        chart={
            "series": points,
            "threshold": threshold,
            "unit": unit,
            "marks": marks.along(rule.project, points, environment=alert.labels.get("environment", "")),
        },
    )


def against_normal(values: Sequence[float | None], unit: str, minutes: int) -> str:
    """The last window beside the median of those before, oldest first; "" where there are too few to tell."""
    before = [value for value in values[:-2] if value is not None]
    last = values[-1] if values else None
    if last is None or len(before) < LEAST_BEFORE:
        return ""
    usual = statistics.median(before)
    times = f", {last / usual:.3g} times as much" if usual > 0 and last >= 1.5 * usual else ""
    return f"{said(last, unit)} in {span(minutes)}, usually {said(usual, unit)}{times}"


def _minutes(rule: Rule) -> int:
    window = rule.config.get("window")
    return min(window, MOST_MINUTES) if isinstance(window, int) and window > 0 else DEFAULT_MINUTES


@lru_cache(maxsize=1)
def _histories(rule: Rule, minutes: int, at: datetime, now: datetime) -> list[History]:
    """Read once for all alerts of a rule that have news in the same look."""
    try:
        metric = metric_of(rule.metric)
        period = Period(at - WINDOWS * timedelta(minutes=minutes), at)
        return series.histories(
            rule.project_id, metric, period=period, now=now, where=rule.where, group_by=rule.group_by
        )
    except UnknownMetric:
        return []
