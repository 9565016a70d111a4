"""Walks along the stations of people, and counts from which they went to which. Pure; all people at once.

Stations are numbers: a hash of their name. A way is cut by BREAK; repeats are one station.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analytics.engine.filters import width
from analytics.questions.product.funnel_walk import differs
from analytics.questions.product.visits import BREAK
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")

_BREAK = width(BREAK)
NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Ends:
    """The stations that a way begins and ends with; None for any."""

    begin: int | None
    end: int | None
    stations: int


@dataclass(slots=True)
class Ways:
    """Sessions that have a way and, where they are counted, the people they are of; by (place, from, to), how many
    sessions of how many people went so. Ways of different people add up."""

    sessions: int = 0
    people: int = 0
    edges: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    of: Counter[tuple[int, int, int]] = field(default_factory=Counter)

    def add(self, other: Ways) -> None:
        self.sessions += other.sessions
        self.people += other.people
        self.edges.update(other.edges)
        self.of.update(other.of)


def ties(
    who: npt.NDArray[np.int64], us: npt.NDArray[np.int64], station: npt.NDArray[np.uint64]
) -> npt.NDArray[np.bool_]:
    """Rows whose person was at another station in the same moment, just before."""
    found = np.zeros(len(who), np.bool_)
    found[1:] = (who[1:] == who[:-1]) & (us[1:] == us[:-1]) & (station[1:] != station[:-1])
    return found


def ways(
    who: npt.NDArray[np.int64],
    us: npt.NDArray[np.int64],
    station: npt.NDArray[np.uint64],
    ends: Ends,
    *,
    with_people: bool,
) -> Ways:
    """The ways of whole people, whose moments are in order."""
    begins = differs(who)
    begins[1:] |= us[1:] - us[:-1] >= _BREAK
    kept = begins | differs(station)
    begins, station, who = begins[kept], station[kept], who[kept]
    starts = np.flatnonzero(begins)
    session, rows = np.cumsum(begins) - 1, np.arange(len(station))
    first = starts if ends.begin is None else _firsts(station == np.uint64(ends.begin), session, rows, len(starts))
    last = first + ends.stations - 1
    if ends.end is not None:
        arrived = _firsts((station == np.uint64(ends.end)) & (rows >= first[session]), session, rows, len(starts))
        first = np.where(arrived == NEVER, NEVER, first)
        if ends.begin is None:
            first, last = np.where(first == NEVER, NEVER, np.maximum(first, arrived - ends.stations + 1)), arrived
        else:
            last = np.minimum(arrived, last)
    place = rows - first[session]
    goes_on = np.zeros(len(station), np.bool_)
    goes_on[:-1] = ~begins[1:]
    went = np.flatnonzero((place >= 0) & (rows < last[session]) & goes_on)
    begun = first != NEVER
    edges, of = _counted(place[went], station[went], station[went + 1], who[went] if with_people else None)
    return Ways(int(begun.sum()), len(np.unique(who[starts[begun]])) if with_people else 0, edges, of)


def _firsts(
    held: npt.NDArray[np.bool_], session: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """The first row of each session that holds, NEVER for none."""
    found = np.full(count, NEVER)
    own = np.flatnonzero(held)[::-1]
    found[session[own]] = rows[own]  # the last assignment stays, and that is the first row
    return found


def _counted(
    place: npt.NDArray[np.int64],
    source: npt.NDArray[np.uint64],
    target: npt.NDArray[np.uint64],
    who: npt.NDArray[np.int64] | None,
) -> tuple[Counter[tuple[int, int, int]], Counter[tuple[int, int, int]]]:
    """How often each edge was gone, and by how many people where `who` says by whom."""
    stations, codes = np.unique(np.concatenate([source, target]), return_inverse=True)
    size, count = max(len(stations), 1), len(source)
    packed = (place * size + codes[:count]) * size + codes[count:]
    values, counts = np.unique(packed, return_counts=True)
    pairs, to = np.divmod(values, size)
    places, of = np.divmod(pairs, size)
    keys = list(zip(places.tolist(), stations[of].tolist(), stations[to].tolist(), strict=True))
    sessions = Counter(dict(zip(keys, counts.tolist(), strict=True)))
    if who is None:
        return sessions, Counter()
    persons, person = np.unique(who, return_inverse=True)
    by_person = np.unique(np.searchsorted(values, packed) * max(len(persons), 1) + person) // max(len(persons), 1)
    people = np.bincount(by_person, minlength=len(values))
    return sessions, Counter(dict(zip(keys, people.tolist(), strict=True)))
