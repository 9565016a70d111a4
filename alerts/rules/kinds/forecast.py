"""What will be: the metric crosses a number within a time, as its season and its trend go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import Field, Judged, Verdict, choice, number, said, span, whole
from analytics.questions.watched.series import History
from analytics.statistics import forecast

TITLE = "Forecast"
SAYS = "Tells you when a metric is likely to cross a number within a time, as its season and its trend go on."
HOUR = timedelta(hours=1)
SIDES = {"above": "rises above", "below": "falls below"}
SEASONS = {"day": "days", "week": "weeks"}
_HOURS = {"day": 24, "week": 168}
# Two weeks show days, and four weeks show weeks.
_READ = {"day": timedelta(days=14), "week": timedelta(days=28)}
FIELDS = (
    Field("side", "When it", "above", tuple(SIDES.items())),
    Field("threshold", "this number", help="In the metric's unit, of an hour."),
    Field("horizon", "within hours", "24"),
    Field("season", "as it repeats by", "day", tuple(SEASONS.items()), help="At least three of them must be known."),
    Field("probability", "with a probability of percent", "80", help="Less certain ones tell more often, and in vain."),
)


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "side": choice(given, "side", tuple(SIDES)),
        "threshold": number(given, "threshold"),
        "horizon": whole({"horizon": 24, **given}, "horizon", most=168),
        "season": choice({"season": "day", **given}, "season", tuple(SEASONS)),
        "probability": number({"probability": 80, **given}, "probability", least=50, most=99),
    }


def needs(config: Mapping[str, Any]) -> timedelta:
    return _READ[config["season"]] + HOUR


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    """By whole hours, up to the last that is over."""
    end, limit, unit = at.replace(minute=0, second=0, microsecond=0), config["threshold"], history.metric.unit
    hours = [value for _, value in history.along(end - _READ[config["season"]], end, HOUR)]
    first = next((place for place, value in enumerate(hours) if value.samples), len(hours))
    known, season = [value.value for value in hours[first:]], _HOURS[config["season"]]
    found = forecast.forecast(
        known, season=season, horizon=config["horizon"], limit=limit, is_above=config["side"] == "above"
    )
    if found is None:
        words = (
            f"insufficient history: {len(known) / season:.1f} of {forecast.LEAST_SEASONS} {SEASONS[config['season']]}"
        )
        return Judged(Verdict.NO_DATA, None, limit, words, len(known))
    words = (
        f"{100 * found.probability:.0f} % likely {config['side']} {said(limit, unit)} within {config['horizon']} h"
        f"{_when(found)}, now {said(known[-1], unit)}, of {found.points:,} hours"
    )
    least = config["probability"] / 100
    if found.probability >= least and found.is_agreeing:
        verdict = Verdict.BREACH
    else:
        verdict = Verdict.BETWEEN if found.probability >= least / 2 and found.is_agreeing else Verdict.CLEAR
    return Judged(verdict, known[-1], limit, words, found.points)


def _when(found: forecast.Forecast) -> str:
    """In about 5 h (3 h to 9 h); an end that lies beyond the horizon is left open."""
    if found.median is None or found.first is None:
        return ""
    last = span(found.last * 60) if found.last is not None else "later"
    return f", in about {span(found.median * 60)} ({span(found.first * 60)} to {last})"
