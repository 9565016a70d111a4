"""How many who begin something reach its goal, along time: product events that no rollup counts ahead.

An attempt begins with the first event where none like it came from the same visitor within `within` before; it converts
where the goal follows within `within` of its beginning, both ends included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from analytics import engine, periods
from analytics.periods import Period
from analytics.questions.product import actions, acts
from analytics.questions.watched.metrics import Metric
from analytics.questions.watched.series import MOST_GROUPS, History, counted
from analytics.rollups.cells import Labels

METRIC = Metric("events.conversion", "Conversion", "events", "share", "%")
# What attempts are filtered and grouped by.
COLUMNS = ("environment", "release", "host", "source", "channel", "country", "device", "browser")
MINUTE = timedelta(minutes=1)
Where = Mapping[str, Sequence[str]]


def conversions(
    project_id: int,
    start: str,
    goal: str,
    *,
    within: timedelta,
    period: Period,
    where: Where | None = None,
    group_by: Sequence[str] = (),
) -> list[History]:
    """The attempts that begin in each minute of the period, and as its bad part those that converted, the most
    frequent groups first; without groups exactly one. `start` and `goal` are as `acts.meant` reads them; bots are left
    out. Whether an attempt converts is known `within` after it began."""
    bound: dict[str, Any] = {"from": period.start, "to": period.end, "within": within, "origin": periods.ORIGIN}
    chosen = [f'arg_min(b.{_column(name)}, b."at") AS {name}' for name in group_by]
    known = actions.named(project_id, start, goal)
    sql = f"""
        WITH began AS (
            SELECT e.*, lag(e."at") OVER (PARTITION BY e.visitor ORDER BY e."at", e.event_id) AS before
            FROM events e WHERE {acts.meant("start", start, bound, known)} AND {counting(where, bound)}
        ), numbered AS (
            SELECT b.*, sum(CASE WHEN b.before IS NULL OR b."at" - b.before > $within THEN 1 ELSE 0 END)
                       OVER (PARTITION BY b.visitor ORDER BY b."at", b.event_id ROWS UNBOUNDED PRECEDING) AS attempt
            FROM began b
        ), attempts AS (
            SELECT b.visitor, b.attempt, min(b."at") AS first {"".join(f", {one}" for one in chosen)}
            FROM numbered b GROUP BY b.visitor, b.attempt
        ), won AS (
            SELECT DISTINCT a.visitor, a.attempt FROM attempts a JOIN events e ON e.visitor = a.visitor
            WHERE {acts.meant("goal", goal, bound, known)} AND e."at" >= a.first AND e."at" <= a.first + $within
        )
        SELECT time_bucket(INTERVAL 1 MINUTE, a.first, $origin) AS minute, count(*) AS attempts,
               count(w.attempt) AS converted {"".join(f", coalesce(a.{name}, '') AS {name}" for name in group_by)}
        FROM attempts a LEFT JOIN won w USING (visitor, attempt)
        WHERE a.first >= $from AND a.first < $to GROUP BY ALL
    """
    # An attempt that began before the period swallows what follows it.
    with engine.read(
        project_id, {"events": Period(period.start - within, period.end + within)}, with_persons=True
    ) as facts:
        rows = facts.ask(sql, bound)
    found: dict[Labels, list[tuple[datetime, int, int]]] = defaultdict(list)
    if not group_by:
        found[()] = []
    for row in rows:
        found[tuple(row[name] for name in group_by)].append((row["minute"], row["attempts"], row["converted"]))
    order = sorted(found, key=lambda labels: (-sum(attempts for _, attempts, _ in found[labels]), labels))
    return [counted(METRIC, labels, found[labels], step=MINUTE) for labels in order[:MOST_GROUPS]]


def counting(where: Where | None, bound: dict[str, Any]) -> str:
    """SQL that holds of events of people, where `where` holds."""
    terms = ["e.visitor IS NOT NULL", "NOT coalesce(e.is_bot, false)"]
    for name, values in (where or {}).items():
        bound[f"only_{name}"] = list(values)
        terms.append(f"coalesce(e.{_column(name)}, '') IN $only_{name}")
    return " AND ".join(terms)


def _column(name: str) -> str:
    if name not in COLUMNS:
        raise ValueError(f"Conversions cannot be cut by {name!r}: {', '.join(COLUMNS)}.")
    return name
