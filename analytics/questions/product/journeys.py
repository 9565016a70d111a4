"""Which ways people go: from page to page and event to event, from something on, or up to something.

A way is cut where nothing happens for half an hour, however senders name their sessions. Repeats are one station.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from analytics import engine
from analytics.periods import Period
from analytics.questions.product import acts, histories, journey_walk
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.histories import Piece
from analytics.questions.product.journey_walk import Ends, Ways
from analytics.questions.product.visits import PAGE_VIEW, SYSTEM
from events.models import Project
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from analytics.questions.product.histories import Numbers
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

KINDS = ("all", "pages", "events")
STATIONS = 5
MOST_STATIONS = 10
MOST_MOMENTS = 5_000
_HASHES = """SELECT hash(CAST($begin AS VARCHAR)) AS begin, hash(CAST($end_at AS VARCHAR)) AS end_at,
                    hash(CAST($page_view AS VARCHAR)) AS page_view, hash('(no page)') AS no_page,
                    hash(CAST(NULL AS VARCHAR)) AS nothing"""
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
    bound: dict[str, Any] = {"page_view": PAGE_VIEW, "system": SYSTEM, "begin": begin, "end_at": end}
    # What an action is, is that station and no other.
    chosen = {
        name: acts.meant(f"{name}_action", text, bound, scope.actions)
        for name, text in (("begin", begin), ("end_at", end)) if text.startswith(acts.ACTION)
    }  # fmt: skip
    named = f"CASE {' '.join(f'WHEN {held} THEN ${name}' for name, held in chosen.items())} {_STATION}"
    where = f"{acts.counted(scope, bound)} AND ({' OR '.join([_of_kind(kind, begin, end), *chosen.values()])})"
    station = Stations(project, scope, named, where, bound, is_plain=not chosen)
    ends = Ends(station.known(begin), station.known(end), stations)
    walked = _walked(station, ends, with_people=with_people)
    edges = {edge: sessions for edge, (sessions, _) in walked.edges.items()}
    ranked = sorted(edges, key=lambda edge: -edges[edge])
    # Of equally frequent edges the names decide, so those that may be shown are named first.
    least = edges[ranked[most - 1]] if len(ranked) > most else 0
    shown = [edge for edge in ranked if edges[edge] >= least]
    names = station.names({one for _, *both in shown for one in both})
    found = [
        Edge(edge[0], names[edge[1]], names[edge[2]], edges[edge], walked.edges[edge][1] if with_people else None)
        for edge in shown
    ]
    found.sort(key=lambda edge: (-edge.sessions, edge.place, edge.source, edge.target))
    rest = sum(edges.values()) - sum(edge.sessions for edge in found[:most])
    people = walked.people if with_people else None
    return Journeys(walked.sessions, people, tuple(found[:most]), len(edges) - len(found[:most]), rest)


class Stations:
    """Where people were, as numbers from 0 on: `named` is SQL of a station's name, `where` of what counts. A plain one
    is a page or an event: their hashes are read as columns store them, and put together here."""

    def __init__(
        self, project: Project, scope: Scope, named: str, where: str, bound: dict[str, Any], *, is_plain: bool
    ) -> None:
        self.project, self.period, self.named, self.where, self.bound = project, scope.period, named, where, bound
        self.is_plain = is_plain
        self.numbers: dict[int, int] = {}
        self.hashes = _hashes(project, scope.period, bound)

    @property
    def sql(self) -> str:
        what = "hash(e.event) AS what, hash(e.path) AS page" if self.is_plain else f"hash({self.named}) AS what"
        return f"SELECT {acts.who()} AS who, {acts.us()} AS us, {what} FROM events e WHERE {self.where}"

    def known(self, text: str) -> int | None:
        """The number of what ways begin or end with; None for nothing."""
        if not text:
            return None
        hashed = self.hashes["begin" if text == self.bound["begin"] else "end_at"]
        return self.numbers.setdefault(hashed, len(self.numbers))

    def of(self, batch: pa.RecordBatch | pa.Table) -> npt.NDArray[np.int32]:
        hashed = batch["what"].to_numpy()
        if self.is_plain:
            page = batch["page"].to_numpy()
            page = np.where(page == np.uint64(self.hashes["nothing"]), np.uint64(self.hashes["no_page"]), page)
            hashed = np.where(hashed == np.uint64(self.hashes["page_view"]), page, hashed)
        coded = pa.array(hashed).dictionary_encode()
        numbers = [self.numbers.setdefault(one, len(self.numbers)) for one in coded.dictionary.to_pylist()]
        return np.array(numbers, np.int32)[coded.indices.to_numpy()]

    def names(self, wanted: set[int]) -> dict[int, str]:
        """What these numbers stand for. What is frequent was there on the last day as well, mostly."""
        of_number = {number: hashed for hashed, number in self.numbers.items()}
        left, found = {of_number[number] for number in wanted}, dict[int, str]()
        last = Period(max(self.period.start, self.period.end - timedelta(days=1)), self.period.end)
        for period in (last, self.period):
            if left := left - set(found):
                found |= self._names(period, left)
        return {self.numbers[hashed]: name for hashed, name in found.items()}

    def _names(self, period: Period, hashes: set[int]) -> dict[int, str]:
        sql = (
            f"SELECT DISTINCT {self.named} AS name, hash({self.named}) AS station FROM events e "
            f"WHERE {self.where} AND hash({self.named}) IN $stations"
        )
        with engine.read(self.project.pk, {"events": period}) as facts:
            rows = facts.ask(sql, {**self.bound, "stations": sorted(hashes)})
        return {row["station"]: row["name"] for row in rows}


def _hashes(project: Project, period: Period, bound: dict[str, Any]) -> dict[str, int]:
    with engine.read(project.pk, {"events": period}) as facts:
        [found] = facts.ask(_HASHES, {name: bound[name] for name in ("begin", "end_at", "page_view")})
    return found


def _walked(station: Stations, ends: Ends, *, with_people: bool) -> Ways:
    """Whoever was at two stations in one moment went to them in the order of ids, which are read for such moments
    alone: they are the widest column there is."""
    ways = partial(journey_walk.ways, ends=ends, with_people=with_people)

    def of_piece(piece: Piece) -> tuple[Ways, Piece, Numbers]:
        """The ways, whoever has to wait for ids, and the moments they wait for."""
        tied = journey_walk.ties(piece.who, piece.us, piece.what)
        is_aside = np.isin(piece.who, piece.who[tied])
        going = piece.only(~is_aside)
        return ways(going.who, going.us, going.what), piece.only(is_aside), piece.us[tied]

    found, aside = Ways(), list[Piece]()
    moments: set[int] = set()
    for counted, waiting, tied in histories.each(
        station.project.pk, station.sql, station.bound, of_piece, period=station.period, read=station.of
    ):
        found.add(counted)
        aside.append(waiting)
        moments.update(tied.tolist())
    if moments:
        who, us, what = (np.concatenate([getattr(one, name) for one in aside]) for name in ("who", "us", "what"))
        again = _in_order_of_ids(station, moments)
        again = again.filter(pa.array(np.isin(again["who"].to_numpy(), who)))
        # Each piece is in the order of persons, and so all of them are.
        what[np.isin(us, list(moments))] = station.of(again)
        found.add(ways(who, us, what))
    return found


def _in_order_of_ids(station: Stations, moments: set[int]) -> pa.Table:
    """What happened in these moments; beyond MOST_MOMENTS one reads whatever lies between the first and the last."""
    listed, sql, bound = sorted(moments), station.sql, station.bound
    with engine.read(station.project.pk, {"events": station.period}, with_persons=True) as facts:
        if len(listed) <= MOST_MOMENTS:
            among = f"{acts.us()} IN $moments ORDER BY 1, 2, e.event_id"
            return facts.table(f"{sql} AND {among}", {**bound, "moments": listed})
        found = facts.table(f"{sql} ORDER BY 1, 2, e.event_id", bound)
    return found.filter(pa.array(np.isin(found["us"].to_numpy(), listed)))


def _of_kind(kind: str, begin: str, end: str) -> str:
    """What a way leads over: what SDKs report of themselves is no station, unless it is asked for by its name."""
    views, named = "e.event = $page_view", "NOT starts_with(e.event, $system)"
    if begin.startswith(SYSTEM) or end.startswith(SYSTEM):
        named = f"({named} OR e.event IN ($begin, $end_at))"
    if kind == "pages":
        return views
    return f"{named} AND e.event != $page_view" if kind == "events" else f"({named} OR {views})"
