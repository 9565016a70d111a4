"""How often something happens, to how many, or what a number of it comes to: along time, cut by what one likes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import engine
from analytics.periods import Period
from analytics.questions.product import acts, visits
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.calendar import Calendar
from events.models import Project

COUNTS = {
    "total": "sum(count)",
    "people": "count(DISTINCT who)",
    "visits": "count(DISTINCT (who, visit))",
}
# Of a numeric property; all but the sum are None where there is none.
NUMBERS = {
    "sum": "coalesce(sum(number), 0)",
    "avg": "avg(number)",
    "min": "min(number)",
    "max": "max(number)",
    "median": "quantile_cont(number, 0.5)",
    "p75": "quantile_cont(number, 0.75)",
    "p90": "quantile_cont(number, 0.9)",
    "p95": "quantile_cont(number, 0.95)",
    "p99": "quantile_cont(number, 0.99)",
}
MEASURES = {**COUNTS, **NUMBERS}
EMPTY = dict.fromkeys((*COUNTS, "sum"), 0.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One value of what is cut by; `total` is of the whole period, which people of several steps count once in."""

    value: str
    is_other: bool
    total: float | None
    numbers: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """Lines over the buckets that begin at `starts`, the largest first, "(other)" last. Where `is_whole` is false the
    period cuts the bucket. `values` is how many different ones there are."""

    starts: tuple[datetime, ...]
    is_whole: tuple[bool, ...]
    lines: tuple[Line, ...]
    values: int


def trends(
    project: Project,
    *,
    event: str,
    scope: Scope,
    calendar: Calendar,
    measure: str = "total",
    of: str = "",
    by: str = "",
    most: int = 8,
) -> Trend:
    """The `measure` of an event (a name, a path, or EVERY), of the numeric property `of` for NUMBERS, cut `by` a column
    or property. "(other)" counts its own people: it is no sum. Raises BadQuestion."""
    if measure not in MEASURES:
        raise BadQuestion(f"Trends measure {', '.join(MEASURES)}.")
    if measure in NUMBERS and not of:
        raise BadQuestion("Name the property whose numbers are meant.")
    bound: dict[str, Any] = {"environment": scope.environment, "with_bots": scope.with_bots}
    tables, source, read = "", "events", scope.period
    if measure == "visits":
        tables, source = f"{visits.numbered('e.*')},", "looked"
        read = visits.read_period(scope.period)
    # What adds up is counted before anything else is asked of it, and whose it was is asked where people are counted.
    counted = "counted AS (SELECT * FROM acts)"
    if measure == "total":
        counted = "counted AS (SELECT place, cut, count(*) AS count FROM acts GROUP BY ALL)"
    sql = f"""
        WITH {tables} acts AS (
            SELECT {acts.who()} AS who, {"e.visit" if tables else "0"} AS visit,
                   {calendar.place(acts.us())} AS place,
                   {acts.number(of, bound) if of else "NULL"} AS number,
                   {f"coalesce({acts.cut(by, 'by', bound)}, '{visits.NONE}')" if by else "''"} AS cut
            FROM {source} e WHERE {acts.meant("event", event, bound)} AND {acts.counted(scope, bound)}
        ), {counted}, {acts.folded("counted", by=by, order=MEASURES[measure], most=most)}
        SELECT line, place, max(cut) AS value, max(different) AS different, {MEASURES[measure]} AS measured
        FROM folded GROUP BY GROUPING SETS ((line, place), (line))
    """
    with engine.read(project.pk, {"events": read}, with_persons=measure == "people") as facts:
        rows = facts.ask(sql, bound)
    return _trend(rows, calendar, scope.period, empty=EMPTY.get(measure))


def _trend(rows: Iterable[dict[str, Any]], calendar: Calendar, period: Period, *, empty: float | None) -> Trend:
    names: dict[int, str] = {}
    found: dict[int, dict[int | None, float | None]] = defaultdict(dict)
    values = 0
    for row in rows:
        names[row["line"]], values = row["value"], row["different"]
        found[row["line"]][row["place"]] = None if row["measured"] is None else float(row["measured"])
    places = range(len(calendar.starts))
    lines = [
        Line(names[line] if line else acts.OTHER, not line, own[None], tuple(own.get(place, empty) for place in places))
        for line, own in sorted(found.items(), key=lambda pair: (not pair[0], pair[0]))
    ]
    return Trend(calendar.starts, calendar.whole(period), tuple(lines), values)
