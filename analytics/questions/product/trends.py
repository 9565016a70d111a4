"""How often something happens, to how many, or what a number of it comes to: along time, cut by what one likes."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from analytics import engine
from analytics.periods import Period
from analytics.questions.product import acts, presence, visits
from analytics.questions.product import calendar as calendars
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.calendar import Calendar
from analytics.questions.visits import quarters
from analytics.questions.visits.totals import totals
from events.models import Project
from events.values.modes import ANONYMOUS, CONSENT

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
# People of so many days that end with the bucket.
ROLLING = {"weekly_actives": 7, "monthly_actives": 30}
MEASURES = {**COUNTS, **dict.fromkeys(ROLLING, "count(DISTINCT who)"), **NUMBERS}
EMPTY = dict.fromkeys((*COUNTS, *ROLLING, "sum"), 0.0)
# The modes in which people, or some of them, are known for one day only.
DAILY = (ANONYMOUS, CONSENT)
KNOWN_FOR_A_DAY = (
    "Visitors of this project are anonymous, or are until they agree: each of those is known for one day only, so "
    "people of several days cannot be told apart. Ask for people by day or hour."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One value of what is cut by; `total` is of the whole period, which people of several steps count once in; of
    ROLLING it is that of the last bucket. `everybody` and `people[i]` are how many people `total` and `numbers[i]` are
    of, where they are counted."""

    value: str
    is_other: bool
    total: float | None
    numbers: tuple[float | None, ...]
    everybody: int | None = None
    people: tuple[int, ...] = ()


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
    shown: Sequence[str] | None = None,
    with_people: bool = False,
) -> Trend:
    """The `measure` of an event (a name, a path, or EVERY), of the numeric property `of` for NUMBERS, cut `by` a column
    or property into its `most` largest values, or into those of `shown`. "(other)" counts its own people: it is no
    sum. Counting people beside the rest takes seconds for millions of events. Raises BadQuestion."""
    if measure not in MEASURES:
        raise BadQuestion(f"Trends measure {', '.join(MEASURES)}.")
    if measure in NUMBERS and not of:
        raise BadQuestion("Name the property whose numbers are meant.")
    is_of_days = measure == "people" and calendar.unit in ("week", "month")
    if project.analytics in DAILY and (measure in ROLLING or is_of_days):
        raise BadQuestion(KNOWN_FOR_A_DAY)
    bound: dict[str, Any] = {"environment": scope.environment, "with_bots": scope.with_bots}
    if shown is not None:
        bound["shown"] = list(shown)
    if measure in ROLLING:
        return _rolling(
            project, event, scope, calendar, days=ROLLING[measure], by=by, most=most, is_given=shown is not None,
            bound=bound,
        )  # fmt: skip
    if measure == "people" and not by and shown is None:
        return _people(project, event, scope, calendar, with_people=with_people)
    if measure == "total" and not with_people and by in ("", *quarters.SAID):
        return _totals(project, event, scope, calendar, by=by, most=most, shown=shown)
    tables, source, read = "", "events", scope.period
    if measure == "visits":
        tables, source = f"{visits.numbered('e.*')},", "looked"
        read = visits.read_period(scope.period)
    said, counted = _counted(by, bound, adds_up=measure == "total" and not with_people)
    meant = acts.meant_alone("event", event, bound, scope.actions)
    sql = f"""
        WITH {tables} acts AS (
            SELECT {acts.who()} AS who, {"e.visit" if tables else "0"} AS visit,
                   {calendar.place(acts.us())} AS place,
                   {acts.number(of, bound) if of else "NULL"} AS number, {said} AS cut
            FROM {source} e WHERE {meant} AND {acts.counted(scope, bound)}
        ), {counted}, {acts.folded("counted", by=by, order=MEASURES[measure], most=most, is_given=shown is not None)}
        SELECT line, place, max(cut) AS value, max(different) AS different, {MEASURES[measure]} AS measured,
               {COUNTS["people"] if with_people else "NULL::BIGINT"} AS people
        FROM folded GROUP BY GROUPING SETS ((line, place), (line))
    """
    with engine.read(project.pk, {"events": read}, with_persons=with_people or measure == "people") as facts:
        rows = facts.ask(sql, bound)
    return _trend(rows, calendar, scope.period, empty=EMPTY.get(measure))


def _counted(by: str, bound: dict[str, Any], *, adds_up: bool) -> tuple[str, str]:
    """SQL of what is cut by, and the table `counted` of the table `acts`. What adds up is counted before anything else
    is asked of it, of a column as it is stored; whose it was is asked where people are counted."""
    cut = f"coalesce({acts.cut(by, 'by', bound)}, '{visits.NONE}')" if by else "''"
    if not adds_up:
        return cut, "counted AS (SELECT *, 1 AS count FROM acts)"
    if by not in acts.COLUMNS:
        return cut, "counted AS (SELECT place, cut, count(*) AS count FROM acts GROUP BY ALL)"
    counted = f"""stored AS (SELECT place, cut, count(*) AS count FROM acts GROUP BY ALL),
        counted AS (
            SELECT place, coalesce(nullif(cut, ''), '{visits.NONE}') AS cut, sum(count)::BIGINT AS count
            FROM stored GROUP BY 1, 2
        )"""
    return f"e.{by}", counted


