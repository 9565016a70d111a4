"""The kinds of rules, one a file; `KINDS` is the only list of them."""

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
