"""Who was exposed to which variant of a feature flag, and what each did from then on.

An exposure is a person's first `$feature_flag_called` of the flag; who saw two variants within the period is left out
and counted. What somebody does counts from the millisecond of their exposure to the end of a window, both included.
Bots are left out, and who is held out or got `false` was not exposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from analytics import engine, periods
from analytics.engine import deduplication
from analytics.periods import Period
from analytics.questions.product import actions, acts
from analytics.questions.variants.exposures import exposures
from analytics.questions.watched import conversions
from analytics.statistics.samples import Moments
from events.values.vitals import THRESHOLDS

Kind = Literal["conversion", "mean", "ratio", "errors", "slow"]
_FACT = {"errors": "errors", "slow": "vitals"}


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted of a person within a window.

    `conversion`: whether they did `event`; `mean`: how often, or the sum of its `property`; `ratio`: that sum by the
    sum of `over_event`; `errors`: whether they met an error; `slow`: of their page loads, those whose LCP was not good.
    An event that begins with a slash is a view of that page.
    """

    kind: Kind
    within: timedelta
    event: str = ""
    property: str = ""
    over_event: str = ""
    over_property: str = ""


@dataclass(frozen=True, slots=True)
class Exposed:
    """`days[day, variant]` counts those first exposed on a day; `several` saw more than one variant."""

    days: dict[tuple[datetime, str], int]
    several: int


def exposed(project_id: int, flag: str, *, period: Period) -> Exposed:
    """The people exposed within the period."""
    bound: dict[str, Any] = {"origin": periods.ORIGIN}
    sql = f"""
        WITH {exposures(flag, bound, period=period, with_off=False)}
        SELECT time_bucket(INTERVAL 1 DAY, x.first, $origin) AS day, x.variant, x.several, count(*) AS people
        FROM exposures x GROUP BY ALL
    """
    with engine.read(project_id, {"events": period}, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    days = {(row["day"], row["variant"]): row["people"] for row in rows if not row["several"]}
    return Exposed(days, sum(row["people"] for row in rows if row["several"]))


def measured(
    project_id: int, flag: str, measure: Measure, *, period: Period, now: datetime
) -> dict[tuple[datetime, str], Moments]:
    """What those first exposed on each day to each variant did: (day, variant) -> moments of (y, z).

    z is what y is divided by, of `ratio` and `slow`; else it is y as it was before the exposure, for as long as the
    window. A window that has not ended counts as far as it went.
    """
    bound: dict[str, Any] = {"origin": periods.ORIGIN, "within": measure.within}
    sql = f"""
        WITH {exposures(flag, bound, period=period, with_off=False)}, happened AS (
            {_happened(measure, bound, actions.named(project_id, measure.event, measure.over_event))}
        ), each AS (
            SELECT x.visitor, {_of_person(measure.kind)}
            FROM exposures x JOIN happened h ON h.visitor = x.visitor
            WHERE h."at" >= x.first - $within AND h."at" <= x.first + $within
            GROUP BY x.visitor
        ), pairs AS (
            SELECT time_bucket(INTERVAL 1 DAY, x.first, $origin) AS day, x.variant,
                   coalesce(p.y, 0)::DOUBLE AS y, coalesce(p.z, 0)::DOUBLE AS z
            FROM exposures x LEFT JOIN each p ON p.visitor = x.visitor WHERE NOT x.several
        )
        SELECT b.day, b.variant, count(*) AS people, avg(b.y) AS y, avg(b.z) AS z,
               var_pop(b.y) * count(*) AS yy, var_pop(b.z) * count(*) AS zz, covar_pop(b.y, b.z) * count(*) AS yz
        FROM pairs b GROUP BY ALL
    """
    whole = Period(period.start - measure.within, min(now, period.end + measure.within + timedelta(microseconds=1)))
    wanted = {"events": whole}
    if other := _FACT.get(measure.kind):
        wanted[other] = whole
    with engine.read(project_id, wanted, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    return {
        (row["day"], row["variant"]): Moments(row["people"], row["y"], row["z"], row["yy"], row["zz"], row["yz"])
        for row in rows
    }


def _happened(measure: Measure, bound: dict[str, Any], known: acts.Actions) -> str:
    """SQL of what counts: (visitor, at, value, base)."""
    match measure.kind:
        case "errors":
            return 'SELECT e.user_key AS visitor, e."at", 1.0 AS value, 0.0 AS base FROM errors e'
        case "slow":
            bound["lcp"], bound["good"] = "LCP", THRESHOLDS["LCP"][0]
            once = deduplication.vitals("metric = $lcp AND user_key IS NOT NULL")
            return f"""SELECT v.user_key AS visitor, v."at", CASE WHEN v.value > $good THEN 1.0 ELSE 0.0 END AS value,
                       1.0 AS base FROM ({once}) v"""
    person = conversions.counting(None, bound)
    value, is_number = _number("property", measure.property, bound)
    sql = f"""SELECT e.visitor, e."at", {value} AS value, 0.0 AS base FROM events e
              WHERE {acts.meant("event", measure.event, bound, known)} AND {is_number} AND {person}"""
    if measure.kind == "ratio":
        value, is_number = _number("over_property", measure.over_property, bound)
        sql += f""" UNION ALL SELECT e.visitor, e."at", 0.0 AS value, {value} AS base FROM events e
              WHERE {acts.meant("over_event", measure.over_event, bound, known)} AND {is_number} AND {person}"""
    return sql


def _number(name: str, property: str, bound: dict[str, Any]) -> tuple[str, str]:
    """SQL of a property as a number, and of whether it is one; an event counts 1 where no property is named."""
    if not property:
        return "1.0", "true"
    number = acts.number(property, bound, name=name)
    return number, f"({number}) IS NOT NULL"


def _of_person(kind: Kind) -> str:
    """SQL of y and z of one person."""
    after = 'h."at" >= x.first'
    if kind in ("ratio", "slow"):
        return f"sum(h.value) FILTER (WHERE {after}) AS y, sum(h.base) FILTER (WHERE {after}) AS z"
    if kind == "mean":
        return f"sum(h.value) FILTER (WHERE {after}) AS y, sum(h.value) FILTER (WHERE NOT {after}) AS z"
    return f"max(h.value) FILTER (WHERE {after}) AS y, max(h.value) FILTER (WHERE NOT {after}) AS z"
