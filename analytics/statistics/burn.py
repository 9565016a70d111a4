"""Error budgets and how fast they burn, pure: the arithmetic of the SRE Workbook, chapter "Alerting on SLOs".

An objective says which share of events is good over a window of days; the rest is its budget. A burn of 1 spends the
budget exactly within the window, one of 14.4 within 2.1 of 30 days. An alert has two windows: the long one says that it
matters, the short one, a twelfth of it, that it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows, and the share of the budget in percent that is spent in the long one when an alert fires."""

    name: str
    long: timedelta
    short: timedelta
    share: float
    is_page: bool


# Table 5-8 of the chapter and, for a day, the rules that follow it.
PAIRS = {
    pair.name: pair
    for pair in (
        Pair("1h", HOUR, timedelta(minutes=5), 2.0, is_page=True),
        Pair("6h", 6 * HOUR, timedelta(minutes=30), 5.0, is_page=True),
        Pair("24h", 24 * HOUR, 2 * HOUR, 10.0, is_page=False),
        Pair("3d", 72 * HOUR, 6 * HOUR, 10.0, is_page=False),
    )
}


@dataclass(frozen=True, slots=True)
class Seen:
    """How many events a window held, and how many of them were bad."""

    total: int
    bad: int


class Verdict(StrEnum):
    """What a pair of windows says. LITTLE: not enough traffic to say anything, which is no health."""

    NO_DATA = "no_data"
    LITTLE = "little"
    BREACH = "breach"
    BETWEEN = "between"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Guard:
    """What a long window must hold before it says anything, and how many bad events before it alerts."""

    total: int
    bad: int


@dataclass(frozen=True, slots=True)
class Burning:
    """What a pair says, with the burn of each window (None without any event) and the burn beyond which it alerts."""

    verdict: Verdict
    long: float | None
    short: float | None
    limit: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What a window holds, and how much it may: `allowed` bad events of as many as there were."""

    seen: Seen
    allowed: float

    @property
    def spent(self) -> float | None:
        """The share of the budget that is spent, 1 for all of it; None without any event."""
        return self.seen.bad / self.allowed if self.seen.total else None

    @property
    def left(self) -> float | None:
        """The share that is left, below 0 when more was spent than there was."""
        return None if self.spent is None else 1 - self.spent


def ratio(seen: Seen) -> float | None:
    """The share of bad events; None where there is none at all: no data is no health."""
    return seen.bad / seen.total if seen.total else None


def burn(seen: Seen, *, target: float) -> float | None:
    """How many times faster than allowed the budget of a target (in percent) is spent."""
    found = ratio(seen)
    return None if found is None else found / allowance(target)


def allowance(target: float) -> float:
    """The share of events that may be bad."""
    return (100 - target) / 100


def factor(pair: Pair, *, period: timedelta) -> float:
    """The burn that spends the pair's share of the budget of `period` within its long window."""
    return pair.share / 100 * (period / pair.long)


def limit(pair: Pair, *, period: timedelta) -> float:
    """The burn beyond which the pair alerts: its factor, and never below 1, at which the budget lasts the period."""
    return max(1.0, factor(pair, period=period))


def judge(pair: Pair, long: Seen, short: Seen, *, target: float, period: timedelta, guard: Guard) -> Burning:
    """Both windows beyond the limit: breach. The short one is not: clear. Few events say nothing, and few bad ones
    (one of ten requests is a burn of 100) never alert."""
    beyond = limit(pair, period=period)
    of_long, of_short = burn(long, target=target), burn(short, target=target)
    if of_long is None or of_short is None:
        verdict = Verdict.NO_DATA
    elif long.total < guard.total:
        verdict = Verdict.LITTLE
    elif of_short <= beyond:
        verdict = Verdict.CLEAR
    elif of_long <= beyond:
        verdict = Verdict.BETWEEN
    else:
        verdict = Verdict.BREACH if long.bad >= guard.bad else Verdict.LITTLE
    return Burning(verdict, of_long, of_short, beyond)


def budget(seen: Seen, *, target: float) -> Budget:
    return Budget(seen, seen.total * allowance(target))


def exhaustion(left: float, at_burn: float, *, period: timedelta) -> timedelta | None:
    """When `left` of the budget (1: all of it) is gone at this burn; None where it never is."""
    if at_burn <= 0:
        return None
    return max(timedelta(0), left * period / at_burn)
