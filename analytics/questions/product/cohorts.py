"""Who comes back: people by the hour, day, week or month they began in, and how many of them were there again later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from analytics.questions.product import presence
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.calendar import Calendar
from analytics.questions.product.histories import differs
from analytics.questions.product.presence import Presence
from events.models import Project
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")

# "first": the first time in all that is stored; "recurring": in each bucket that they do it in, so cohorts overlap.
TIMES = ("first", "recurring")
MOST = 60
# Bits of what somebody did; and people whose buckets are laid out as a table at once.
_BEGAN, _RETURNED = 1, 2
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who began in one bucket: `people[k]` of them were there again k buckets later, `people[0]` are all.
    Where `is_whole[k]` is false that bucket is not over, or cut by the period."""

    start: datetime
    people: tuple[int, ...]
    is_whole: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Cohorts:
    """`cohorts[i]` has a column fewer than the one before it. `mean[k]` is the share of people that came back after k
    buckets, of the cohorts that know it whole; None where none does."""

    unit: str
    cohorts: tuple[Cohort, ...]
    mean: tuple[float | None, ...]


def cohorts(
    project: Project, *, begin: str, again: str, scope: Scope, calendar: Calendar, times: str = "first"
) -> Cohorts:
    """The people who did `begin` in the period, by `times`, and who of them did `again` later. Raises BadQuestion."""
    if times not in TIMES:
        raise BadQuestion(f"People begin for the {' or '.join(TIMES)} time.")
    if len(calendar.starts) > MOST:
        raise BadQuestion(f"A table of cohorts has {MOST} rows at most; ask for longer buckets or a shorter period.")
    since = None if times == "first" else scope.period.start
    # In the order of _BEGAN and _RETURNED.
    met = presence.presence(project.pk, (begin, again), scope, calendar=calendar, since=since)
    found = _counted(met, len(calendar.starts), is_first=times == "first")
    whole = calendar.whole(scope.period)
    made = tuple(
        Cohort(start, tuple(found[place][place:]), whole[place:]) for place, start in enumerate(calendar.starts)
    )
    return Cohorts(calendar.unit, made, mean(made))


def _counted(found: Presence, size: int, *, is_first: bool) -> list[list[int]]:
    """By the bucket in which people began: how many were there again in each later one; in its own, how many began."""
    began, returned = found.where(_BEGAN), found.where(_RETURNED)
    if is_first:
        is_least = differs(began.person)  # of a person, places ascend
        began = Presence(began.person[is_least], began.place[is_least], began.did[is_least])
    counts = np.zeros((size, size), np.int64)
    people = int(found.person[-1]) + 1 if len(found.person) else 0
    for first in range(0, people, _AT_ONCE):
        there, again = (_table(one, first, min(_AT_ONCE, people - first), size) for one in (began, returned))
        own = np.triu((there.T @ again), 1)
        counts += (own + np.diag(there.sum(axis=0))).astype(np.int64)
    table: list[list[int]] = counts.tolist()
    return table


def _table(found: Presence, first: int, people: int, size: int) -> npt.NDArray[np.float32]:
    """1 where a person was at a place, of so many people from `first` on. Sums of it are exact below 16 million."""
    low, high = np.searchsorted(found.person, [first, first + people])
    person, place = found.person[low:high] - first, found.place[low:high]
    table = np.zeros((people, size), np.float32)
    table[person[place >= 0], place[place >= 0]] = 1
    return table


def mean(found: Sequence[Cohort]) -> tuple[float | None, ...]:
    """The share of people that came back, by buckets later, of the cohorts that know it whole."""
    return tuple(_mean(found, later) for later in range(len(found)))


def _mean(found: Sequence[Cohort], later: int) -> float | None:
    known = [one for one in found if len(one.people) > later and one.is_whole[later] and one.is_whole[0]]
    people = sum(one.people[0] for one in known)
    return sum(one.people[later] for one in known) / people if people else None
