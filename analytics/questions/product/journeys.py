"""Which ways people go: from page to page and event to event, from something on, or up to something.

A way is cut where nothing happens for half an hour, however senders name their sessions. Repeats are one station.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from analytics import engine
from analytics.engine import Facts
from analytics.questions.product import acts, journey_walk
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.funnel_walk import whole_people
from analytics.questions.product.journey_walk import Ends, Ways
from analytics.questions.product.visits import AUTOCAPTURE, PAGE_VIEW, SYSTEM
from events.models import Project
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

KINDS = ("all", "pages", "events")
STATIONS = 5
MOST_STATIONS = 10
MOST_MOMENTS = 5_000
_STATION = "WHEN e.event = $page_view THEN coalesce(e.path, '(no page)') ELSE e.event END"


@dataclass(frozen=True, slots=True)
class Edge:
    """`sessions` of `people`, where they are counted, went from the station at `place` (from 0) to the next one."""

    place: int
    source: str
    target: str
    sessions: int
    people: int | None


@dataclass(frozen=True, slots=True)
class Journeys:
    """The most frequent edges, and how much is not shown: edges, and the sessions on them. `sessions` is all of them,
    also those of one station, `people` who they are of, where they are counted."""

    sessions: int
    people: int | None
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
    with_people: bool = False,
) -> Journeys:
    """Ways of at most `stations`: from the first `begin` of a session on, up to the first `end` after it; as near to
    that as they fit where it is named alone. Stations are paths and names of events, of one `kind` or all.
    Counting people takes as long as all the rest."""
    if kind not in KINDS:
        raise BadQuestion(f"A way leads over {', '.join(KINDS)}.")
    if not 2 <= stations <= MOST_STATIONS:
        raise BadQuestion(f"A way has from 2 to {MOST_STATIONS} stations.")
    bound: dict[str, Any] = {"page_view": PAGE_VIEW, "system": SYSTEM, "autocapture": AUTOCAPTURE}
    bound["begin"], bound["end_at"] = begin, end
    # What an action is, is that station and no other.
    chosen = {
        name: acts.meant(f"{name}_action", text, bound, scope.actions)
        for name, text in (("begin", begin), ("end_at", end)) if text.startswith(acts.ACTION)
    }  # fmt: skip
    station = f"CASE {' '.join(f'WHEN {held} THEN ${name}' for name, held in chosen.items())} {_STATION}"
    where = f"{acts.counted(scope, bound)} AND ({' OR '.join([_of_kind(kind), *chosen.values()])})"
    with engine.read(project.pk, {"events": scope.period}, with_persons=True) as facts:
        [hashes] = facts.ask("SELECT hash($begin) AS begin, hash($end_at) AS end_at", bound)
        ends = Ends(hashes["begin"] if begin else None, hashes["end_at"] if end else None, stations)
        walked = _walked(facts, station, where, bound, ends, with_people=with_people)
        edges = walked.edges
        ranked = sorted(edges, key=lambda edge: -edges[edge])
        # Of equally frequent edges the names decide, so those that may be shown are named first.
        least = edges[ranked[most - 1]] if len(ranked) > most else 0
        shown = [edge for edge in ranked if edges[edge] >= least]
        names = _names(facts, station, where, bound, {one for _, *both in shown for one in both})
    named = [Edge(edge[0], names[edge[1]], names[edge[2]], edges[edge], walked.of.get(edge)) for edge in shown]
    named.sort(key=lambda edge: (-edge.sessions, edge.place, edge.source, edge.target))
    rest = edges.total() - sum(edge.sessions for edge in named[:most])
    people = walked.people if with_people else None
    return Journeys(walked.sessions, people, tuple(named[:most]), len(edges) - len(named[:most]), rest)


def _walked(facts: Facts, named: str, where: str, bound: dict[str, Any], ends: Ends, *, with_people: bool) -> Ways:
    """Whoever was at two stations in one moment went to them in the order of ids, which are read for such moments
    alone: they are the widest column there is."""
    sql = f"SELECT {acts.who()} AS who, {acts.us()} AS us, hash({named}) AS station FROM events e WHERE {where}"
    ways = partial(journey_walk.ways, ends=ends, with_people=with_people)
    found, aside = Ways(), []
    moments: set[int] = set()
    for table in whole_people(facts.stream(f"{sql} ORDER BY 1, 2", bound)):
        who, us, station = (table[name].to_numpy() for name in ("who", "us", "station"))
        tied = journey_walk.ties(who, us, station)
        moments.update(us[tied].tolist())
        is_aside = np.isin(who, who[tied])
        aside.append((who[is_aside], us[is_aside], station[is_aside]))
        found.add(ways(who[~is_aside], us[~is_aside], station[~is_aside]))
    if moments:
        who, us, station = (np.concatenate(parts) for parts in zip(*aside, strict=True))
        again = _in_order_of_ids(facts, sql, bound, moments)
        again = again.filter(pa.array(np.isin(again["who"].to_numpy(), who)))
        station = station.copy()
        station[np.isin(us, list(moments))] = again["station"].to_numpy()
        found.add(ways(who, us, station))
    return found


def _in_order_of_ids(facts: Facts, sql: str, bound: dict[str, Any], moments: set[int]) -> pa.Table:
    """What happened in these moments; beyond MOST_MOMENTS one reads whatever lies between the first and the last."""
    listed = sorted(moments)
    if len(listed) <= MOST_MOMENTS:
        return facts.table(f"{sql} AND {acts.us()} IN $moments ORDER BY 1, 2, e.event_id", {**bound, "moments": listed})
    found = facts.table(f"{sql} ORDER BY 1, 2, e.event_id", bound)
    return found.filter(pa.array(np.isin(found["us"].to_numpy(), listed)))


def _names(facts: Facts, named: str, where: str, bound: dict[str, Any], stations: set[int]) -> dict[int, str]:
    if not stations:
        return {}
    found = facts.ask(
        f"SELECT DISTINCT {named} AS name, hash({named}) AS station FROM events e "
        f"WHERE {where} AND hash({named}) IN $stations",
        {**bound, "stations": sorted(stations)},
    )
    return {row["station"]: row["name"] for row in found}


def _of_kind(kind: str) -> str:
    """What a way leads over: what SDKs report of themselves is no station, unless it is asked for by its name."""
    views, named = "e.event = $page_view", "(NOT starts_with(e.event, $system) OR e.event IN ($begin, $end_at))"
    if kind == "pages":
        return views
    return f"{named} AND e.event != $page_view" if kind == "events" else f"({views} OR {named})"
