"""Cells: what was counted, per bucket of time and series, as columns that add up; and their form at rest.

A row is one series in one bucket of time, with its count and sum; an entry is one histogram bucket of a row.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import zstandard

from analytics.periods import origin
from analytics.rollups.histograms import Histogram
from analytics.rollups.minutes import minute_of
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    import pyarrow.compute as pc

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
else:
    np, pa, pc = lazy("numpy"), lazy("pyarrow"), lazy("pyarrow.compute")

Labels = tuple[str, ...]

# What the values beyond the most frequent ones of a dimension are counted under.
OTHER = "(other)"
_SIZES = struct.Struct("<II")
# No bucket: beyond what 16 bits hold.
_NO_BUCKET = 1 << 15


@dataclass(frozen=True, slots=True)
class Measure:
    """How many, their sum, and the histogram of their values (empty where only counting was asked for)."""

    count: int
    total: float
    histogram: Histogram

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    def quantile(self, q: float) -> float | None:
        return self.histogram.quantile(q)


NOTHING = Measure(0, 0.0, Histogram())


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows (`at` in minutes since 1970, `series` an index into `labels`, `count`, `total`) and entries
    (`row`, `bucket`, `n`). Rows are unique by (at, series) and in that order."""

    dimensions: tuple[str, ...]
    labels: tuple[Labels, ...]
    at: Ints
    series: Ints
    count: Ints
    total: Floats
    row: Ints
    bucket: Ints
    n: Ints
    _codes: dict[str, tuple[Ints, dict[str, int]]] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.at)

    def summed(self, *, at: Ints, labels: Sequence[Labels], dimensions: tuple[str, ...]) -> Cells:
        """Return the cells with every row moved to `at` and `labels` (one of each a row), equal ones added."""
        unique = sorted(set(labels))
        place = {label: index for index, label in enumerate(unique)}
        series = np.fromiter((place[label] for label in labels), np.int64, len(labels))
        return _added(self, at, series, tuple(unique), dimensions)

    def by(
        self,
        *names: str,
        step: int | None = None,
        where: Mapping[str, Iterable[str]] | None = None,
        is_counting: bool = False,
        begin: int | None = None,
    ) -> Cells:
        """Return the cells of the series `where` dimensions have one of the values, added up by `names` and `step`
        (minutes; None: the whole time in one), of which one begins at the minute `begin`, by default as those of charts
        do; without histograms when only counting."""
        codes, kept = self._grouped(names, where or {})
        if begin is None:
            begin = minute_of(origin(None if step is None else timedelta(minutes=step)))
        at = np.zeros_like(self.at) if step is None else (self.at - begin) // step * step + begin
        cells = self._without_entries() if is_counting else self
        return _added(cells, at, codes[self.series], kept, names)

    def _grouped(self, names: Sequence[str], where: Mapping[str, Iterable[str]]) -> tuple[Ints, tuple[Labels, ...]]:
        """Each series' place among the combinations that `names` have in it (-1: not `where`), and these, in the order
        of their first series."""
        codes = np.zeros(len(self.labels), np.int64)
        chosen = np.ones(len(self.labels), np.bool_)
        for name, values in where.items():
            of_name, known = self._coded(name)
            chosen &= np.isin(of_name, [known[value] for value in frozenset(values) if value in known])
        for name in names:
            of_name, known = self._coded(name)
            codes = codes * len(known) + of_name
        grouped = np.full(max(1, len(codes)), -1, np.int64)
        series = np.flatnonzero(chosen)
        unique, place = _unique(codes[chosen])
        first = np.zeros(len(unique), np.int64)
        first[place[::-1]] = series[::-1]
        order = np.argsort(first)
        grouped[series] = np.argsort(order)[place]
        keep = [self.dimensions.index(name) for name in names]
        return grouped, tuple(tuple(self.labels[one][at] for at in keep) for one in first[order].tolist())

    def _coded(self, name: str) -> tuple[Ints, dict[str, int]]:
        """Each series' place among the values of a dimension, and these."""
        if name not in self._codes:
            at = self.dimensions.index(name)
            known: dict[str, int] = {}
            codes = (known.setdefault(labels[at], len(known)) for labels in self.labels)
            self._codes[name] = np.fromiter(codes, np.int64, len(self.labels)), known
        return self._codes[name]

    def between(self, start: int, end: int) -> Cells:
        """Return the cells with the rows of start <= at < end alone, of cells in the order of time."""
        first, last = (int(place) for place in np.searchsorted(self.at, (start, end)))
        low, high = (int(place) for place in np.searchsorted(self.row, (first, last)))
        rows, entries = slice(first, last), slice(low, high)
        return replace(
            self, at=self.at[rows], series=self.series[rows], count=self.count[rows], total=self.total[rows],
            row=self.row[entries] - first, bucket=self.bucket[entries], n=self.n[entries],
        )  # fmt: skip

    def _without_entries(self) -> Cells:
        none = np.zeros(0, np.int64)
        return replace(self, row=none, bucket=none, n=none)

    def measures(self) -> dict[tuple[int, Labels], Measure]:
        """Return what each row holds, by its time and labels."""
        starts = np.searchsorted(self.row, np.arange(len(self) + 1))
        buckets, numbers = self.bucket.tolist(), self.n.tolist()
        found: dict[tuple[int, Labels], Measure] = {}
        rows = zip(self.at.tolist(), self.series.tolist(), self.count.tolist(), self.total.tolist(), strict=True)
        for index, (at, series, count, total) in enumerate(rows):
            span = slice(int(starts[index]), int(starts[index + 1]))
            histogram = Histogram(dict(zip(buckets[span], numbers[span], strict=True)))
            found[at, self.labels[series]] = Measure(count, total, histogram)
        return found

    def counts(self) -> dict[tuple[int, Labels], int]:
        """Return how many each row holds."""
        rows = zip(self.at.tolist(), self.series.tolist(), self.count.tolist(), strict=True)
        return {(at, self.labels[series]): count for at, series, count in rows}

    def groups(self) -> dict[Labels, Measure]:
        """Return what each series holds, for cells whose time was added up."""
        return {labels: measure for (_, labels), measure in self.measures().items()}

    def at_once(self) -> Measure:
        """Return everything added up."""
        return next(iter(self.by().measures().values()), NOTHING)


