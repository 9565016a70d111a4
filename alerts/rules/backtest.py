"""What a rule would have done: the same judgement and the same state machine over what has happened already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from alerts.models import Rule
from alerts.rules import standing, watching
from alerts.rules.contract import Judged
from alerts.rules.evaluation import policy_of
from alerts.rules.kinds import KINDS, SOURCES, STEPS
from alerts.rules.standing import Policy, Standing
from alerts.rules.watching import COARSE
from analytics.periods import Period
from analytics.questions.watched.series import History, Labels

LENGTH = timedelta(days=14)
MOST_GROUPS = 10
# Of issues and jobs, each of which is a group with few moments.
MOST_SOURCED = 50
# An alert that ends by itself within so short a time was hardly worth a message.
SHORT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Episode:
    """From firing to its end; None: it would fire still."""

    labels: Labels
    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """What the rule would have done since `start`, looked at every COARSE; `present` is its judgement now, by group."""

    start: datetime
    episodes: tuple[Episode, ...]
    present: tuple[tuple[Labels, Judged], ...]
    series: tuple[tuple[datetime, float | None], ...]

    @property
    def a_week(self) -> float:
        return len(self.episodes) / (LENGTH / timedelta(weeks=1))

    @property
    def median_minutes(self) -> float | None:
        lasted = [(one.ended - one.began) / timedelta(minutes=1) for one in self.episodes if one.ended]
        return median(lasted) if lasted else None

    @property
    def short(self) -> int:
        """How many would have ended by themselves at once."""
        return sum(one.ended is not None and one.ended - one.began <= SHORT for one in self.episodes)

    @property
    def words(self) -> str:
        """The whole in one sentence."""
        if not self.episodes:
            return "It would not have fired in the last 14 days."
        times = "once" if len(self.episodes) == 1 else f"{len(self.episodes)} times"
        lasted = f", half of them for {self.median_minutes:.0f} min or less" if self.median_minutes else ""
        brief = f"; {self.short} ended within 5 min: a longer wait would spare you those" if self.short else ""
        return f"It would have fired {times} in the last 14 days{lasted}{brief}."


def backtest(rule: Rule, *, now: datetime) -> Backtest:
    """Run a rule, stored or not, over the last 14 days."""
    policy, needs, end = policy_of(rule), KINDS[rule.kind].needs(rule.config), watching.judged_until(now)
    end -= timedelta(minutes=end.minute % 5)
    start, every = end - LENGTH, STEPS.get(rule.kind, COARSE)
    most = MOST_SOURCED if rule.kind in SOURCES else MOST_GROUPS
    found = watching.along(rule, Period(start - needs, end), step=every, now=now, is_past=True)[:most]
    episodes = [one for history in found for one in _episodes(rule, policy, history, start, end, every)]
    present = tuple((history.labels, watching.judge(rule, history, at=end)) for history in found[:MOST_GROUPS])
    hours = list(found[0].along(start, end, timedelta(hours=2))) if found else []
    return Backtest(
        start, tuple(sorted(episodes, key=lambda one: one.began)), present,
        tuple((at, value.value) for at, value in hours),
    )  # fmt: skip


def _episodes(
    rule: Rule, policy: Policy, history: History, start: datetime, end: datetime, every: timedelta
) -> Iterator[Episode]:
    stands, began, at = Standing(), None, start + every
    while at <= end:
        after = standing.step(stands, watching.judge(rule, history, at=at).verdict, policy, now=at)
        if standing.began(stands, after):
            began = at
        elif standing.ended(stands, after) and began is not None:
            yield Episode(history.labels, began, at)
            began = None
        stands, at = after, at + every
    if began is not None:
        yield Episode(history.labels, began, None)
