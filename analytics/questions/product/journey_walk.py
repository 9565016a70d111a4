"""Walks along the stations of people, and counts from which they went to which. Pure; all people at once.

Stations are numbers from 0 on. A way is cut by BREAK; repeats are one station.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from analytics.engine.filters import width
from analytics.questions.product.histories import differs
from analytics.questions.product.visits import BREAK
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")

_BREAK = width(BREAK)
NEVER = 2**62
# Place, from and to as one number: four bits for the place, the rest for stations.
_BITS = 29
_MOST = (1 << _BITS) - 1
# Edges are counted in a table of so many at most, else they are sorted.
_TABLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Ends:
    """The stations that a way begins and ends with; None for any."""

    begin: int | None
    end: int | None
    stations: int


@dataclass
class Ways:
    """Sessions that have a way and, where they are counted, the people they are of; by (place, from, to), how many
    sessions of how many people went so. Ways of different people add up."""

    sessions: int = 0
    people: int = 0
    counted: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]] = field(
        default_factory=list
    )

    def add(self, other: Ways) -> None:
        self.sessions += other.sessions
        self.people += other.people
        self.counted += other.counted

    @cached_property
    def edges(self) -> dict[tuple[int, int, int], tuple[int, int]]:
        """(place, from, to) -> sessions and people."""
        if not self.counted:
            return {}
        keys, sessions, people = (np.concatenate(parts) for parts in zip(*self.counted, strict=True))
        keys, place = np.unique(keys, return_inverse=True)
        sums = [np.bincount(place, weights=one).astype(np.int64).tolist() for one in (sessions, people)]
        parts = (keys >> 2 * _BITS, keys >> _BITS & _MOST, keys & _MOST)
        return dict(zip(zip(*(one.tolist() for one in parts), strict=True), zip(*sums, strict=True), strict=True))


def ties(
    who: npt.NDArray[np.int64], us: npt.NDArray[np.int64], station: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Rows whose person was at another station in the same moment, just before."""
    found = np.zeros(len(who), np.bool_)
    found[1:] = (who[1:] == who[:-1]) & (us[1:] == us[:-1]) & (station[1:] != station[:-1])
    return found


def ways(
    who: npt.NDArray[np.int64],
    us: npt.NDArray[np.int64],
    station: npt.NDArray[np.int64],
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
    first = starts if ends.begin is None else _firsts(station == ends.begin, session, rows, len(starts))
    last = first + ends.stations - 1
    if ends.end is not None:
        arrived = _firsts((station == ends.end) & (rows >= first[session]), session, rows, len(starts))
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
    counted = _counted(place[went], station[went], station[went + 1], who[went] if with_people else None)
    return Ways(int(begun.sum()), len(np.unique(who[starts[begun]])) if with_people else 0, [counted])


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
    source: npt.NDArray[np.int64],
    target: npt.NDArray[np.int64],
    who: npt.NDArray[np.int64] | None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Edges, and how often each was gone, by how many people where `who` says by whom."""
    size = int(max(source.max(initial=0), target.max(initial=0))) + 1
    packed = (place * size + source) * size + target
    if (int(place.max(initial=0)) + 1) * size * size <= _TABLE:
        counts = np.bincount(packed)
        values = np.flatnonzero(counts)
        counts = counts[values]
    else:
        values, counts = np.unique(packed, return_counts=True)
    people = np.zeros(len(values), np.int64)
    if who is not None:
        persons, person = np.unique(who, return_inverse=True)
        pairs = np.unique(np.searchsorted(values, packed) * max(len(persons), 1) + person)
        people = np.bincount(pairs // max(len(persons), 1), minlength=len(values))
    pairs, to = np.divmod(values, size)
    places, of = np.divmod(pairs, size)
    return places << 2 * _BITS | of << _BITS | to, counts, people
