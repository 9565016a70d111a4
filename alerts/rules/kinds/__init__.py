"""The kinds of rules, one a file; `KINDS` is the only list of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alerts.rules.contract import Kind
from alerts.rules.kinds import absence, anomaly, burn_rate, change, threshold

KINDS: dict[str, Kind] = {
    "threshold": threshold,
    "absence": absence,
    "change": change,
    "anomaly": anomaly,
    "burn_rate": burn_rate,
}
# Kinds that judge nothing but shares.
OF_SHARES = frozenset({"burn_rate"})
# Kinds that judge whole windows, with the moments between these: nothing finer is read for a judgement.
WINDOWED: dict[str, Callable[[Mapping[str, Any], datetime], tuple[datetime, ...]]] = {"burn_rate": burn_rate.edges}
