"""Fewer of those who begin something reach its goal: below a share, or much less than before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import (
    Asked,
    Field,
    InvalidRule,
    Judged,
    Verdict,
    choice,
    cut,
    event,
    minutes,
    number,
    said,
    span,
    whole,
)
from alerts.rules.kinds import change
from analytics.questions.watched import conversions
from analytics.questions.watched.series import History, Value
from analytics.statistics import comparisons

TITLE = "Conversion"
SAYS = "Tells you when fewer of those who begin something reach its goal."
METRIC = conversions.METRIC
IS_PROMPT = False
GONE = Judged(Verdict.NO_DATA, words="nobody begins it any more")
SIDES = {"below": "is below", "fall": "falls by more than"}
FIELDS = (
    Field("start", "Of those who do", longest=200, help="An event's name, or the path of a page: /checkout"),
    Field("goal", "the share that does", longest=200, help="An event or a page as well: order paid"),
    Field("within", "within minutes", "30", help="At most a day: so long an anonymous visitor is known."),
    Field("side", "", "fall", tuple(SIDES.items())),
    Field("percent", "percent", "30"),
    Field("against", "against", "day", tuple(change.AGAINST.items()), help="Of a fall alone."),
    Field("window", "over minutes", "60"),
    Field("min_samples", "with at least so many attempts", "50", help="Fewer say nothing of a share."),
)  # fmt: skip


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    start, goal = event(given, "start"), event(given, "goal")
    if start == goal:
        raise InvalidRule("goal", "It must be something else than what it begins with.")
    side = choice(given, "side", tuple(SIDES))
    return {
        "start": start,
        "goal": goal,
        "within": minutes(given, "within", most=1440),
        "side": side,
        "percent": number(given, "percent", least=0.01, most=100),
        "against": choice({"against": "day", **given}, "against", tuple(change.AGAINST)) if side == "fall" else "",
        "window": minutes(given, "window"),
        "min_samples": whole({"min_samples": 50, **given}, "min_samples", most=1_000_000),
    }


def check(config: Mapping[str, Any], where: Mapping[str, Sequence[str]], group_by: Sequence[str]) -> None:
    cut(conversions.COLUMNS, where, group_by, "A conversion")


def names(group_by: Sequence[str]) -> tuple[str, ...]:
    return tuple(group_by)


def needs(config: Mapping[str, Any]) -> timedelta:
    return timedelta(minutes=config["within"] + config["window"]) + _ago(config)


def read(asked: Asked) -> list[History]:
    return conversions.conversions(
        asked.project.pk, asked.config["start"], asked.config["goal"], period=asked.period, where=asked.where,
        within=timedelta(minutes=asked.config["within"]), group_by=asked.group_by,
    )  # fmt: skip


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    """Of attempts that had the time to convert."""
    end, window = at - timedelta(minutes=config["within"]), timedelta(minutes=config["window"])
    found = history.over(end - window, end)
    if found.value is None or found.samples < config["min_samples"]:
        return Judged(Verdict.NO_DATA, None, None, f"too few attempts ({found.samples:,})", found.samples)
    if config["side"] == "below":
        limit, verdict, beside = config["percent"], found.value < config["percent"], said(config["percent"], "%")
        words = f"{_counted(config, found)}, {'below' if verdict else 'not below'} {beside}"
        return Judged(Verdict.BREACH if verdict else Verdict.CLEAR, found.value, limit, words, found.samples)
    past = history.over(end - window - _ago(config), end - _ago(config))
    if past.value is None or past.samples < config["min_samples"]:
        return Judged(Verdict.NO_DATA, None, None, f"too few attempts before ({past.samples:,})", found.samples)
    limit = past.value * (1 - config["percent"] / 100)
    compared = comparisons.shares(found.bad, found.samples, past.bad, past.samples)
    is_clear = compared.high is not None and compared.high < 0  # a fall that may be chance is none
    words = f"{_counted(config, found)}, {said(past.value, '%')} in {change.AGAINST[config['against']]}"
    verdict = found.value < limit and is_clear
    return Judged(Verdict.BREACH if verdict else Verdict.CLEAR, found.value, limit, words, found.samples)


def says(config: Mapping[str, Any]) -> str:
    return f"From “{config['start']}” to “{config['goal']}” within {span(config['within'])}"


def _ago(config: Mapping[str, Any]) -> timedelta:
    if config["side"] == "below":
        return timedelta()
    return change.AGO.get(config["against"], timedelta(minutes=config["window"]))


def _counted(config: Mapping[str, Any], found: Value) -> str:
    return f"{said(found.value, '%')} of {found.samples:,} attempts over {span(config['window'])}"
