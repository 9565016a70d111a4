"""What people did, in order, as arrays: pieces of whole people, put in order here and not by the engine.

Files lie by visitor and moment, so what is read of them comes in runs of one visitor. Runs are few beside rows, and who
is who is told of runs as well: to sort them takes a quarter of what the engine takes to sort rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings

from analytics import engine
from analytics.periods import Period
from events.facts import segments
from events.persons import reading
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Flags = npt.NDArray[np.bool_]
    Numbers = npt.NDArray[np.int64]
    Codes = npt.NDArray[Any]
    Read = Callable[[pa.RecordBatch | pa.Table], Codes]
    Rank = Callable[[Codes], Codes]
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

T = TypeVar("T")

# Rows that are put in order here, in at most 20 bytes each. Beyond them the engine sorts, which spills.
MOST = 16_000_000
# Rows of a piece: small enough for the caches of a core, large enough that starting on one costs nothing.
PIECE = 300_000


@dataclass(frozen=True, slots=True)
class Piece:
    """What some people did, by person and moment: microseconds since 1970, and a code of what it was."""

    who: Numbers
    us: Numbers
    what: Codes

    def only(self, held: Flags) -> Piece:
        return self if held.all() else Piece(self.who[held], self.us[held], self.what[held])


def each(
    project_id: int,
    sql: str,
    bound: Mapping[str, Any],
    work: Callable[[Piece], T],
    *,
    period: Period,
    read: Read | None = None,
    rank: Rank | None = None,
) -> Iterator[T]:
    """What `work` makes of each piece of the rows of a question of `events e` that names `who`, `us` and `what`: a
    piece has all rows of its people. It is pure, and done on as many threads as a question may use.

    `read` makes of a batch what is meant, where that is not `what`. Of one moment those of a lower `rank`, by what they
    mean, come first; without it they come in any order.
    """
    listed = segments.select(project_id, "events", start=period.start, end=period.end)
    is_much = sum(one.rows for one in listed) > MOST
    read = read or _as_it_is
    with engine.read(project_id, {"events": period}, with_persons=is_much) as facts:
        batches = facts.stream(f"SELECT * FROM ({sql}) ORDER BY who, us" if is_much else sql, bound)
        if is_much:
            yield from (work(_mended(piece, rank)) for piece in _as_they_come(batches, read))
        else:
            made = Runs(batches, read).pieces(Persons(reading.persons_of(project_id)))
            with ThreadPoolExecutor(settings.OBS_QUERY_THREADS) as pool:
                yield from pool.map(lambda make: work(_mended(make(), rank)), made)


def _as_it_is(batch: pa.RecordBatch | pa.Table) -> Codes:
    return batch["what"].to_numpy()


def _as_they_come(batches: Iterable[pa.RecordBatch], read: Read) -> Iterator[Piece]:
    for table in whole_people(batches):
        yield Piece(table["who"].to_numpy(), table["us"].to_numpy(), read(table))


class Persons:
    """Who a visitor is: the number of a person, or the visitor again where nobody knows."""

    def __init__(self, known: pa.Table) -> None:
        visitors, persons = (known[name].to_numpy() for name in ("visitor", "person"))
        order = np.argsort(visitors)
        self.visitors, self.persons = visitors[order], persons[order]

    def of(self, visitors: Numbers) -> Numbers:
        if not len(self.visitors):
            return visitors
        place = np.minimum(np.searchsorted(self.visitors, visitors), len(self.visitors) - 1)
        return np.where(self.visitors[place] == visitors, self.persons[place], visitors)


class Runs:
    """Rows as they were read, and the runs in them: rows of one visitor, one after another, in order of moments."""

    def __init__(self, batches: Iterable[pa.RecordBatch], read: Read) -> None:
        us: list[Numbers] = []
        what: list[Codes] = []
        runs: list[tuple[Numbers, Numbers, Numbers]] = []
        rows = 0
        for batch in batches:
            who, at = batch["who"].to_numpy(), batch["us"].to_numpy()
            is_new = differs(who)
            is_new[1:] |= at[1:] < at[:-1]
            starts = np.flatnonzero(is_new)
            runs.append((who[starts], at[starts], starts + rows))
            us.append(at)
            what.append(read(batch))
            rows += len(at)
        self.us, self.what = _joined(us), _joined(what)
        self.who, self.first, self.starts = map(_joined, zip(*runs, strict=True)) if runs else [_joined([])] * 3
        self.lengths = np.diff(self.starts, append=rows)

    def pieces(self, persons: Persons) -> Iterator[Callable[[], Piece]]:
        """What makes each piece: all rows, by person and, where runs of a person do not overlap, by moment."""
        if not len(self.starts):
            return
        coded = pa.array(self.who).dictionary_encode()
        who, person = np.unique(persons.of(coded.dictionary.to_numpy()), return_inverse=True)
        number = person[coded.indices.to_numpy()]
        order = in_order(number, self.first)
        number, starts, lengths = number[order], self.starts[order], self.lengths[order]
        for begin, end in _spans(number, np.cumsum(lengths)):
            yield partial(self._piece, who[number[begin:end]], starts[begin:end], lengths[begin:end])

    def _piece(self, who: Numbers, starts: Numbers, lengths: Numbers) -> Piece:
        """The rows of some runs, one after another."""
        rows = np.arange(int(lengths.sum())) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        return Piece(np.repeat(who, lengths), self.us[rows], self.what[rows])


def in_order(number: Numbers, us: Numbers) -> Numbers:
    """The places of rows by number, which is not negative, and moment. Both as one number are sorted at once."""
    if not len(us):
        return np.zeros(0, np.int64)
    since = us.min()
    bits = int(us.max() - since).bit_length()
    if bits + int(number.max()).bit_length() > 63:
        return np.lexsort((us, number))
    return np.argsort(number << bits | (us - since))


def _spans(number: Numbers, until: Numbers) -> Iterator[tuple[int, int]]:
    """Runs from one to before another, of whole people, with PIECE rows at most or one person; `until` counts rows."""
    ends = np.append(np.flatnonzero(np.diff(number)) + 1, len(number))
    rows_until, place, before = until[ends - 1], 0, 0
    while place < len(ends):
        begin = int(ends[place - 1]) if place else 0
        place = max(int(np.searchsorted(rows_until, before + PIECE, side="right")), place + 1)
        before = int(rows_until[place - 1])
        yield begin, int(ends[place - 1])


def _mended(piece: Piece, rank: Rank | None) -> Piece:
    """The piece with the people in order whose runs overlapped, and whose moments hold several things."""
    who, us, what = piece.who, piece.us, piece.what
    is_late = us[1:] < us[:-1]
    if rank is not None:
        ranks = rank(what)
        is_late |= (us[1:] == us[:-1]) & (ranks[1:] < ranks[:-1])
    is_late &= who[1:] == who[:-1]
    if not is_late.any():
        return piece
    rows = np.flatnonzero(np.isin(who, who[1:][is_late]))
    keys = (us[rows], who[rows]) if rank is None else (ranks[rows], us[rows], who[rows])
    # Whoever is out of order has the same places afterwards, since people stand together.
    order = rows[np.lexsort(keys)]
    us, what = us.copy(), what.copy()
    us[rows], what[rows] = us[order], what[order]
    return Piece(who, us, what)


def whole_people(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows, sorted by `who`, cut where a person ends."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        who = batch["who"].to_numpy()
        changes = np.flatnonzero(who[1:] != who[:-1]) + 1
        if len(who) and waiting and waiting[-1]["who"][-1].as_py() != who[0]:
            changes = np.append(0, changes)
        if len(changes):
            cut = int(changes[-1])
            yield pa.Table.from_batches([*waiting, batch.slice(0, cut)])
            waiting, batch = [], batch.slice(cut)
        if batch.num_rows:
            waiting.append(batch)
    if waiting:
        yield pa.Table.from_batches(waiting)


def differs(values: Codes) -> Flags:
    """Where another value begins."""
    found = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _joined(parts: Iterable[Codes]) -> Codes:
    found = list(parts)
    return np.concatenate(found) if found else np.zeros(0, np.int64)
