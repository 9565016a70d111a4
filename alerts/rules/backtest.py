"""What a rule would have done: the same judgement and the same state machine over what has happened already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from alerts.models import Rule
from alerts.rules import standing
from alerts.rules.contract import Judged, Kind
from alerts.rules.evaluation import COARSE, judged_until, policy_of
from alerts.rules.kinds import KINDS
from alerts.rules.standing import Policy, Standing
from analytics.periods import Period
from analytics.questions.watched import series
from analytics.questions.watched.metrics import metric_of
from analytics.questions.watched.series import History, Labels

LENGTH = timedelta(days=14)
MOST_GROUPS = 10
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
    kind, policy = KINDS[rule.kind], policy_of(rule)
    needs, end = kind.needs(rule.config), judged_until(now)
    end -= timedelta(minutes=end.minute % 5)
    start = end - LENGTH
    found = series.histories(
        rule.project_id, metric_of(rule.metric), period=Period(start - needs, end), now=now, where=rule.where,
        group_by=rule.group_by, step=COARSE,
    )[:MOST_GROUPS]  # fmt: skip
    episodes = [one for history in found for one in _episodes(rule, kind, policy, history, start, end)]
    present = tuple((history.labels, kind.judge(rule.config, history, at=end)) for history in found)
    hours = list(found[0].along(start, end, timedelta(hours=2))) if found else []
    return Backtest(
        start, tuple(sorted(episodes, key=lambda one: one.began)), present,
        tuple((at, value.value) for at, value in hours),
    )  # fmt: skip


def _episodes(
    rule: Rule, kind: Kind, policy: Policy, history: History, start: datetime, end: datetime
) -> Iterator[Episode]:
    stands, began, at = Standing(), None, start + COARSE
    while at <= end:
        after = standing.step(stands, kind.judge(rule.config, history, at=at).verdict, policy, now=at)
        if standing.began(stands, after):
            began = at
        elif standing.ended(stands, after) and began is not None:
            yield Episode(history.labels, began, at)
            began = None
        stands, at = after, at + COARSE
    if began is not None:
        yield Episode(history.labels, began, None)
