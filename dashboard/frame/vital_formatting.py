"""What people call web vitals and their values. Pure."""

from dashboard.frame import formatting

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
NAMES = {
    "LCP": "Largest contentful paint",
    "INP": "Interaction to next paint",
    "CLS": "Cumulative layout shift",
    "FCP": "First contentful paint",
    "TTFB": "Time to first byte",
}


def percentile_of(text: str) -> tuple[str, float]:
    """The percentile that a URL names and its share; p75 otherwise."""
    return (text, PERCENTILES[text]) if text in PERCENTILES else ("p75", 0.75)


def said(metric: str, value: float | None) -> str:
    """A value of the metric: CLS has no unit, the rest are milliseconds."""
    if value is None:
        return "–"
    if metric == "CLS":
        return f"{value:.3f}".rstrip("0").rstrip(".") or "0"
    return f"{value / 1000:.2f} s" if 1000 <= value < 10_000 else formatting.duration(value)
