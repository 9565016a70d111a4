"""Nothing came: no sample at all for a while, of something that came before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import Field, Judged, Verdict, minutes, span
from analytics.questions.watched.series import History

TITLE = "Absence"
SAYS = "Tells you when nothing arrives any more."
# What came within this time before counts as expected; what never came is not missed.
KNOWN = timedelta(days=1)
FIELDS = (Field("window", "Nothing for minutes", "15"),)


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"window": minutes(given, "window")}


def needs(config: Mapping[str, Any]) -> timedelta:
    return timedelta(minutes=config["window"]) + KNOWN


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    start = at - timedelta(minutes=config["window"])
    samples = history.over(start, at).samples
    if samples:
        return Judged(Verdict.CLEAR, float(samples), 1.0, f"{samples:,} within {span(config['window'])}", samples)
    before = history.over(start - KNOWN, start).samples
    if not before:
        return Judged(Verdict.NO_DATA, None, 1.0, f"nothing within {span(needs(config))}")
    return Judged(Verdict.BREACH, 0.0, 1.0, f"nothing for {span(config['window'])}, {before:,} in the day before")
