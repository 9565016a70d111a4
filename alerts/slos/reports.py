"""What an objective stands at: what is left of its budget, how fast it burns, and when it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.models import Objective
from alerts.rules.kinds import burn_rate
from alerts.rules.watching import judged_until
from alerts.slos import indicators
from analytics.periods import Period
from analytics.questions.watched import series
from analytics.questions.watched.series import Value
from analytics.statistics import burn
from analytics.statistics.burn import PAIRS, Budget, Burning, Guard, Pair, Seen, Verdict

# The burn that the time to exhaustion is told by: long enough to be calm, short enough to be present.
PRESENT = PAIRS["6h"]
HOUR = timedelta(hours=1)


class State(StrEnum):
    """Where an objective stands, the worst first."""

    FAST = "fast"
    SLOW = "slow"
    SPENT = "spent"
    NO_DATA = "no_data"
    LITTLE = "little"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Row:
    """One pair of windows: what they held and what they say."""

    pair: Pair
    long: Seen
    short: Seen
    burning: Burning
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """An objective at a moment. `gone` is when the budget is spent at the burn of PRESENT's long window."""

    objective: Objective
    start: datetime
    at: datetime
    budget: Budget
    rows: tuple[Row, ...]
    state: State
    gone: timedelta | None

    @property
    def good(self) -> float | None:
        """The share of good events in percent."""
        seen = self.budget.seen
        return 100 * (1 - seen.bad / seen.total) if seen.total else None

    @property
    def present(self) -> float | None:
        """The burn that `gone` rests on; None where there is too little traffic."""
        return present(self.rows)


def report(objective: Objective, *, now: datetime) -> Report:
    """Read from the rollups up to the minute that rules are judged at."""
    at, period = judged_until(now), timedelta(days=objective.days)
    rows = tuple(_row(objective, pair, period, at=at, now=now) for pair in PAIRS.values())
    budget = burn.budget(_seen(objective, at - period, at, now=now), target=objective.target)
    pace = present(rows)
    left = budget.left
    gone = burn.exhaustion(left, pace, period=period) if left is not None and pace is not None and pace > 1 else None
    return Report(objective, at - period, at, budget, rows, state(objective, budget, rows), gone)


def state(objective: Objective, budget: Budget, rows: Sequence[Row]) -> State:
    """The worst that is known; no data and little traffic are no health."""
    breached = [row.pair.is_page for row in rows if row.burning.verdict is Verdict.BREACH]
    if breached:
        return State.FAST if any(breached) else State.SLOW
    if budget.left is None:
        return State.NO_DATA
    if budget.seen.total < objective.min_total:
        return State.LITTLE
    if budget.left <= 0:
        return State.SPENT
    judged = [row for row in rows if row.burning.verdict in (Verdict.CLEAR, Verdict.BETWEEN)]
    return State.WELL if judged else State.LITTLE


def present(rows: Sequence[Row]) -> float | None:
    """The burn of PRESENT's long window, where it held enough to say anything."""
    row = next(row for row in rows if row.pair is PRESENT)
    return None if row.burning.verdict in (Verdict.NO_DATA, Verdict.LITTLE) else row.burning.long


def course(objective: Objective, *, now: datetime, step: timedelta = HOUR) -> list[tuple[datetime, float | None]]:
    """What was left of the window's whole budget after each step, in percent; None until the first event.

    The budget is that of all the window's events, so that the course ends at what is left now.
    """
    at, period = judged_until(now), timedelta(days=objective.days)
    (history,) = series.histories(
        objective.project_id, indicators.metric(objective), period=Period(at - period, at), now=now,
        where=objective.where, step=step,
    )  # fmt: skip
    first = history.at[0] if history.at else at
    steps = [(start + step, value) for start, value in history.along(first, at, step)]
    allowed = burn.budget(Seen(sum(value.samples for _, value in steps), 0), target=objective.target).allowed
    found: list[tuple[datetime, float | None]] = []
    total = bad = 0
    for end, value in steps:
        total, bad = total + value.samples, bad + value.bad
        found.append((min(end, at), 100 * (1 - bad / allowed) if total else None))
    return found


def _row(objective: Objective, pair: Pair, period: timedelta, *, at: datetime, now: datetime) -> Row:
    long = _seen(objective, at - pair.long, at, now=now)
    short = _seen(objective, at - pair.short, at, now=now)
    guard = Guard(objective.min_total, objective.min_bad)
    burning = burn.judge(pair, long, short, target=objective.target, period=period, guard=guard)
    return Row(pair, long, short, burning, burn_rate.said(burning, pair, long, guard, period))


def _seen(objective: Objective, start: datetime, end: datetime, *, now: datetime) -> Seen:
    found: Value = series.total(
        objective.project_id, indicators.metric(objective), period=Period(start, end), now=now, where=objective.where
    )
    return Seen(found.samples, found.bad)
