"""Above or below a number, over a window; with a number of its own to recover at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import (
    Field,
    InvalidRule,
    Judged,
    Verdict,
    choice,
    minutes,
    number,
    optional_number,
    said,
    span,
)
from analytics.questions.watched.series import History

TITLE = "Threshold"
SAYS = "Tells you when a metric is above or below a number."
SIDES = {"above": "above", "below": "below"}
FIELDS = (
    Field("side", "When it is", "above", tuple(SIDES.items())),
    Field("threshold", "this number", help="In the metric's unit."),
    Field("recovery", "and again well at", help="Empty: the same number. Another one keeps an alert from flapping."),
    Field("window", "over minutes", "5"),
    Field("min_samples", "with at least so many samples", "1", help="Fewer say nothing of a share or a percentile."),
)


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    side, threshold, recovery = (
        choice(given, "side", tuple(SIDES)),
        number(given, "threshold"),
        optional_number(given, "recovery"),
    )
    if recovery is not None and (recovery > threshold if side == "above" else recovery < threshold):
        raise InvalidRule("recovery", f"It must lie on the good side of {threshold:g}.")
    return {
        "side": side,
        "threshold": threshold,
        "recovery": recovery,
        "window": minutes(given, "window"),
        "min_samples": int(number({"min_samples": 1, **given}, "min_samples", least=0, most=1_000_000)),
    }


def needs(config: Mapping[str, Any]) -> timedelta:
    return timedelta(minutes=config["window"])


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    found = history.over(at - needs(config), at)
    if found.value is None or (
        found.samples < config["min_samples"] and history.metric.measure not in ("count", "per_minute")
    ):
        return Judged(Verdict.NO_DATA, None, config["threshold"], "no data", found.samples)
    limit, recovery, is_above = config["threshold"], config["recovery"], config["side"] == "above"
    recovery = limit if recovery is None else recovery
    if found.value > limit if is_above else found.value < limit:
        verdict = Verdict.BREACH
    elif found.value <= recovery if is_above else found.value >= recovery:
        verdict = Verdict.CLEAR
    else:
        verdict = Verdict.BETWEEN
    unit = history.metric.unit
    beside = {
        Verdict.BREACH: config["side"],
        Verdict.CLEAR: "not " + config["side"],
        Verdict.BETWEEN: "not yet well behind",
    }
    words = f"{said(found.value, unit)} over {span(config['window'])}, {beside[verdict]} {said(limit, unit)}"
    return Judged(verdict, found.value, limit, words, found.samples)