def empty(dimensions: tuple[str, ...]) -> Cells:
    none = np.zeros(0, np.int64)
    return Cells(dimensions, (), none, none, none, np.zeros(0), none, none, none)


def from_table(dimensions: tuple[str, ...], table: pa.Table) -> Cells:
    """Return the cells of grouped rows: columns `minute`, `bucket` (null: none), `n`, `total` and the dimensions."""
    if not table.num_rows:
        return empty(dimensions)
    series, labels = _encoded([table.column(name) for name in dimensions], table.num_rows)
    bucket = pc.fill_null(table.column("bucket"), _NO_BUCKET).to_numpy().astype(np.int64)
    minutes = table.column("minute").to_numpy().astype(np.int64)
    n = table.column("n").to_numpy().astype(np.int64)
    entries = np.flatnonzero(bucket != _NO_BUCKET)
    total = table.column("total").to_numpy().astype(np.float64)
    raw = Cells(dimensions, labels, minutes, series, n, total, entries, bucket[entries], n[entries])
    return _added(raw, minutes, series, labels, dimensions)


def _encoded(columns: Sequence[pa.ChunkedArray], length: int) -> tuple[Ints, tuple[Labels, ...]]:
    """Each row's place among the different combinations of values, and these."""
    codes, values = np.zeros(length, np.int64), []
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode()
        values.append(encoded.dictionary.to_pylist())
        codes = codes * max(1, len(values[-1])) + encoded.indices.to_numpy()
    unique, series = np.unique(codes, return_inverse=True)
    labels = []
    for code in unique.tolist():
        label = []
        for known in reversed(values):
            code, place = divmod(code, max(1, len(known)))
            label.append(known[place])
        labels.append(tuple(reversed(label)))
    return series.astype(np.int64), tuple(labels)


def joined(parts: Sequence[Cells]) -> Cells:
    """Return the rows of all parts, which share their dimensions; equal ones are not added yet."""
    labels: dict[Labels, int] = {}
    offset, series, rows = 0, [], []
    for part in parts:
        codes = np.array([labels.setdefault(label, len(labels)) for label in part.labels] or [0], np.int64)
        series.append(codes[part.series])
        rows.append(part.row + offset)
        offset += len(part)

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return Cells(
        parts[0].dimensions, tuple(labels), column("at"), np.concatenate(series), column("count"), column("total"),
        np.concatenate(rows), column("bucket"), column("n"),
    )  # fmt: skip


def folded(cells: Cells, limits: Mapping[str, int]) -> Cells:
    """Return the cells with, in every bucket of time, only the most frequent values of each limited dimension; what
    the others counted is under OTHER."""
    for name, most in limits.items():
        place = cells.dimensions.index(name)
        if len({labels[place] for labels in cells.labels}) <= most:
            continue
        counted: dict[int, dict[str, int]] = {}
        values = [cells.labels[series][place] for series in cells.series.tolist()]
        for at, value, count in zip(cells.at.tolist(), values, cells.count.tolist(), strict=True):
            of_time = counted.setdefault(at, {})
            of_time[value] = of_time.get(value, 0) + count
        kept = {at: _top(of_time, most) for at, of_time in counted.items()}
        labels = [
            tuple(
                OTHER if at == place and value not in kept[time] else one for at, one in enumerate(cells.labels[series])
            )
            for time, value, series in zip(cells.at.tolist(), values, cells.series.tolist(), strict=True)
        ]
        cells = cells.summed(at=cells.at, labels=labels, dimensions=cells.dimensions)
    return cells