def _totals(
    project: Project, event: str, scope: Scope, calendar: Calendar, *, by: str, most: int, shown: Sequence[str] | None
) -> Trend:
    """How often, of which days that are over are kept: what adds up is put together here."""
    found = totals(project.pk, event, scope, calendar=calendar, by=by)
    of_value: Counter[str] = Counter()
    for (_, value), count in found.items():
        of_value[value] += count
    ranked = sorted(of_value, key=lambda value: (-of_value[value], value))[:most] if shown is None or not by else shown
    lines = {value: line for line, value in reversed(list(enumerate(ranked, 1)))}
    counts: Counter[tuple[int, int | None]] = Counter()
    for (place, value), count in found.items():
        counts[lines.get(value, 0), place] += count
        counts[lines.get(value, 0), None] += count
    rows = [
        {"line": line, "place": place, "value": ranked[line - 1] if line else "",
         "different": len(of_value) if shown is None or not by else 0, "measured": count, "people": None}
        for (line, place), count in counts.items()
    ]  # fmt: skip
    return _trend(rows, calendar, scope.period, empty=0.0)


def _people(project: Project, event: str, scope: Scope, calendar: Calendar, *, with_people: bool) -> Trend:
    """Different people of each bucket and of all of them: of each only whether he was there is read."""
    found = presence.presence(project.pk, (event,), scope, calendar=calendar, since=scope.period.start)
    counts = [(place, count) for place, count in enumerate(found.per_place(len(calendar.starts))) if count]
    rows = [
        {"line": 1, "place": place, "value": "", "different": 1, "measured": count,
         "people": count if with_people else None}
        for place, count in (*counts, *([(None, found.people)] if found.people else []))
    ]  # fmt: skip
    return _trend(rows, calendar, scope.period, empty=0.0)


def _rolling(
    project: Project,
    event: str,
    scope: Scope,
    calendar: Calendar,
    *,
    days: int,
    by: str,
    most: int,
    is_given: bool,
    bound: dict[str, Any],
) -> Trend:
    """People of the `days` local days that end with each bucket: those before the period count for its first buckets.
    Values are the largest by all people read."""
    if calendar.unit == "hour":
        raise BadQuestion("Weekly and monthly actives go by day, week or month.")
    daily = calendars.calendar(Period(calendar.starts[0], scope.period.end), "day", calendar.zone, before=days - 1)
    ends = [min(bisect_left(daily.edges, end), len(daily.edges) - 1) for end in calendar.edges[1:]]
    # The period may end within its last bucket: the days that end there are those up to its own last day.
    bound |= {"ends": ends, "days": days}
    about = replace(scope, period=Period(daily.edges[0], scope.period.end))
    meant = acts.meant_alone("event", event, bound, scope.actions)
    sql = f"""
        WITH acts AS (
            SELECT DISTINCT {acts.who()} AS who, {daily.place(acts.us())} AS day,
                   {f"coalesce({acts.cut(by, 'by', bound)}, '{visits.NONE}')" if by else "''"} AS cut
            FROM events e WHERE {meant} AND {acts.counted(about, bound)}
        ), {acts.folded("acts", by=by, order="count(DISTINCT who)", most=most, is_given=is_given)},
        buckets AS (SELECT unnest(list_value $ends) AS until, unnest(range({len(ends)})) AS place)
        SELECT f.line, b.place, max(f.cut) AS value, max(f.different) AS different, count(DISTINCT f.who) AS measured,
               count(DISTINCT f.who) AS people
        FROM folded f JOIN buckets b ON f.day >= b.until - $days AND f.day < b.until GROUP BY f.line, b.place
    """
    with engine.read(project.pk, {"events": about.period}, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    last = len(ends) - 1
    lines = {row["line"] for row in rows}
    at_the_end = {row["line"]: row for row in rows if row["place"] == last}
    for line in sorted(lines):
        own = next(row for row in rows if row["line"] == line)
        count = at_the_end[line]["people"] if line in at_the_end else 0
        rows.append({**own, "place": None, "measured": count, "people": count})
    return _trend(rows, calendar, scope.period, empty=0.0)


def _trend(rows: Iterable[dict[str, Any]], calendar: Calendar, period: Period, *, empty: float | None) -> Trend:
    names: dict[int, str] = {}
    found: dict[int, dict[int | None, float | None]] = defaultdict(dict)
    people: dict[int, dict[int | None, int | None]] = defaultdict(dict)
    values = 0
    for row in rows:
        names[row["line"]], values = row["value"], row["different"]
        found[row["line"]][row["place"]] = None if row["measured"] is None else float(row["measured"])
        people[row["line"]][row["place"]] = row["people"]
    places = range(len(calendar.starts))
    lines = [
        Line(
            names[line] if line else acts.OTHER,
            not line,
            own[None],
            tuple(own.get(place, empty) for place in places),
            people[line][None],
            tuple(people[line].get(place) or 0 for place in places) if people[line][None] is not None else (),
        )
        for line, own in sorted(found.items(), key=lambda pair: (not pair[0], pair[0]))
    ]
    return Trend(calendar.starts, calendar.whole(period), tuple(lines), values)
