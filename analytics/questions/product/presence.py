"""Who was there when: people and the buckets in which they did something, each pair once.

What a visitor did lies together in files, so most of a pair's rows are one after another, and are one row here before
anything is sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from analytics import engine
from analytics.engine import QueryTooLarge
from analytics.engine.filters import microseconds
from analytics.periods import Period
from analytics.questions.product.calendar import Calendar
from analytics.questions.product.histories import Persons, differs
from events.persons import reading
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Numbers = npt.NDArray[np.int64]
    Bits = npt.NDArray[np.uint8]
    Span = Period | tuple[datetime | None, datetime | None]
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

# Pairs are made one each time that so many have come.
FOLD = 4_000_000
# Memory of a pair, while pairs are folded.
_BYTES = 48
# Before all buckets.
BEFORE = -1


@dataclass(frozen=True, slots=True)
class Presence:
    """Pairs by person (numbers from 0 on) and place: the number of a bucket, or BEFORE. `did` is the bits of all that
    the person did there."""

    person: Numbers
    place: Numbers
    did: Bits

    def where(self, bits: int) -> Presence:
        """The pairs that did any of it."""
        held = self.did & bits > 0
        return Presence(self.person[held], self.place[held], self.did[held])

    def per_place(self, count: int) -> list[int]:
        """How many people were at each of so many places."""
        found: list[int] = np.bincount(self.place[self.place >= 0], minlength=count).tolist()
        return found

    @property
    def people(self) -> int:
        return int(differs(self.person).sum()) if len(self.person) else 0


def presence(
    project_id: int, sql: str, bound: Mapping[str, Any], *, wanted: Span, place: Callable[[Numbers], Numbers]
) -> Presence:
    """Of a question of `events e`, within `wanted`, that names `who`, `us` and `did`, at most seven bits. Raises
    QueryTooLarge where pairs do not fit into the memory of a question."""
    persons = Persons(reading.persons_of(project_id))
    waiting, rows, limit = list[Presence](), 0, FOLD
    with engine.read(project_id, {"events": wanted}) as facts:
        for batch in facts.stream(sql, bound):
            waiting.append(_pairs(batch, place))
            rows += len(waiting[-1].person)
            if rows > limit:
                waiting = [_folded(waiting)]
                rows = len(waiting[0].person)
                limit = rows + FOLD
                if rows * _BYTES > settings.OBS_QUERY_MEMORY_MB * 2**20:
                    raise QueryTooLarge(f"The question needs more than {settings.OBS_QUERY_MEMORY_MB} MB.")
    if not rows:
        return Presence(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8))
    return _folded(waiting, persons)


def places(calendar: Calendar, period: Period) -> Callable[[Numbers], Numbers]:
    """The bucket of a moment in microseconds; BEFORE what is before the period or the first bucket."""
    edges = np.array([microseconds(edge) for edge in calendar.edges], np.int64)
    since = microseconds(period.start)

    def place(us: Numbers) -> Numbers:
        found = np.minimum(np.searchsorted(edges, us, side="right") - 1, len(edges) - 2)
        found[us < since] = BEFORE
        return found

    return place


def _pairs(batch: pa.RecordBatch, place: Callable[[Numbers], Numbers]) -> Presence:
    who, at, did = batch["who"].to_numpy(), place(batch["us"].to_numpy()), batch["did"].to_numpy().astype(np.uint8)
    starts = np.flatnonzero(differs(who) | differs(at))
    return Presence(who[starts], at[starts], np.bitwise_or.reduceat(did, starts) if len(starts) else did)


def _folded(parts: Sequence[Presence], persons: Persons | None = None) -> Presence:
    """Each pair once, by person; of visitors or, where persons are given, of their numbers."""
    who, place, did = (np.concatenate([getattr(one, name) for one in parts]) for name in ("person", "place", "did"))
    values, number = _numbered(who)
    if persons is not None:
        values, of_visitor = _numbered(persons.of(values))
        number = of_visitor[number]
    key = number * (int(place.max()) + 2) + place + 1
    order = np.argsort(key)
    starts = np.flatnonzero(differs(key[order]))
    first = order[starts]
    person = number[first] if persons is not None else values[number[first]]
    return Presence(person, place[first], np.bitwise_or.reduceat(did[order], starts))


def _numbered(values: Numbers) -> tuple[Numbers, Numbers]:
    """The different values, and the number of each value among them."""
    coded = pa.array(values).dictionary_encode()
    return coded.dictionary.to_numpy(), coded.indices.to_numpy().astype(np.int64)