def pack(cells: Cells, start: int, end: int, ids: Ints) -> bytes:
    """Return the rows start..end as bytes; `ids[series]` is what a series is stored as."""
    first, last = np.searchsorted(cells.row, (start, end))
    body = b"".join(
        (
            _SIZES.pack(end - start, int(last - first)),
            ids[cells.series[start:end]].astype("<u4").tobytes(),
            cells.count[start:end].astype("<i8").tobytes(),
            cells.total[start:end].astype("<f8").tobytes(),
            (cells.row[first:last] - start).astype("<u4").tobytes(),
            cells.bucket[first:last].astype("<i2").tobytes(),
            cells.n[first:last].astype("<u4").tobytes(),
        )
    )
    return zstandard.compress(body, 3)


def unpack(
    packed: Iterable[tuple[int, bytes | memoryview]],
    dimensions: tuple[str, ...],
    labels_of: Callable[[list[int]], Mapping[int, Labels]],
) -> Cells:
    """Return the cells of (time, bytes) pairs; `labels_of` gives the labels of stored series."""
    open_ = zstandard.ZstdDecompressor().decompress
    ids: list[Any] = []
    times, lengths, offsets = [], [], []
    columns: tuple[list[Any], ...] = ([], [], [], [], [])
    offset = 0
    for at, blob in packed:
        body = open_(bytes(blob))
        rows, entries = _SIZES.unpack_from(body)
        places = list(accumulate((8, 4 * rows, 8 * rows, 8 * rows, 4 * entries, 2 * entries)))
        ids.append(np.frombuffer(body, "<u4", rows, places[0]))
        for column, kind, length, place in zip(
            columns,
            ("<i8", "<f8", "<u4", "<i2", "<u4"),
            (rows, rows, entries, entries, entries),
            places[1:],
            strict=True,
        ):
            column.append(np.frombuffer(body, kind, length, place))
        times.append(at)
        lengths.append(rows)
        offsets.append(np.full(entries, offset, np.int64))
        offset += rows
    if not ids:
        return empty(dimensions)
    known, series = np.unique(np.concatenate(ids), return_inverse=True)
    labels = labels_of(known.tolist())
    count, total, row, bucket, n = (np.concatenate(column) for column in columns)
    return Cells(
        dimensions, tuple(labels[one] for one in known.tolist()), np.repeat(np.array(times, np.int64), lengths),
        series.astype(np.int64), count, total, row + np.concatenate(offsets), bucket.astype(np.int64),
        n.astype(np.int64),
    )  # fmt: skip


def _added(cells: Cells, at: Ints, series: Ints, labels: tuple[Labels, ...], dimensions: tuple[str, ...]) -> Cells:
    """The rows at their new time and series (-1: left out), equal ones added, in order."""
    width = max(1, len(labels))
    chosen = series >= 0
    keys, group = _unique(at[chosen] * width + series[chosen])
    target = np.full(len(cells), -1, np.int64)
    target[chosen] = group
    moved = target[cells.row]
    held = moved >= 0
    bucket = cells.bucket[held]
    lowest = int(bucket.min(initial=0))
    span = int(bucket.max(initial=0)) - lowest + 1
    entry_keys, entry = _unique(moved[held] * span + bucket - lowest)
    return Cells(
        dimensions,
        labels,
        keys // width,
        keys % width,
        np.bincount(group, cells.count[chosen], len(keys)).astype(np.int64),
        np.bincount(group, cells.total[chosen], len(keys)).astype(np.float64),
        entry_keys // span,
        entry_keys % span + lowest,
        np.bincount(entry, cells.n[held], len(entry_keys)).astype(np.int64),
    )


def _unique(keys: Ints) -> tuple[Ints, Ints]:
    """The different keys in order, and the place of each key among them; without sorting where they lie close."""
    if not len(keys):
        return keys, keys
    lowest = keys.min()
    places = keys - lowest
    size = int(places.max()) + 1
    if size > 10_000_000 or size > 20 * len(keys) + 100_000:
        unique, inverse = np.unique(keys, return_inverse=True)
        return unique, inverse.astype(np.int64)
    is_there = np.zeros(size, np.bool_)
    is_there[places] = True
    return np.flatnonzero(is_there) + lowest, (np.cumsum(is_there) - 1)[places]


def _top(counts: Mapping[str, int], most: int) -> frozenset[str]:
    ranked = sorted(counts, key=lambda value: (value == OTHER, -counts[value], value))
    return frozenset([*ranked[:most], OTHER])
