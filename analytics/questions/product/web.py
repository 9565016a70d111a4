"""Web analytics on one page: visitors, visits, page views, bounces and durations, over time and cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from analytics import engine, periods
from analytics.engine import Facts, filters
from analytics.periods import Period
from analytics.questions.product import visit_walk, visits
from analytics.questions.product.funnel_walk import whole_people
from analytics.questions.product.visit_walk import Lines, Tally
from events.models import Project
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

# Beyond so many names all of them are read: a list of what is wanted would be longer than the answer.
_MOST_NAMED = 1_000


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
    where = where or {}
    step = periods.step_for(period)
    starts = tuple(periods.buckets(period, step))
    with engine.read(project.pk, {"events": visits.read_period(period)}) as facts:
        tally = Tally(
            begin=filters.microseconds(period.start), end=filters.microseconds(period.end),
            first=filters.microseconds(starts[0]), width=filters.width(step), steps=len(starts),
            where=_codes(facts, where), lists=lists,
        )  # fmt: skip
        bound = {"environment": environment, "with_bots": with_bots}
        for table in whole_people(facts.stream(visits.looked({*lists, *where}), {**bound, **visits.NAMES})):
            tally.add(table)
        found = {name: _lines(facts, name, lines, most=most) for name, lines in tally.lists.items()}
    trend = tuple((visitors, count, views) for visitors, count, views in tally.trend.T.tolist())
    return Web(_counted(tally), starts, step, trend, found)


def _counted(tally: Tally) -> Counted:
    lasted = np.concatenate(tally.lasted) if tally.lasted else np.zeros(0)
    count, views = len(lasted), int(tally.trend[2].sum())
    median, mean = (float(np.median(lasted)), float(np.mean(lasted))) if count else (None, None)
    return Counted(tally.visitors, count, views, tally.viewing, tally.bounces, median, mean)


def _codes(facts: Facts, where: Mapping[str, str]) -> dict[str, Collection[int]]:
    """The codes that fulfil each condition; what is there on no visit is called NONE."""
    if not where:
        return {}
    coded = ", ".join(f"hash(CAST(${name} AS VARCHAR)) AS {name}" for name in where)
    [row] = facts.ask(f"SELECT {coded}", where)
    return {name: {row[name], *([visit_walk.NONE] if where[name] == visits.NONE else [])} for name in where}


def _lines(facts: Facts, name: str, lines: Lines, *, most: int) -> tuple[Line, ...]:
    """The `most` lines of a list; of equal ones the names decide, so those that may be shown are named first."""
    codes, numbers = lines.summed()
    ranked = np.lexsort((-numbers[1], -numbers[0]))
    if len(ranked) > most:
        last = numbers[:2, ranked[most - 1]]
        is_equal = (numbers[0] == last[0]) & (numbers[1] == last[1])
        ranked = ranked[: most + is_equal[ranked[most:]].sum()]
    shown = codes[ranked].tolist()
    names = _names(facts, visits.column_of(name), set(shown))
    found = [
        Line(names.get(code, visits.NONE), *row) for code, row in zip(shown, numbers.T[ranked].tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda line: (-line.visitors, -line.visits, line.value))[:most])


def _names(facts: Facts, column: str, codes: set[int]) -> dict[int, str]:
    wanted = sorted(codes - {visit_walk.NONE})
    if not wanted:
        return {}
    bound: dict[str, Any] = {"codes": wanted} if len(wanted) <= _MOST_NAMED else {}
    only = f"WHERE hash(e.{column}) IN $codes" if bound else ""
    found = facts.ask(f"SELECT DISTINCT e.{column} AS name, hash(e.{column}) AS code FROM events e {only}", bound)
    return {row["code"]: row["name"] for row in found if row["code"] in codes}
