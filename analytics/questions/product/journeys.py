"""Which ways people go: from page to page and event to event, from something on, or up to something.

A way is cut where nothing happens for half an hour, however senders name their sessions. Repeats are one station.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analytics import engine
from analytics.questions.product import acts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.visits import AUTOCAPTURE, BREAK, PAGE_VIEW, SYSTEM
from events.models import Project

KINDS = ("all", "pages", "events")
STATIONS = 5
MOST_STATIONS = 10


@dataclass(frozen=True, slots=True)
class Edge:
    """`sessions` of `people` went from the station at `place` (from 0) to the next one."""

    place: int
    source: str
    target: str
    sessions: int
    people: int


@dataclass(frozen=True, slots=True)
class Journeys:
    """The most frequent edges, and how much is not shown: edges, and the sessions on them. `sessions` is all of them,
    also those of one station, `people` who they are of."""

    sessions: int
    people: int
    edges: tuple[Edge, ...]
    hidden_edges: int
    hidden_sessions: int


def journeys(
    project: Project,
    *,
    scope: Scope,
    begin: str = "",
    end: str = "",
    kind: str = "all",
    stations: int = STATIONS,
    most: int = 50,
) -> Journeys:
    """Ways of at most `stations`: from the first `begin` of a session on, up to the first `end` after it; as near to
    that as they fit where it is named alone. Stations are paths and names of events, of one `kind` or all."""
    if kind not in KINDS:
        raise BadQuestion(f"A way leads over {', '.join(KINDS)}.")
    if not 2 <= stations <= MOST_STATIONS:
        raise BadQuestion(f"A way has from 2 to {MOST_STATIONS} stations.")
    bound: dict[str, Any] = {"page_view": PAGE_VIEW, "system": SYSTEM, "autocapture": AUTOCAPTURE, "most": most}
    bound["begin"], bound["end_at"] = begin, end
    # What an action is, is that station and no other.
    chosen = {
        name: acts.meant(f"{name}_action", text, bound, scope.actions)
        for name, text in (("begin", begin), ("end_at", end)) if text.startswith(acts.ACTION)
    }  # fmt: skip
    sql = f"""
        WITH acts AS (
            SELECT {acts.who()} AS who, {acts.us()} AS us, e.event_id,
                   CASE {"".join(f"WHEN {held} THEN ${name} " for name, held in chosen.items())}
                        WHEN e.event = $page_view THEN coalesce(e.path, '(no page)') ELSE e.event END AS station
            FROM events e WHERE {acts.counted(scope, bound)} AND ({" OR ".join([_of_kind(kind), *chosen.values()])})
        ), paced AS (
            SELECT who, station, row_number() OVER w AS n, lag(station) OVER w AS came_from,
                   CASE WHEN us - lag(us) OVER w < {BREAK // timedelta(microseconds=1)} THEN 0 ELSE 1 END AS begins
            FROM acts WINDOW w AS (PARTITION BY who ORDER BY us, event_id)
        ), cut AS (
            SELECT who, station, n, sum(begins) OVER (PARTITION BY who ORDER BY n ROWS UNBOUNDED PRECEDING) AS session
            FROM paced WHERE begins = 1 OR station != came_from
        ), numbered AS (
            SELECT who, session, station, row_number() OVER (PARTITION BY who, session ORDER BY n) AS n FROM cut
        ), bounded AS ({_bounded(begin, end, stations)}),
        ways AS (
            SELECT who, session, n - first AS place, station AS source,
                   lead(station) OVER (PARTITION BY who, session ORDER BY n) AS target
            FROM bounded WHERE n >= first AND n <= last
        ), edges AS (
            SELECT place, source, target, count(*) AS sessions, count(DISTINCT who) AS people
            FROM ways WHERE target IS NOT NULL GROUP BY 1, 2, 3
        ), ranked AS (
            SELECT *, row_number() OVER (ORDER BY sessions DESC, place, source, target) AS rank FROM edges
        )
        SELECT place, source, target, sessions, people, 1 AS edges FROM ranked WHERE rank <= $most
        UNION ALL
        SELECT NULL, NULL, NULL, coalesce(sum(sessions), 0)::BIGINT, 0, count(*) FROM ranked WHERE rank > $most
        UNION ALL
        SELECT -1, NULL, NULL, count(*), count(DISTINCT who), 0 FROM ways WHERE place = 0
        ORDER BY sessions DESC, place, source, target
    """
    with engine.read(project.pk, {"events": scope.period}, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    [hidden] = [row for row in rows if row["place"] is None]
    [whole] = [row for row in rows if row["place"] == -1]
    shown = tuple(
        Edge(row["place"], row["source"], row["target"], row["sessions"], row["people"])
        for row in rows
        if row["place"] is not None and row["place"] >= 0
    )
    return Journeys(whole["sessions"], whole["people"], shown, hidden["edges"], hidden["sessions"])


def _of_kind(kind: str) -> str:
    """What a way leads over: what SDKs report of themselves is no station, unless it is asked for by its name."""
    views, named = "e.event = $page_view", "(NOT starts_with(e.event, $system) OR e.event IN ($begin, $end_at))"
    if kind == "pages":
        return views
    return f"{named} AND e.event != $page_view" if kind == "events" else f"({views} OR {named})"


def _bounded(begin: str, end: str, stations: int) -> str:
    """Stations with the `first` and `last` number of the way through them."""
    own = "PARTITION BY who, session"
    start = f"min(CASE WHEN station = $begin THEN n END) OVER ({own})" if begin else "1"
    sql = f"SELECT *, {start} AS start FROM numbered"
    if not end:
        return f"SELECT *, start AS first, start + {stations - 1} AS last FROM ({sql}) WHERE start IS NOT NULL"
    sql = f"SELECT *, min(CASE WHEN station = $end_at AND n >= start THEN n END) OVER ({own}) AS arrived FROM ({sql})"
    first = "start" if begin else f"greatest(1, arrived - {stations - 1})"
    last = f"least(arrived, start + {stations - 1})" if begin else "arrived"
    return f"SELECT *, {first} AS first, {last} AS last FROM ({sql}) WHERE arrived IS NOT NULL"
