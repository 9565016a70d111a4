"""Who was there when: people and the buckets in which they did something, each pair once.

Of days that are over it is kept what a visitor did within quarters of an hour; where that does not tell, and of today,
events are read. What a visitor did lies together in files, so most of a pair's rows are one after another, and are one
row here before anything is sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Min

from analytics import engine
from analytics.engine import QueryTooLarge
from analytics.engine.filters import EPOCH, microseconds
from analytics.periods import Period
from analytics.questions.product import acts
from analytics.questions.product.acts import Scope
from analytics.questions.product.calendar import Calendar
from analytics.questions.product.histories import Persons, differs
from analytics.questions.visits import plans, quarters
from analytics.questions.visits.plans import Days
from events.facts.schema import PRESENCE
from events.models import Segment
from events.persons import reading
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Numbers = npt.NDArray[np.int64]
    Bits = npt.NDArray[np.uint8]
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

# Pairs are made one each time that so many have come.
FOLD = 4_000_000
# Memory of a pair, while pairs are folded.
_BYTES = 48
# Pairs are crossed off in a table of so many bytes at most, else they are sorted.
_TABLE = 100_000_000
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
    project_id: int, texts: Sequence[str], scope: Scope, *, calendar: Calendar, since: datetime | None
) -> Presence:
    """Who did what these texts mean (at most seven, as acts.meant has them), in the scope's period or `since` another
    moment before it, None for the first. Raises BadQuestion, and QueryTooLarge where pairs do not fit into the memory
    of a question."""
    asked = Asked(project_id, tuple(texts), scope, _places(calendar, scope.period))
    first = _first(project_id, since)
    of_days = quarters.plan(project_id, texts, scope, edges=calendar.edges, since=min(first, scope.period.start))
    for days in (of_days, plans.walked(Period(first, scope.period.end))):
        found = _read(asked, days)
        if plans.still_hold(days):
            break
    return found


@dataclass(frozen=True)
class Asked:
    """`place` is the bucket of a moment in microseconds."""

    project_id: int
    texts: tuple[str, ...]
    scope: Scope
    place: Callable[[Numbers], Numbers]

    def kept(self, spans: Collection[Period], bound: dict[str, Any]) -> str:
        """SQL of what is kept of days: `who`, `us` and `did`."""
        held = [quarters.meant(f"text_{n}", text, bound) for n, text in enumerate(self.texts)]
        terms = [plans.within(spans, bound), *acts.said(self.scope, bound), f"({' OR '.join(held)})"]
        return f"""SELECT e.visitor AS who, {acts.us()} AS us, {_did(held)} AS did
                   FROM presence e WHERE {" AND ".join(terms)}"""

    def walked(self, bound: dict[str, Any]) -> str:
        """SQL of the same of events."""
        one = acts.meant_alone if len(self.texts) == 1 else acts.meant
        held = [one(f"text_{n}", text, bound, self.scope.actions) for n, text in enumerate(self.texts)]
        return f"""SELECT {acts.who()} AS who, {acts.us()} AS us, {_did(held)} AS did FROM events e
                   WHERE {acts.counted(self.scope, bound, in_period=False)} AND ({" OR ".join(held)})"""


def _did(held: Sequence[str]) -> str:
    if len(held) == 1:
        return "1"
    return " + ".join(f"CASE WHEN {one} THEN {1 << n} ELSE 0 END" for n, one in enumerate(held))


def _first(project_id: int, since: datetime | None) -> datetime:
    """The moment itself, or that of the first event that is stored."""
    if since is not None:
        return since
    stored = Segment.objects.filter(project_id=project_id, fact=PRESENCE.source)
    first: datetime | None = stored.aggregate(first=Min("min_at"))["first"]
    return first or EPOCH


def _read(asked: Asked, days: Days) -> Presence:
    persons = Persons(reading.persons_of(asked.project_id))
    waiting, rows, limit = list[Presence](), 0, FOLD
    for batch in _batches(asked, days):
        waiting.append(_pairs(batch, asked.place))
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


def _batches(asked: Asked, days: Days) -> Iterator[pa.RecordBatch]:
    bound: dict[str, Any] = {}
    if days.kept:
        with engine.read(asked.project_id, {PRESENCE.name: plans.hull(days.kept)}) as facts:
            yield from facts.stream(asked.kept(days.kept, bound), bound)
    bound = {}
    sql = asked.walked(bound)
    for span in days.walked:
        with engine.read(asked.project_id, {"events": span}) as facts:
            yield from facts.stream(sql, bound)


def _places(calendar: Calendar, period: Period) -> Callable[[Numbers], Numbers]:
    """The bucket of a moment in microseconds; BEFORE what is before the period or the first bucket."""
    edges = np.array([microseconds(edge) for edge in calendar.edges], np.int64)
    since, lengths = microseconds(period.start), np.diff(edges)

    def place(us: Numbers) -> Numbers:
        if (lengths == lengths[0]).all():
            found = np.maximum((us - edges[0]) // lengths[0], BEFORE)
        else:
            found = np.searchsorted(edges, us, side="right") - 1
        found = np.minimum(found, len(edges) - 2)
        found[us < since] = BEFORE
        return found

    return place


def _pairs(batch: pa.RecordBatch, place: Callable[[Numbers], Numbers]) -> Presence:
    who, at, did = batch["who"].to_numpy(), place(batch["us"].to_numpy()), batch["did"].to_numpy().astype(np.uint8)
    starts = np.flatnonzero(differs(who) | differs(at))
    return Presence(who[starts], at[starts], np.bitwise_or.reduceat(did, starts) if len(starts) else did)


def _folded(parts: Sequence[Presence], persons: Persons | None = None) -> Presence:
    """Each pair once; of visitors or, by person, where persons are given, of their numbers."""
    who, place, did = (np.concatenate([getattr(one, name) for one in parts]) for name in ("person", "place", "did"))
    values, number = _numbered(who)
    if persons is not None:
        values, of_visitor = _numbered(persons.of(values))
        number = of_visitor[number]
    # The numbers of people and of places as one.
    places = int(place.max()) + 2
    key, did = _each_once(number * places + place + 1, did, size=len(values) * places)
    person, place = np.divmod(key, places)
    return Presence(person if persons is not None else values[person], place - 1, did)


def _each_once(key: Numbers, did: Bits, *, size: int) -> tuple[Numbers, Bits]:
    """The different keys, below `size`, in order, and the bits of all rows of each."""
    if size <= _TABLE:
        met = np.zeros(size, np.uint8)
        for bits in np.unique(did).tolist():
            met[key[did == bits]] |= bits
        found = np.flatnonzero(met != 0)
        return found, met[found]
    order = np.argsort(key)
    starts = np.flatnonzero(differs(key[order]))
    return key[order[starts]], np.bitwise_or.reduceat(did[order], starts)


def _numbered(values: Numbers) -> tuple[Numbers, Numbers]:
    """The different values, and the number of each value among them."""
    coded = pa.array(values).dictionary_encode()
    return coded.dictionary.to_numpy(), coded.indices.to_numpy().astype(np.int64)
