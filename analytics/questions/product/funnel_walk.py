"""Walks along what people did, and finds who reached which step of a funnel, and when. Pure; all people at once.

In order: the newest attempt that is open at a step goes on. Whatever lies between does not matter.
Strict: between the moments of a step and the next there is nothing but repeats of the step.
In any order: different steps within one span; an event counts for the first step that means it.

An attempt is held by pointers: at an event that takes a step, `came_from` is the event of the step it follows. Pointers
never run back as events go on, so the first event of a person that takes a step has the earliest moments of its way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from analytics.engine.filters import width
from analytics.questions.product.funnel_attempts import Definition
from analytics.questions.product.histories import differs
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

NOBODY = -1


@dataclass(frozen=True, slots=True)
class People:
    """Whoever began and is not left out, one place each. For step k `reached[k - 1]` is microseconds since 1970 of its
    moment in the attempt that came furthest first and `took[k - 1]` from the step it follows; `whole` is from first to
    last. NOBODY where there is none. `cuts` are values they are cut by; `left_out` counts who did what is excluded."""

    who: npt.NDArray[np.int64]
    reached: list[npt.NDArray[np.int64]]
    took: list[npt.NDArray[np.int64]]
    whole: npt.NDArray[np.int64]
    cuts: list[str | None]
    left_out: int


@dataclass
class Rows:
    """What people did, in order: the moment of each row, which steps it is meant by (bit n - 1 for step n, the bits
    above for exclusions), and what it is cut by, where that is asked. `first` is the first row of a row's person."""

    who: npt.NDArray[np.int64]
    us: npt.NDArray[np.int64]
    means: npt.NDArray[np.int64]
    cut: pa.ChunkedArray | None = None

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        return np.arange(len(self.who))

    @cached_property
    def is_new(self) -> npt.NDArray[np.bool_]:
        return differs(self.who)

    @cached_property
    def begins(self) -> npt.NDArray[np.int64]:
        return np.flatnonzero(self.is_new)

    @cached_property
    def person(self) -> npt.NDArray[np.int64]:
        return np.cumsum(self.is_new) - 1

    @cached_property
    def first(self) -> npt.NDArray[np.int64]:
        return self.begins[self.person]

    def only(self, held: npt.NDArray[np.bool_]) -> Rows:
        rows = np.flatnonzero(held)
        return Rows(self.who[rows], self.us[rows], self.means[rows])

    def of_moments(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The first and the last row of each row's moment."""
        starts = np.flatnonzero(differs(self.who) | differs(self.us))
        place = np.zeros(len(self.rows), np.int64)
        place[starts[1:]] = 1
        place = np.cumsum(place)
        return starts[place], np.append(starts[1:], len(self.rows))[place] - 1

    def is_step(self, k: int) -> npt.NDArray[np.bool_]:
        return (self.means >> (k - 1)) & 1 == 1

    def last(
        self,
        held: npt.NDArray[np.bool_],
        *,
        at: npt.NDArray[np.int64],
        of: npt.NDArray[np.int64] | None = None,
    ) -> npt.NDArray[np.int64]:
        """The last row of the same person up to row `at`, itself included, that holds; NOBODY for none. For each row,
        or for those of `of`."""
        latest = np.maximum.accumulate(np.where(held, self.rows, NOBODY))
        found = np.where(at >= 0, latest[at], NOBODY)
        return np.where(found >= (self.first if of is None else self.first[of]), found, NOBODY)

    def of_each(self, held: npt.NDArray[np.bool_], *, touch: str = "first") -> npt.NDArray[np.int64]:
        """For each person the first (or last) row that holds, NOBODY for none."""
        rows = np.flatnonzero(held)
        person = self.person[rows]
        is_end = differs(person) if touch == "first" else differs(person[::-1])[::-1]
        found = np.full(len(self.begins), NOBODY)
        found[person[is_end]] = rows[is_end]
        return found

    def moment(self, row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(row == NOBODY, NOBODY, self.us[row])


def together(of_pieces: Iterable[People], definition: Definition) -> People:
    """Who came how far, of pieces that have nobody in common."""
    parts = list(of_pieces)
    numbers = range(len(definition.steps))
    if not parts:
        none = np.zeros(0, np.int64)
        return People(none, [none for _ in numbers], [none for _ in numbers], none, [], 0)
    return People(
        np.concatenate([part.who for part in parts]),
        [np.concatenate([part.reached[n] for part in parts]) for n in numbers],
        [np.concatenate([part.took[n] for part in parts]) for n in numbers],
        np.concatenate([part.whole for part in parts]),
        [cut for part in parts for cut in part.cuts],
        sum(part.left_out for part in parts),
    )


def people(rows: Rows, definition: Definition, *, touch: str = "first") -> People:
    """Who came how far, of a piece of whole people."""
    if rows.cut is None and definition.order == "ordered" and not definition.exclusions:
        rows = _thinned(rows)
    walked = _unordered(rows, definition) if definition.order == "unordered" else _ordered(rows, definition)
    reached, took, whole, left_out = walked
    kept = np.flatnonzero((reached[0] != NOBODY) & ~left_out)
    cuts: list[str | None] = []
    if rows.cut is not None:
        touched = rows.cut.is_valid().to_numpy() & (rows.means & ((1 << len(definition.steps)) - 1) > 0)
        place = rows.of_each(touched, touch=touch)
        cuts = rows.cut.take(pa.array(place[kept], mask=place[kept] == NOBODY)).to_pylist()
    return People(
        rows.who[rows.begins][kept], [one[kept] for one in reached], [one[kept] for one in took], whole[kept], cuts,
        int(left_out.sum()),
    )  # fmt: skip


Walked = tuple[
    list["npt.NDArray[np.int64]"], list["npt.NDArray[np.int64]"], "npt.NDArray[np.int64]", "npt.NDArray[np.bool_]"
]


def _ordered(rows: Rows, definition: Definition) -> Walked:
    """What was reached by each person, how long it took, the whole length, and who is left out."""
    last, within = len(definition.steps), width(definition.within)
    taken, began, came_from = {1: rows.is_step(1)}, {1: rows.rows}, {1: rows.rows}
    earlier = _earlier(rows) if definition.order == "strict" or definition.exclusions else rows.rows
    for k in range(2, last + 1):
        p = definition.before(k)
        # Of the rows of this step alone: they are few beside those of the steps before, mostly.
        own = np.flatnonzero(rows.is_step(k))
        previous = rows.last(taken[p], at=own - 1, of=own)
        start = began[p][previous]
        is_taken = (previous != NOBODY) & (rows.us[own] - rows.us[start] <= within)
        if definition.order == "strict":
            other = rows.last(~rows.is_step(p), at=earlier[own], of=own)
            is_taken &= (other == NOBODY) | (rows.us[other] <= rows.us[previous])
        own, previous, start = own[is_taken], previous[is_taken], start[is_taken]
        taken[k], began[k], came_from[k] = np.zeros(len(rows.rows), np.bool_), rows.rows.copy(), rows.rows.copy()
        taken[k][own], began[k][own], came_from[k][own] = True, start, previous
    left_out = np.zeros(len(rows.begins), np.bool_)
    if definition.exclusions:
        left_out[rows.person[_excluded(rows, definition, taken, began, earlier)]] = True
    moments = {k: _way(rows, definition, k, rows.of_each(taken[k]), came_from) for k in range(1, last + 1)}
    reached, took = [], []
    for k in range(1, last + 1):
        p = definition.before(k)
        if definition.steps[k - 1].is_optional:
            own, before = moments[k][k], moments[k][p]
        else:
            own, before = (_furthest(definition, moments, j, of=k) for j in (k, p or k))
        reached.append(own)
        took.append(_between(before, own))
    return reached, took, _between(moments[last][1], moments[last][last]), left_out


def _thinned(rows: Rows) -> Rows:
    """The rows without those of the first step that tell nothing: neither the first of a person, from which moments are
    told, nor the last before something else, from which newer attempts begin."""
    is_first = rows.means == 1
    is_followed = np.zeros(len(is_first), np.bool_)
    is_followed[:-1] = is_first[1:] & ~rows.is_new[1:]
    told = np.zeros(len(is_first), np.bool_)
    told[rows.of_each(is_first)] = True
    return rows.only(~(is_first & is_followed) | told)


def _way(
    rows: Rows,
    definition: Definition,
    k: int,
    row: npt.NDArray[np.int64],
    came_from: dict[int, npt.NDArray[np.int64]],
) -> dict[int, npt.NDArray[np.int64]]:
    """The moments of the steps up to `k` of each person that took it at `row`: step -> microseconds since 1970."""
    found = {k: rows.moment(row)}
    while p := definition.before(k):
        row, k = np.where(row == NOBODY, NOBODY, came_from[k][row]), p
        found[k] = rows.moment(row)
    return found


def _furthest(
    definition: Definition, moments: dict[int, dict[int, npt.NDArray[np.int64]]], j: int, *, of: int
) -> npt.NDArray[np.int64]:
    """The moment of step `j` in the attempt that came furthest, and to step `of` at least."""
    found = moments[of][j]
    for k in definition.required:
        if k > of:
            found = np.where(moments[k][j] == NOBODY, found, moments[k][j])
    return found


def _excluded(
    rows: Rows,
    definition: Definition,
    taken: dict[int, npt.NDArray[np.bool_]],
    began: dict[int, npt.NDArray[np.int64]],
    earlier: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Rows that are excluded: an attempt was open between the steps, and none had arrived."""
    last, until = len(definition.steps), rows.of_moments()[1]
    found = np.zeros(len(rows.rows), np.bool_)
    for n, one in enumerate(definition.exclusions, last + 1):
        after = rows.last(taken[one.after], at=earlier)
        before = rows.last(taken[one.before], at=until)
        is_open = (after != NOBODY) & (rows.us - rows.us[began[one.after][after]] <= width(definition.within))
        found |= rows.is_step(n) & is_open & ((before == NOBODY) | (rows.us[before] < rows.us[after]))
    return found & (rows.last(taken[last], at=until) == NOBODY)


def _unordered(rows: Rows, definition: Definition) -> Walked:
    numbers, within, until = range(1, len(definition.steps) + 1), width(definition.within), rows.of_moments()[1]
    depth, began, is_first = np.zeros(len(rows.rows), np.int64), rows.us, np.ones(len(rows.rows), np.bool_)
    for k in numbers:
        held = rows.is_step(k) & is_first
        is_first &= ~held
        latest = rows.last(held, at=until)
        is_near = (latest != NOBODY) & (rows.us - rows.us[latest] <= within)
        depth += is_near
        began = np.where(is_near, np.minimum(began, rows.us[latest]), began)
    reached = [rows.moment(rows.of_each(depth >= k)) for k in numbers]
    whole = rows.of_each(depth == len(numbers))
    none = np.full(len(rows.begins), NOBODY)
    took = np.where(whole == NOBODY, NOBODY, rows.us[whole] - began[whole])
    return reached, [none for _ in numbers], took, np.zeros(len(rows.begins), np.bool_)


def _earlier(rows: Rows) -> npt.NDArray[np.int64]:
    """The last row before each row's moment."""
    return rows.of_moments()[0] - 1


def _between(start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.where((start == NOBODY) | (end == NOBODY), NOBODY, end - start)
