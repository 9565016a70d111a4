"""Much more or less than before: a window beside the one before it, or the same time a day or a week ago."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import Field, Judged, Verdict, choice, minutes, number, said, span
from analytics.questions.watched.series import History

TITLE = "Change"
SAYS = "Tells you when a metric rises or falls by a share against before."
SIDES = {"rise": "rises by more than", "fall": "falls by more than"}
AGAINST = {"before": "the window before", "day": "the same time a day ago", "week": "the same time a week ago"}
AGO = {"day": timedelta(days=1), "week": timedelta(weeks=1)}
FIELDS = (
    Field("side", "When it", "rise", tuple(SIDES.items())),
    Field("percent", "percent", "100"),
    Field("against", "against", "before", tuple(AGAINST.items())),
    Field("window", "over minutes", "15"),
    Field("min_samples", "with at least so many samples before", "10", help="A rise from 1 to 3 is no news."),
)


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    side = choice(given, "side", tuple(SIDES))
    return {
        "side": side,
        "percent": number(given, "percent", least=1, most=100 if side == "fall" else 1_000_000),
        "against": choice(given, "against", tuple(AGAINST)),
        "window": minutes(given, "window"),
        "min_samples": int(number({"min_samples": 10, **given}, "min_samples", least=1, most=1_000_000)),
    }


def needs(config: Mapping[str, Any]) -> timedelta:
    window = timedelta(minutes=config["window"])
    return window + AGO.get(config["against"], window)


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    window, unit = timedelta(minutes=config["window"]), history.metric.unit
    ago = AGO.get(config["against"], window)
    present, past = history.over(at - window, at), history.over(at - window - ago, at - ago)
    if past.value is None or present.value is None or past.samples < config["min_samples"]:
        return Judged(Verdict.NO_DATA, None, None, f"too few samples before ({past.samples:,})", past.samples)
    factor = 1 + config["percent"] / 100 if config["side"] == "rise" else 1 - config["percent"] / 100
    limit = past.value * factor
    # From nothing anything is a rise beyond all percents, and there is nothing to fall from.
    is_beyond = present.value > limit if config["side"] == "rise" else present.value < limit
    against = AGAINST[config["against"]]
    words = f"{said(present.value, unit)} over {span(config['window'])}, {said(past.value, unit)} in {against}"
    return Judged(Verdict.BREACH if is_beyond else Verdict.CLEAR, present.value, limit, words, present.samples)
