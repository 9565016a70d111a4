"""People with a variant of a feature flag do worse than those with another one."""

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
from analytics.questions.variants.exposures import HELD_OUT
from analytics.questions.watched import conversions, variants
from analytics.questions.watched.series import History
from analytics.statistics import ratios

TITLE = "Feature flag"
SAYS = "Tells you when people with a variant of a flag do something less often, or more often, than those without."
METRIC = variants.METRIC
IS_PROMPT = False
GONE = Judged(Verdict.NO_DATA, words="nobody is shown this variant any more")
# It is looked at again and again: what chance does once in a thousand looks alerts nobody.
SURPRISE = 0.001
SIDES = {"less": "less often", "more": "more often"}
FIELDS = (
    Field("flag", "When people with the flag", longest=200, help="Its key."),
    Field("goal", "do", longest=200, help="An event or a page: order paid, /thanks, $exception"),
    Field("side", "", "less", tuple(SIDES.items())),
    Field(
        "control", "than people with", "control", longest=200,
        help="All others are compared with it; false where a flag has no variants.",
    ),
    Field("percent", "by more than percent", "10"),
    Field("within", "within minutes of the flag", "60", help="At most a day: so long an anonymous visitor is known."),
    Field("window", "of those who met it in minutes", "1440"),
    Field("min_samples", "with at least so many people each", "100"),
)  # fmt: skip


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    flag, control = event(given, "flag"), event(given, "control")
    if control.startswith(HELD_OUT):
        raise InvalidRule("control", "People who are held out are compared with nobody.")
    return {
        "flag": flag,
        "goal": event(given, "goal"),
        "side": choice({"side": "less", **given}, "side", tuple(SIDES)),
        "control": control,
        "percent": number({"percent": 10, **given}, "percent", least=0, most=1_000_000),
        "within": minutes(given, "within", most=1440),
        "window": minutes(given, "window"),
        "min_samples": whole({"min_samples": 100, **given}, "min_samples", most=1_000_000),
    }


def check(config: Mapping[str, Any], where: Mapping[str, Sequence[str]], group_by: Sequence[str]) -> None:
    cut(conversions.COLUMNS, where, (), "A feature flag")
    if group_by:
        raise InvalidRule("group_by", "Each variant is a group of its own.")


def names(group_by: Sequence[str]) -> tuple[str, ...]:
    return ("variant",)


def needs(config: Mapping[str, Any]) -> timedelta:
    return timedelta(minutes=config["within"] + config["window"])


def read(asked: Asked) -> list[History]:
    config = asked.config
    return list(
        variants.variants(
            asked.project.pk, config["flag"], config["control"], config["goal"], where=asked.where,
            within=timedelta(minutes=config["within"]), period=asked.period,
        )
    )  # fmt: skip


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    """Of people who had the time to do it since they met the flag."""
    end = at - timedelta(minutes=config["within"])
    start = end - timedelta(minutes=config["window"])
    found = history.over(start, end)
    other = history.other.over(start, end) if isinstance(history, variants.Beside) and history.other else None
    if found.value is None or other is None or other.value is None:
        return Judged(Verdict.NO_DATA, found.value, None, f"nobody with {config['control']} to compare", found.samples)
    fewest = min(found.samples, other.samples)
    if fewest < config["min_samples"]:
        return Judged(Verdict.NO_DATA, found.value, None, f"too few people ({fewest:,})", found.samples)
    is_less = config["side"] == "less"
    limit = other.value * (1 + (-1 if is_less else 1) * config["percent"] / 100)
    p = ratios.surprise(found.bad, found.samples, other.bad, other.samples)
    is_beyond = (found.value < limit if is_less else found.value > limit) and p is not None and p < SURPRISE
    words = (
        f"{said(found.value, '%')} of {found.samples:,} people over {span(config['window'])}, "
        f"{said(other.value, '%')} of {other.samples:,} with {config['control']}"
    )
    return Judged(Verdict.BREACH if is_beyond else Verdict.CLEAR, found.value, limit, words, found.samples)


def says(config: Mapping[str, Any]) -> str:
    return (
        f"“{config['goal']}” of people with the flag {config['flag']}, {SIDES[config['side']]} than {config['control']}"
    )
