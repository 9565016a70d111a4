"""Unlike the same hour of other weeks: the median of the hour of the week, and its spread, over four weeks.

A value is unusual beyond `median ± k * 1.4826 * MAD`; 1.4826 makes the median absolute deviation that of a normal
distribution. For counts the spread is at least what chance alone makes of such a count (Poisson: its square root).
The weeks before are read by whole hours, since minutes are not kept for so long.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import sqrt
from statistics import median
from typing import Any

from alerts.rules.contract import Field, Judged, Verdict, choice, minutes, number, said, span
from analytics.questions.watched.series import History

TITLE = "Anomaly"
SAYS = "Tells you when a metric is unlike the same hour of the weeks before."
WEEKS = 4
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
# Fewer weeks with data say nothing of what is usual.
LEAST = 3
NORMAL = 1.4826
SIDES = {"both": "above or below", "above": "above", "below": "below"}
FIELDS = (
    Field("side", "When it is", "both", tuple(SIDES.items())),
    Field("sensitivity", "by so many spreads", "4", help="3 tells often, 6 rarely."),
    Field("window", "over minutes", "30"),
)


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "side": choice(given, "side", tuple(SIDES)),
        "sensitivity": number(given, "sensitivity", least=1, most=20),
        "window": minutes(given, "window", least=5, most=1440),
    }


def needs(config: Mapping[str, Any]) -> timedelta:
    return timedelta(weeks=WEEKS, hours=2) + timedelta(minutes=config["window"])


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    window, unit = timedelta(minutes=config["window"]), history.metric.unit
    found = history.over(at - window, at)
    known = [value for week in range(1, WEEKS + 1) for value in _around(history, at - window / 2 - week * WEEK, window)]
    if found.value is None or len(known) < 3 * LEAST:
        return Judged(Verdict.NO_DATA, None, None, "insufficient history: fewer than three weeks", found.samples)
    usual = median(known)
    spread = max(NORMAL * median(abs(value - usual) for value in known), _chance(history, usual, window))
    low, high = usual - config["sensitivity"] * spread, usual + config["sensitivity"] * spread
    above, below = found.value > high, found.value < low
    is_beyond = {"above": above, "below": below, "both": above or below}[config["side"]]
    words = (
        f"{said(found.value, unit)} over {span(config['window'])}, usually {said(usual, unit)} at this hour of the week"
    )
    limit = low if below else high
    return Judged(Verdict.BREACH if is_beyond else Verdict.CLEAR, found.value, limit, words, found.samples)


def _around(history: History, at: datetime, window: timedelta) -> list[float]:
    """The values of that hour, the one before and the one after, as far as there are any; counts as of a window."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    found = [history.over(hour + shift * HOUR, hour + (shift + 1) * HOUR) for shift in (-1, 0, 1)]
    share = window / HOUR if history.metric.measure == "count" else 1.0
    return [one.value * share for one in found if one.value is not None and one.samples]


def _chance(history: History, usual: float, window: timedelta) -> float:
    """The least spread: that of a Poisson count, or a share of the value, so that nothing is unusual to the digit."""
    match history.metric.measure:
        case "count":
            return sqrt(max(usual, 1.0))
        case "per_minute":
            length = window / timedelta(minutes=1)
            return sqrt(max(usual * length, 1.0)) / length
        case "share":
            return 0.5
        case _:
            return max(abs(usual) * 0.05, 1e-9)
