"""Core Web Vitals: their names, thresholds and ratings, and what is wrong with a value. Source: web-vitals 6."""

from __future__ import annotations

import math
from typing import Any, Literal

Rating = Literal["good", "needs-improvement", "poor"]
RATINGS: tuple[Rating, ...] = ("good", "needs-improvement", "poor")

# Up to the first a value is good, up to the second it needs improvement, both inclusive. CLS has no unit, the rest ms.
THRESHOLDS: dict[str, tuple[float, float]] = {
    "LCP": (2500.0, 4000.0),
    "INP": (200.0, 500.0),
    "CLS": (0.1, 0.25),
    "FCP": (1800.0, 3000.0),
    "TTFB": (800.0, 1800.0),
}
# As measurements and attributes spell them.
NAMES = {metric.lower(): metric for metric in THRESHOLDS}
NAVIGATIONS = (
    "navigate", "reload", "back-forward", "back-forward-cache", "prerender", "restore", "soft-navigation",
)  # fmt: skip
# A page that took ten minutes, or shifted a hundred screens, was not measured.
_MOST = {"CLS": 100.0}
_MOST_MS = 600_000.0


def rating(metric: str, value: float) -> Rating | None:
    """Return the rating of a value; None for a metric without thresholds."""
    if metric not in THRESHOLDS:
        return None
    good, poor = THRESHOLDS[metric]
    return "good" if value <= good else "needs-improvement" if value <= poor else "poor"


def problem(metric: str, value: Any) -> str | None:
    """Return the reason for which a value is not stored, else None."""
    if metric not in THRESHOLDS:
        return "unknown_metric"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "not_a_number"
    if value < 0:
        return "negative"
    return "absurd" if value > _MOST.get(metric, _MOST_MS) else None


def navigation(value: Any) -> str | None:
    """Return how the page was reached, in web-vitals' words (`back_forward` is spelled `back-forward`); else None."""
    text = value.replace("_", "-") if isinstance(value, str) else ""
    return text if text in NAVIGATIONS else None
