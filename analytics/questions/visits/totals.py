"""How often something happened, by bucket and by what is cut: of whole days from what is kept of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from analytics import engine
from analytics.questions.product import acts
from analytics.questions.product.acts import Scope
from analytics.questions.product.calendar import Calendar
from analytics.questions.product.visits import NONE
from analytics.questions.visits import plans, quarters
from analytics.questions.visits.plans import Days
from events.facts.schema import PRESENCE


def totals(project_id: int, event: str, scope: Scope, *, calendar: Calendar, by: str) -> Counter[tuple[int, str]]:
    """(number of the bucket, value) -> how often, cut `by` one of quarters.SAID, or by nothing. Raises BadQuestion."""
    of_days = quarters.plan(project_id, (event,), scope, edges=calendar.edges, since=scope.period.start)
    for days in (of_days, plans.walked(scope.period)):
        found: Counter[tuple[int, str]] = Counter()
        for row in _rows(project_id, event, scope, calendar, by, days):
            found[row["place"], (row["cut"] or NONE) if by else ""] += row["count"]
        if plans.still_hold(days):
            break
    return found


def _rows(
    project_id: int, event: str, scope: Scope, calendar: Calendar, by: str, days: Days
) -> Iterator[dict[str, Any]]:
    """`place`, `cut` and `count`, of what is kept and of each span of events."""
    chosen = f"SELECT {calendar.place(acts.us())} AS place, {f'e.{by}' if by else 'NULL'} AS cut"
    bound: dict[str, Any] = {}
    if days.kept:
        held = quarters.meant("event", event, bound)
        terms = [plans.within(days.kept, bound), *acts.said(scope, bound), held]
        sql = f"""{chosen}, sum({quarters.count("event", event)})::BIGINT AS count
                  FROM presence e WHERE {" AND ".join(terms)} GROUP BY ALL"""
        with engine.read(project_id, {PRESENCE.name: plans.hull(days.kept)}) as facts:
            yield from facts.ask(sql, bound)
    bound = {}
    meant = acts.meant_alone("event", event, bound, scope.actions)
    sql = f"""{chosen}, count(*) AS count FROM events e
              WHERE {meant} AND {acts.counted(scope, bound, in_period=False)} GROUP BY ALL"""
    for span in days.walked:
        with engine.read(project_id, {"events": span}) as facts:
            yield from facts.ask(sql, bound)
