"""The score of web vitals: Lighthouse's log-normal curve per metric, and their weighted mean.

The curve is Lighthouse 12's; its two control points per metric score 0.9 and 0.5. INP and CLS have one pair, LCP and
FCP a stricter one on desktop; TTFB has no curve there and takes its thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from events.values.vitals import THRESHOLDS

# (p10, median)
CURVES: dict[str, tuple[float, float]] = {**THRESHOLDS, "FCP": (1800.0, 3000.0)}
CURVES_DESKTOP: dict[str, tuple[float, float]] = {**CURVES, "LCP": (1200.0, 2400.0), "FCP": (934.0, 1600.0)}
_SPREAD = 0.9061938024368232


@dataclass(frozen=True, slots=True)
class Part:
    """What one metric gives to the score: its own score, 0 to 1, and the share of the whole it has."""

    metric: str
    value: float
    score: float
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100; `parts` are the metrics there were values of, their weights adding up to 1."""

    points: int
    parts: tuple[Part, ...]


def score(values: Mapping[str, float], *, weights: Mapping[str, float], device: str = "") -> Score | None:
    """Return the score of one percentile a metric; None when no weighted metric has a value."""
    curves = CURVES_DESKTOP if device == "desktop" else CURVES
    known = {name: value for name, value in values.items() if name in curves and weights.get(name, 0) > 0}
    total = sum(weights[name] for name in known)
    if not total:
        return None
    parts = tuple(
        Part(name, value, curve(value, *curves[name]), weights[name] / total) for name, value in sorted(known.items())
    )
    return Score(round(100 * sum(part.score * part.weight for part in parts)), parts)


def weights(text: str) -> dict[str, float]:
    """Return the weights that a text such as `LCP=30,CLS=25` gives. Raises ValueError."""
    found = {}
    for pair in text.split(","):
        metric, _, weight = pair.partition("=")
        found[metric.strip()] = float(weight)
        if metric.strip() not in CURVES or not 0 <= found[metric.strip()] < math.inf:
            raise ValueError(f"{pair!r} is no weight of a web vital.")
    return found


def curve(value: float, p10: float, median: float) -> float:
    """Return the score of a value: 0.9 at `p10`, 0.5 at `median`, 1 at nothing."""
    if value <= 0:
        return 1.0
    raw = (1 - math.erf(math.log(value / median) * _SPREAD / -math.log(p10 / median))) / 2
    if value <= p10:
        return max(0.9, min(1.0, raw))
    if value <= median:
        return max(0.5, min(math.nextafter(0.9, 0), raw))
    return max(0.0, min(math.nextafter(0.5, 0), raw))
