"""The kinds of rules, one a file; `KINDS` is the only list of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import Kind, Source
from alerts.rules.kinds import (
    absence,
    anomaly,
    burn_rate,
    change,
    conversion,
    forecast,
    formula,
    issue,
    logs,
    monitor,
    threshold,
    variant,
)
from analytics.questions.watched.metrics import title_of

# Kinds that watch something else than a metric of the rollups, and read it themselves.
SOURCES: dict[str, Source] = {
    "issue": issue,
    "monitor": monitor,
    "logs": logs,
    "formula": formula,
    "conversion": conversion,
    "variant": variant,
}
KINDS: dict[str, Kind] = {
    "threshold": threshold,
    "absence": absence,
    "change": change,
    "anomaly": anomaly,
    "burn_rate": burn_rate,
    "forecast": forecast,
    **SOURCES,
}
CHOICES = tuple((name, kind.TITLE) for name, kind in KINDS.items())
# Kinds that judge nothing but shares.
OF_SHARES = frozenset({"burn_rate"})
# Kinds that judge whole windows, with the moments between these: nothing finer is read for a judgement.
WINDOWED: dict[str, Callable[[Mapping[str, Any], datetime], tuple[datetime, ...]]] = {"burn_rate": burn_rate.edges}
# Kinds that are told of and whose end is not, by their configuration.
NEWS: dict[str, Callable[[Mapping[str, Any]], bool]] = {"issue": issue.is_news}
# Kinds that read steps of their own length.
STEPS: dict[str, timedelta] = {"forecast": forecast.HOUR}


def watched(kind: str, metric: str, config: Mapping[str, Any]) -> str:
    """What a rule watches, in words."""
    source = SOURCES.get(kind)
    return source.says(config) if source else title_of(metric)


def label_names(kind: str, group_by: Sequence[str]) -> tuple[str, ...]:
    """The names of the labels of a rule's groups."""
    source = SOURCES.get(kind)
    return source.names(group_by) if source else tuple(group_by)
