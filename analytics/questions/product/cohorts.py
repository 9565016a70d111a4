"""Who comes back: people by the hour, day, week or month they began in, and how many of them were there again later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import engine
from analytics.questions.product import acts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.calendar import Calendar
from events.models import Project

# "first": the first time in all that is stored; "recurring": in each bucket that they do it in, so cohorts overlap.
TIMES = ("first", "recurring")
MOST = 60


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
    bound: dict[str, Any] = {"start": scope.period.start, "end": scope.period.end}
    place = calendar.place(acts.us())
    counted = acts.counted(scope, bound, in_period=False)
    began = "SELECT DISTINCT who, place FROM acts WHERE begins AND is_inside"
    if times == "first":
        began = "SELECT who, place FROM firsts WHERE is_inside"
    sql = f"""
        WITH acts AS (
            SELECT {acts.who()} AS who, {place} AS place, e."at" >= $start AS is_inside,
                   {acts.meant("begin", begin, bound, scope.actions)} AS begins,
                   {acts.meant("again", again, bound, scope.actions)} AS returns
            FROM events e WHERE {counted}
        ), firsts AS (
            SELECT who, min(place) AS place, min(CASE WHEN is_inside THEN 1 ELSE 0 END) = 1 AS is_inside
            FROM acts WHERE begins GROUP BY who
        ), began AS ({began}),
        returned AS (SELECT DISTINCT who, place FROM acts WHERE returns AND is_inside)
        SELECT place, 0 AS later, count(*) AS people FROM began GROUP BY 1
        UNION ALL
        SELECT b.place, r.place - b.place, count(*) FROM began b JOIN returned r ON r.who = b.who
        WHERE r.place > b.place GROUP BY 1, 2
    """
    since = None if times == "first" else scope.period.start
    with engine.read(project.pk, {"events": (since, scope.period.end)}, with_persons=True) as facts:
        found = {(row["place"], row["later"]): row["people"] for row in facts.ask(sql, bound)}
    whole, count = calendar.whole(scope.period), len(calendar.starts)
    made = tuple(
        Cohort(start, tuple(found.get((place, later), 0) for later in range(count - place)), whole[place:])
        for place, start in enumerate(calendar.starts)
    )
    return Cohorts(calendar.unit, made, mean(made))


def mean(found: Sequence[Cohort]) -> tuple[float | None, ...]:
    """The share of people that came back, by buckets later, of the cohorts that know it whole."""
    return tuple(_mean(found, later) for later in range(len(found)))


def _mean(found: Sequence[Cohort], later: int) -> float | None:
    known = [one for one in found if len(one.people) > later and one.is_whole[later] and one.is_whole[0]]
    people = sum(one.people[0] for one in known)
    return sum(one.people[later] for one in known) / people if people else None
