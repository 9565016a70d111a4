"""The kinds of rules, one a file; `KINDS` is the only list of them."""

from alerts.rules.contract import Kind
from alerts.rules.kinds import absence, anomaly, change, threshold

KINDS: dict[str, Kind] = {
    "threshold": threshold,
    "absence": absence,
    "change": change,
    "anomaly": anomaly,
}
