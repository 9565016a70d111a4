"""An error budget is spent too fast: the share of bad events, over a long window and a short one.

The value and the threshold of a judgement are shares in percent, as the metric's; the burn stands in the words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.contract import Field, InvalidRule, Judged, Verdict, choice, number, span
from analytics.questions.watched.series import History
from analytics.statistics import burn
from analytics.statistics.burn import PAIRS, Burning, Guard, Pair, Seen

TITLE = "Burn rate"
SAYS = "Tells you when the error budget of a share is spent too fast, over a long window and still in a short one."
DAYS = {"7": "7 days", "28": "28 days", "30": "30 days"}
LEAST_TARGET, MOST_TARGET = 50.0, 99.999
FIELDS = (
    Field("target", "Good events, percent", "99.9", help="The rest is the budget."),
    Field("days", "over", "30", tuple(DAYS.items())),
    Field(
        "pair", "judged over", "1h",
        tuple((pair.name, f"{span(pair.long)} and {span(pair.short)}") for pair in PAIRS.values()),
        help="The budget's share that may be spent in it: 2 % in 1 h, 5 % in 6 h, 10 % in 1 d and in 3 d.",
    ),
    Field("min_total", "with at least so many events", "100", help="Fewer in the long window say nothing."),
    Field("min_bad", "and so many bad ones", "10", help="Fewer never alert: one of ten requests is a burn of 100."),
)  # fmt: skip
_VERDICTS = {
    burn.Verdict.NO_DATA: Verdict.NO_DATA,
    burn.Verdict.LITTLE: Verdict.NO_DATA,
    burn.Verdict.BREACH: Verdict.BREACH,
    burn.Verdict.BETWEEN: Verdict.BETWEEN,
    burn.Verdict.CLEAR: Verdict.CLEAR,
}


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    target = number(given, "target")
    if not LEAST_TARGET <= target <= MOST_TARGET:
        raise InvalidRule("target", f"Between {LEAST_TARGET:g} and {MOST_TARGET:g}: 100 leaves no budget to spend.")
    return {
        "target": target,
        "days": int(choice(given, "days", tuple(DAYS))),
        "pair": choice(given, "pair", tuple(PAIRS)),
        "min_total": _whole({"min_total": 100, **given}, "min_total"),
        "min_bad": _whole({"min_bad": 10, **given}, "min_bad"),
    }


def needs(config: Mapping[str, Any]) -> timedelta:
    return PAIRS[config["pair"]].long


def edges(config: Mapping[str, Any], at: datetime) -> tuple[datetime, ...]:
    """The moments between its windows."""
    pair = PAIRS[config["pair"]]
    return at - pair.long, at - pair.short, at


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    if history.metric.measure != "share":
        raise InvalidRule("metric", "A burn rate is that of a share: of requests that failed, say.")
    pair, period = PAIRS[config["pair"]], timedelta(days=config["days"])
    over_long, over_short = history.over(at - pair.long, at), history.over(at - pair.short, at)
    long, short = Seen(over_long.samples, over_long.bad), Seen(over_short.samples, over_short.bad)
    guard = Guard(config["min_total"], config["min_bad"])
    found = burn.judge(pair, long, short, target=config["target"], period=period, guard=guard)
    threshold = 100 * found.limit * burn.allowance(config["target"])
    words = said(found, pair, long, guard, period)
    return Judged(_VERDICTS[found.verdict], over_long.value, threshold, words, over_long.samples)


def said(found: Burning, pair: Pair, long: Seen, guard: Guard, period: timedelta) -> str:
    """What a pair of windows says, in words."""
    if found.long is None or found.short is None:
        return f"no data in {span(pair.short if found.long is not None else pair.long)}"
    if found.verdict is burn.Verdict.LITTLE:
        if long.total < guard.total:
            return f"not enough traffic: {long.total:,} in {span(pair.long)}, at least {guard.total:,} say something"
        return f"not enough traffic: {long.bad:,} bad in {span(pair.long)}, at least {guard.bad:,} alert"
    words = (
        f"burns {times(found.long)} over {span(pair.long)} and {times(found.short)} over {span(pair.short)}, "
        f"limit {times(found.limit)}"
    )
    if found.verdict is not burn.Verdict.BREACH:
        return words
    gone = burn.exhaustion(1.0, found.long, period=period)
    assert gone is not None  # a breach burns
    return f"{words}: a whole budget in {about(gone)}"


def times(value: float) -> str:
    """A burn as people read it: 14.4×."""
    return f"{value:,.0f}×" if value >= 100 else f"{value:.3g}×"


def about(length: timedelta) -> str:
    """A length of time, roughly: 2.1 d, 5.3 h, 12 min."""
    for size, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h")):
        if length >= size:
            return f"{length / size:.2g} {name}"
    return f"{length / timedelta(minutes=1):.0f} min"


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = number(given, name, least=1, most=1_000_000_000)
    if value != int(value):
        raise InvalidRule(name, "A whole number.")
    return int(value)
