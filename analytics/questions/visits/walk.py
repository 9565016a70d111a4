"""Walks along the events of visitors and cuts them into visits. Pure; all visitors of a piece at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analytics.engine.filters import width
from analytics.questions.product.histories import differs
from analytics.questions.product.visits import BREAK, ENGAGED_SECONDS, LONGEST, OF_EVENT, column_of
from analytics.questions.visits.tally import NONE, Happened, Visits
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

NEVER = -1
# Time that pages claim to have been looked at is bounded, so that it can be added up.
_MOST_MEASURED = width(timedelta(days=365))


@dataclass
class Looked:
    """Events of whole visitors in order, and their visits, which are numbered from 0.

    Where a visit begins follows from the half hour before it, and what it holds from the day after: so it is the same
    visit, whichever period is asked about.
    """

    table: pa.Table

    def __post_init__(self) -> None:
        us = self.column("us")
        is_within = us - us[self.starts][self.visit] <= width(LONGEST)
        if not is_within.all():
            self.table = self.table.filter(pa.array(is_within))
            for known in ("begins", "starts", "visit", "is_view"):
                self.__dict__.pop(known, None)

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
    def ended(self) -> Places:
        return self.column("us")[np.append(self.starts[1:], self.table.num_rows) - 1]

    @cached_property
    def lasted(self) -> Places:
        """Microseconds of each visit: from its first event to its last, or what its pages measured where that is more.
        Whole ones, whose sum does not depend on their order."""
        measured = np.rint(np.add.reduceat(self.column("engaged_ms"), self.starts) * 1000)
        return np.maximum(self.ended - self.began, np.minimum(measured, _MOST_MEASURED).astype(np.int64))

    @cached_property
    def views(self) -> Places:
        return np.add.reduceat(self.is_view.astype(np.int64), self.starts)

    @cached_property
    def bounced(self) -> Flags:
        acted = np.logical_or.reduceat(self.column("has_acted").astype(np.bool_), self.starts)
        return (self.views == 1) & ~acted & (self.lasted < ENGAGED_SECONDS * 1_000_000)

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

    def happened(self, name: str) -> Happened:
        """What `page` or `event` is about: views of pages, and all other events; of each visit each value once."""
        said = self.column(column_of(name))
        rows = np.flatnonzero((said != NONE) & (self.is_view if name == "page" else ~self.is_view))
        values, place = np.unique(said[rows], return_inverse=True)
        size = max(len(values), 1)
        pairs, counts = np.unique(self.visit[rows] * size + place, return_counts=True)
        return Happened(pairs // size, values[pairs % size] if len(values) else values, counts)

    def visits(self, names: Collection[str]) -> Visits:
        """All visits, with what they are cut by."""
        said = {name: self.cut(name) for name in names if name not in OF_EVENT}
        happened = {name: self.happened(name) for name in names if name in OF_EVENT}
        return Visits(self.who, self.began, self.lasted, self.views, self.bounced, said, happened)

    def fulfil(self, where: Mapping[str, Collection[int]]) -> Flags:
        """Which visits fulfil all conditions: name -> codes, any of which it is to have."""
        is_meant = np.ones(len(self.starts), np.bool_)
        for name, codes in where.items():
            wanted = np.array(sorted(codes), np.uint64)
            if name in OF_EVENT:
                held = np.isin(self.column(column_of(name)), wanted)
                is_meant &= np.logical_or.reduceat(held & self.is_view if name == "page" else held, self.starts)
            else:
                is_meant &= np.isin(self.cut(name), wanted)
        return is_meant

    def _end(self, held: Flags, *, is_last: bool = False) -> Places:
        """The first (or last) row of each visit that holds, NEVER for none."""
        found = np.full(len(self.starts), NEVER)
        rows = np.flatnonzero(held)
        rows = rows if is_last else rows[::-1]
        found[self.visit[rows]] = rows  # of a visit's rows the last assignment stays
        return found
