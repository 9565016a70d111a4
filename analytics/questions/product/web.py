"""Web analytics on one page: visitors, visits, page views, bounces and durations, over time and cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analytics import periods
from analytics.engine import filters
from analytics.periods import Period
from analytics.questions.product.visits import NONE
from analytics.questions.visits import days, plans
from analytics.questions.visits.days import Asked, Plan
from analytics.questions.visits.tally import Lines, Tally
from events.models import Project
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True)
class Counted:
    """`bounces` are of visits that saw a page (`viewing`); durations are seconds, None without visits."""

    visitors: int = 0
    visits: int = 0
    views: int = 0
    viewing: int = 0
    bounces: int = 0
    median_seconds: float | None = None
    mean_seconds: float | None = None

    @property
    def bounce_rate(self) -> float | None:
        return self.bounces / self.viewing if self.viewing else None

    @property
    def views_per_visit(self) -> float | None:
        return self.views / self.visits if self.visits else None


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a dimension. Of a page, `views` are its own, and `visits` those that saw it."""

    value: str
    visitors: int
    visits: int
    views: int


@dataclass(frozen=True, slots=True)
class Web:
    """`trend[i]` is (visitors, visits, views) of visits that began from `starts[i]` on for one `step`."""

    total: Counted
    starts: tuple[datetime, ...]
    step: timedelta
    trend: tuple[tuple[int, int, int], ...]
    lists: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)


def web(
    project: Project,
    *,
    period: Period,
    where: Mapping[str, str] | None = None,
    environment: str = "",
    lists: tuple[str, ...] = (),
    most: int = 10,
    with_bots: bool = False,
) -> Web:
    """What happened in the period, of the visits that fulfil `where`; `lists` names what they are cut by.

    Visitors do not add up: those of two days, or of two rows of a list, may be the same.
    """
    step = periods.step_for(period)
    starts = tuple(periods.buckets(period, step))
    asked = Asked(project.pk, period, where or {}, environment, with_bots, lists)
    for plan in (days.plan(asked), days.walk(asked)):
        tally = Tally(first=filters.microseconds(starts[0]), width=filters.width(step), steps=len(starts), lists=lists)
        for visits in days.pieces(plan):
            tally.add(visits)
        found = {name: _lines(plan, name, lines, most=most) for name, lines in tally.lists.items()}
        if plans.still_hold(plan.days):
            break
    trend = tuple((visitors, count, views) for visitors, count, views in tally.trend.T.tolist())
    return Web(_counted(tally), starts, step, trend, found)


def _counted(tally: Tally) -> Counted:
    lasted = np.concatenate(tally.lasted) if tally.lasted else np.zeros(0, np.int64)
    count, views = len(lasted), int(tally.trend[2].sum())
    median, mean = (float(np.median(lasted)) / 1e6, int(lasted.sum()) / count / 1e6) if count else (None, None)
    return Counted(tally.visitors, count, views, tally.viewing, tally.bounces, median, mean)


def _lines(plan: Plan, name: str, lines: Lines, *, most: int) -> tuple[Line, ...]:
    """The `most` lines of a list; of equal ones the names decide, so those that may be shown are named first."""
    codes, numbers = lines.summed()
    ranked = np.lexsort((-numbers[1], -numbers[0]))
    if len(ranked) > most:
        last = numbers[:2, ranked[most - 1]]
        is_equal = (numbers[0] == last[0]) & (numbers[1] == last[1])
        ranked = ranked[: most + is_equal[ranked[most:]].sum()]
    shown = codes[ranked].tolist()
    names = days.names(plan, name, shown)
    found = [Line(names.get(code, NONE), *row) for code, row in zip(shown, numbers.T[ranked].tolist(), strict=True)]
    return tuple(sorted(found, key=lambda line: (-line.visitors, -line.visits, line.value))[:most])
