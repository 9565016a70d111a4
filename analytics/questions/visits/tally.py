"""Counts visits: visitors, visits, views, bounces and durations, over time and cut. Pure; in arrays.

What visits are cut by are numbers: a hash of the value, NONE where there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
# Pairs are crossed off in a table of so many bytes at most, else they are sorted out by hash.
_TABLE = 50_000_000


@dataclass(frozen=True)
class Happened:
    """Pages that visits saw, or events they had: `count` times `code` in the visit of that place, each pair once."""

    visit: Places
    code: Codes
    count: Places


@dataclass(frozen=True)
class Visits:
    """Visits in any order, one place each; `began` is microseconds since 1970, `lasted` microseconds."""

    who: Places
    began: Places
    lasted: Places
    views: Places
    bounced: Flags
    said: Mapping[str, Codes] = field(default_factory=dict)
    happened: Mapping[str, Happened] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.who)

    def only(self, is_meant: Flags) -> Visits:
        if is_meant.all():
            return self
        moved = np.cumsum(is_meant) - 1
        happened = {}
        for name, one in self.happened.items():
            held = is_meant[one.visit]
            happened[name] = Happened(moved[one.visit[held]], one.code[held], one.count[held])
        said = {name: codes[is_meant] for name, codes in self.said.items()}
        return Visits(
            self.who[is_meant], self.began[is_meant], self.lasted[is_meant], self.views[is_meant],
            self.bounced[is_meant], said, happened,
        )  # fmt: skip


def joined(parts: Sequence[Visits]) -> Visits:
    """All of them, which are cut by the same."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *(len(part) for part in parts)])
    happened = {
        name: Happened(
            np.concatenate([part.happened[name].visit + first for part, first in zip(parts, before, strict=False)]),
            np.concatenate([part.happened[name].code for part in parts]),
            np.concatenate([part.happened[name].count for part in parts]),
        )
        for name in parts[0].happened
    }
    said = {name: np.concatenate([part.said[name] for part in parts]) for name in parts[0].said}
    return Visits(
        np.concatenate([part.who for part in parts]), np.concatenate([part.began for part in parts]),
        np.concatenate([part.lasted for part in parts]), np.concatenate([part.views for part in parts]),
        np.concatenate([part.bounced for part in parts]), said, happened,
    )  # fmt: skip


class Lines:
    """Visitors, visits and views by value, of pieces that have no visitor in common."""

    MOST = 1_000_000

    def __init__(self) -> None:
        self.parts: list[tuple[Codes, Places]] = []
        self.rows = 0

    def add(self, codes: Codes, who: Places, views: Places, *, people: int) -> None:
        """The value of each visit, or each value once of each, with how many views that stands for."""
        if not len(codes):
            return
        values, place = _numbered(codes)
        counts = [different(place, who, size=len(values), among=people), np.bincount(place, minlength=len(values))]
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
    """What is counted of visits, in `steps` steps of `width` from `first` on (microseconds); `lists` names what they
    are cut by. The pieces that are added have no visitor in common."""

    def __init__(self, *, first: int, width: int, steps: int, lists: Collection[str]) -> None:
        self.first, self.width, self.steps = first, width, steps
        self.lists = {name: Lines() for name in lists}
        self.visitors = self.viewing = self.bounces = 0
        self.trend = np.zeros((3, steps), np.int64)
        self.lasted: list[Places] = []

    def add(self, visits: Visits) -> None:
        if not len(visits):
            return
        known, who = _numbered(visits.who)
        people, views = len(known), visits.views
        self.visitors += people
        self.viewing += int((views > 0).sum())
        self.bounces += int(visits.bounced.sum())
        self.lasted.append(visits.lasted)
        place = (visits.began - self.first) // self.width
        self.trend[0] += different(place, who, size=self.steps, among=people)
        self.trend[1] += np.bincount(place, minlength=self.steps)
        self.trend[2] += np.bincount(place, weights=views, minlength=self.steps).astype(np.int64)
        for name, lines in self.lists.items():
            if name in visits.happened:
                one = visits.happened[name]
                lines.add(one.code, who[one.visit], one.count, people=people)
            else:
                lines.add(visits.said[name], who, views, people=people)


def different(place: Places, of: Places, *, size: int, among: int) -> Places:
    """How many different `of`, below `among`, each place below `size` has."""
    if size * among <= _TABLE:
        met = np.zeros(size * among, np.bool_)
        met[place * among + of] = True
        return np.count_nonzero(met.reshape(size, among), axis=1)
    pairs = pa.array(place * among + of).unique().to_numpy()
    return np.bincount(pairs // among, minlength=size)


def _numbered(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Places]:
    """The different values, and the number of each value among them."""
    coded = pa.array(values).dictionary_encode()
    return coded.dictionary.to_numpy(), coded.indices.to_numpy().astype(np.int64)
