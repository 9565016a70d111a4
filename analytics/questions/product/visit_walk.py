"""Walks along the events of visitors and cuts them into visits. Pure; all visitors of a piece at once.

What visits are cut by are numbers: a hash of the value, `NONE` where there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analytics.engine.filters import width
from analytics.questions.product.funnel_walk import differs
from analytics.questions.product.visits import BREAK, ENGAGED_SECONDS, LONGEST, OF_EVENT, column_of
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Codes = npt.NDArray[np.uint64]
    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

NONE = 0
NEVER = -1


@dataclass
class Looked:
    """Events of whole visitors in order, and their visits, which are numbered from 0."""

    table: pa.Table

    def column(self, name: str) -> Any:
        return self.table[name].to_numpy()

    @cached_property
    def is_view(self) -> Flags:
        return self.column("is_view").astype(np.bool_)

    @cached_property
    def begins(self) -> Flags:
        """Which rows are the first of a visit."""
        us = self.column("us")
        found = differs(self.column("who")) | differs(self.column("session"))
        found[1:] |= us[1:] - us[:-1] >= width(BREAK)
        return found

    @cached_property
    def starts(self) -> Places:
        return np.flatnonzero(self.begins)

    @cached_property
    def visit(self) -> Places:
        """The visit of each row."""
        return np.cumsum(self.begins) - 1

    @cached_property
    def who(self) -> Places:
        """The visitor of each visit."""
        return self.column("who")[self.starts]

    @cached_property
    def began(self) -> Places:
        return self.column("us")[self.starts]

    @cached_property
    def lasted(self) -> npt.NDArray[np.float64]:
        """Seconds of each visit: from its first event to its last, or what its pages measured where that is more."""
        ended = self.column("us")[np.append(self.starts[1:], self.table.num_rows) - 1]
        seconds = np.minimum(ended - self.began, width(LONGEST)) / 1e6
        return np.maximum(seconds, np.add.reduceat(self.column("engaged_ms"), self.starts) / 1000)

    @cached_property
    def views(self) -> Places:
        return np.add.reduceat(self.is_view.astype(np.int64), self.starts)

    @cached_property
    def bounced(self) -> Flags:
        acted = np.logical_or.reduceat(self.column("has_acted").astype(np.bool_), self.starts)
        return (self.views == 1) & ~acted & (self.lasted < ENGAGED_SECONDS)

    def cut(self, name: str) -> Codes:
        """What each visit is cut by: of a source what its first view says, else its first event that says anything; of
        an entry the first page, of an exit the last; of a place or a device the first that is said."""
        said = self.column(column_of(name))
        held = said != NONE
        if name in ("entry", "exit"):
            rows = self._end(held & self.is_view, is_last=name == "exit")
        elif name in ("country", "device", "browser"):
            rows = self._end(held)
        else:
            of_view = self._end(held & self.is_view)
            rows = np.where(of_view == NEVER, self._end(held), of_view)
        return np.where(rows == NEVER, np.uint64(NONE), said[rows])

    def events(self, name: str) -> tuple[Places, Codes]:
        """The visits and values of the events that `page` or `event` is about: views of pages, and all others."""
        said = self.column(column_of(name))
        rows = np.flatnonzero((said != NONE) & (self.is_view if name == "page" else ~self.is_view))
        return self.visit[rows], said[rows]

    def has(self, name: str, codes: Collection[int]) -> Flags:
        """Which visits fulfil one condition, to have any of `codes`."""
        wanted = np.array(sorted(codes), np.uint64)
        if name not in OF_EVENT:
            return np.isin(self.cut(name), wanted)
        held = np.isin(self.column(column_of(name)), wanted)
        return np.logical_or.reduceat(held & self.is_view if name == "page" else held, self.starts)

    def _end(self, held: Flags, *, is_last: bool = False) -> Places:
        """The first (or last) row of each visit that holds, NEVER for none."""
        found = np.full(len(self.starts), NEVER)
        rows = np.flatnonzero(held)
        rows = rows if is_last else rows[::-1]
        found[self.visit[rows]] = rows  # of a visit's rows the last assignment stays
        return found


class Lines:
    """Visitors, visits and views by value, of pieces that have no visitor in common."""

    MOST = 1_000_000

    def __init__(self) -> None:
        self.parts: list[tuple[Codes, Places]] = []
        self.rows = 0

    def add(self, codes: Codes, visit: Places, looked: Looked, views: Places) -> None:
        """The value of each visit or of each of its events, and how many views that stands for."""
        if not len(codes):
            return
        coded = pa.array(codes).dictionary_encode()
        values, place = coded.dictionary.to_numpy(), coded.indices.to_numpy().astype(np.int64)
        visits = _different(place, visit, size=len(values))
        visitors = _different(place, differs(looked.who).astype(np.int64).cumsum()[visit], size=len(values))
        counts = [np.bincount(found, minlength=len(values)) for found in (visitors, visits)]
        seen = np.bincount(place, weights=views, minlength=len(values)).astype(np.int64)
        self.parts.append((values, np.stack([*counts, seen])))
        self.rows += len(values)
        if self.rows > self.MOST:
            self.parts = [self.summed()]
            self.rows = len(self.parts[0][0])

    def summed(self) -> tuple[Codes, Places]:
        """Values, and their three numbers one below the other."""
        if not self.parts:
            return np.zeros(0, np.uint64), np.zeros((3, 0), np.int64)
        values, place = np.unique(np.concatenate([codes for codes, _ in self.parts]), return_inverse=True)
        numbers = np.concatenate([counted for _, counted in self.parts], axis=1)
        sums = [np.bincount(place, weights=one, minlength=len(values)) for one in numbers]
        return values, np.stack(sums).astype(np.int64)


class Tally:
    """What is counted of visits that begin within the period and fulfil `where`: name -> codes, one of which it has."""

    def __init__(
        self, *, begin: int, end: int, first: int, width: int, steps: int,
        where: Mapping[str, Collection[int]], lists: Collection[str],
    ) -> None:  # fmt: skip
        self.begin, self.end, self.first, self.width, self.steps = begin, end, first, width, steps
        self.where = where
        self.lists = {name: Lines() for name in lists}
        self.visitors = self.viewing = self.bounces = 0
        self.trend = np.zeros((3, steps), np.int64)
        self.lasted: list[npt.NDArray[np.float64]] = []

    def add(self, table: pa.Table) -> None:
        looked = Looked(table)
        is_meant = (looked.began >= self.begin) & (looked.began < self.end)
        for name, codes in self.where.items():
            is_meant &= looked.has(name, codes)
        visits = np.flatnonzero(is_meant)
        who, views, place = looked.who[visits], looked.views[visits], (looked.began[visits] - self.first) // self.width
        self.visitors += int(differs(who).sum())
        self.viewing += int((views > 0).sum())
        self.bounces += int(looked.bounced[visits].sum())
        self.lasted.append(looked.lasted[visits])
        # of one visitor the visits are in order, so each step begins once
        of_steps = place[differs(who) | differs(place)]
        for row, (steps, weights) in enumerate(((of_steps, None), (place, None), (place, views))):
            self.trend[row] += np.bincount(steps, weights=weights, minlength=self.steps).astype(np.int64)
        for name, lines in self.lists.items():
            if name in OF_EVENT:
                visit, codes_of = looked.events(name)
                meant = is_meant[visit]
                lines.add(codes_of[meant], visit[meant], looked, np.ones(int(meant.sum()), np.int64))
            else:
                lines.add(looked.cut(name)[visits], visits, looked, views)


def _different(place: Places, of: Places, *, size: int) -> Places:
    """The places, below `size`, of the different pairs (place, of)."""
    return pa.array(of * size + place).unique().to_numpy() % size
