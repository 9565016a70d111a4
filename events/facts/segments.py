"""Segments: Parquet files of facts, listed by rows. A file comes first and its row commits it; nothing is edited."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.aggregates import StringAgg
from django.db import transaction
from django.db.models import QuerySet

from events.facts import files
from events.facts.schema import FACTS, Fact, Kind, moment, table
from events.models import FactChange, RetiredSegment, Segment
from events.runtime import remembered
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    pa = lazy("pyarrow")
    pc = lazy("pyarrow.compute")
    pq = lazy("pyarrow.parquet")

# Small enough that a question about one group reads little, large enough that a scan of all does not pay for it
# (bench/facts.py).
ROW_GROUP = 32_768
# Ids that no two rows share, but for what was sent twice.
SINGLE = {"event_id", "span_id", "log_id", "check_in_id"}
# Where the values of a nested column stand in a file.
PATHS: dict[Kind, tuple[str, ...]] = {
    "tags": (".key_value.key", ".key_value.value"),
    "ints": (".list.element",),
    "floats": (".list.element",),
}
# A clock may run ahead; what claims to be later than this happened when it was received.
AHEAD = timedelta(days=1)
_LISTED = "segments"
# Of a shorter time the segments of all facts are few.
_SHORT = timedelta(days=16)


@dataclass(frozen=True, slots=True)
class Place:
    """What all rows of one segment share."""

    project_id: int
    fact: str
    day: date

    def new_path(self) -> str:
        return f"{self.fact}/project={self.project_id}/day={self.day.isoformat()}/{uuid.uuid4().hex}.parquet"


def write(rows: Mapping[tuple[int, str], Sequence[Mapping[str, Any]]], *, now: datetime) -> list[Segment]:
    """Store rows, {(project id, fact): rows}, one file a day; return the segments, created in the caller's transaction.

    A row whose `at` is missing or more than a day ahead happened at `now`.
    """
    root = files.root()
    created = []
    for (project_id, name), facts in rows.items():
        fact = FACTS[name]
        for day, of_day in _by_day(facts, now=now).items():
            place = Place(project_id, name, day)
            created.append(_write_file(root, place, fact, table(fact, of_day)))
    announce(created)
    return Segment.objects.bulk_create(created)


def announce(changed: Iterable[Segment]) -> None:
    """Note, in the caller's transaction, that facts within these segments' spans came or went; a merge is no change."""
    FactChange.objects.bulk_create(
        FactChange(project_id=segment.project_id, fact=segment.fact, min_at=segment.min_at, max_at=segment.max_at)
        for segment in changed
    )


def select(project_id: int, fact: str, *, start: datetime | None = None, end: datetime | None = None) -> list[Segment]:
    """Return the segments that may hold facts with start <= at < end, oldest first."""
    if not remembered.is_on() or start is None or end is None:
        return _listed(project_id, (fact,), start, end)
    days = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    return [
        one
        for one in _of_look(project_id, fact, start, end)
        if one.fact == fact and days[0] <= one.day <= days[1] and one.max_at >= start and one.min_at < end
    ]


def look_again(project_id: int, facts: Iterable[str]) -> None:
    """Forget the lists of these facts that a page holds: a file on one is gone."""
    for name in ("", *facts):
        remembered.forget((_LISTED, project_id, name))


def _of_look(project_id: int, fact: str, start: datetime, end: datetime) -> list[Segment]:
    """What a page asks for once: all facts of a period with as much again before it, which comparisons ask for; of a
    long one each fact alone."""
    for facts in ("", fact):
        known = remembered.noted((_LISTED, project_id, facts))
        first, last = (start - (end - start), end) if known is None else (min(start, known[0]), max(end, known[1]))
        if known is not None and start >= known[0] and end <= known[1]:
            listed: list[Segment] = known[2]
            return listed
        if facts == fact or last - first <= _SHORT:
            break
    listed = _listed(project_id, (facts,) if facts else tuple(FACTS), first, last)
    remembered.note((_LISTED, project_id, facts), (first, last, listed))
    return listed


def paths(project_id: int, fact: str, *, start: datetime | None = None, end: datetime | None = None) -> list[str]:
    """Return the files of these segments, in no order: one text out of one index, for a year has thousands of them
    (bench/growth/catalogue.py). A page that looks at a short time has them from its list."""
    if remembered.is_on() and start is not None and end is not None and 2 * (end - start) <= _SHORT:
        return [one.path for one in select(project_id, fact, start=start, end=end)]
    found = _within_span(project_id, (fact,), start=start, end=end)
    listed = found.aggregate(paths=StringAgg("path", "\n"))["paths"]
    return listed.split("\n") if listed else []


def _listed(project_id: int, facts: Collection[str], start: datetime | None, end: datetime | None) -> list[Segment]:
    return list(_within_span(project_id, facts, start=start, end=end).order_by("day", "id"))


def _within_span(
    project_id: int, facts: Collection[str], *, start: datetime | None, end: datetime | None
) -> QuerySet[Segment]:
    found = Segment.objects.filter(project_id=project_id, fact__in=facts)
    if start is not None:
        found = found.filter(day__gte=start.astimezone(UTC).date(), max_at__gte=start)
    if end is not None:
        found = found.filter(day__lte=end.astimezone(UTC).date(), min_at__lt=end)
    return found


def swap(old: Sequence[Segment], new: Sequence[Segment], *, now: datetime) -> bool:
    """List `new` instead of `old`, in one transaction; False, and nothing is changed, when one of `old` is gone."""
    keys = [segment.pk for segment in old]
    with transaction.atomic():
        # Locked in the order of their ids, so that two swaps of overlapping segments cannot wait for each other.
        listed = Segment.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True)
        if len(listed) != len(keys):
            return False
        RetiredSegment.objects.bulk_create([RetiredSegment(path=segment.path, retired_at=now) for segment in old])
        Segment.objects.filter(pk__in=keys).delete()
        Segment.objects.bulk_create(new)
    return True


def retire(old: Sequence[Segment], *, now: datetime) -> bool:
    """Take segments off the list; their files go after the grace period. False when one was gone already."""
    return swap(old, [], now=now)


def write_sorted(place: Place, batches: Iterable[pa.RecordBatch], *, level: int, now: datetime) -> Segment:
    """Write one file from batches in the fact's order and return its segment, not saved."""
    root, fact, path = files.root(), FACTS[place.fact], place.new_path()
    rows = 0
    ends: list[datetime] = []
    with root.create(path) as stream, pq.ParquetWriter(stream, fact.schema, **_options(fact, blooms=True)) as writer:
        for batch in _in_row_groups(batches, fact):
            writer.write_table(batch, row_group_size=ROW_GROUP)
            ends = [min(*_span(batch), *ends), max(*_span(batch), *ends)]
            rows += batch.num_rows
    first, last = ends or (now, now)
    return Segment(
        project_id=place.project_id, fact=place.fact, day=place.day, min_at=first, max_at=last,
        rows=rows, bytes=root.size(path), path=path, level=level, created_at=now,
    )  # fmt: skip


def _by_day(rows: Iterable[Mapping[str, Any]], *, now: datetime) -> dict[date, list[Mapping[str, Any]]]:
    latest = now + AHEAD
    days: dict[date, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        at = moment(row.get("at"))
        if at is None or at > latest:
            at, row = now, {**row, "at": now}
        days[at.date()].append(row)
    return days


def _write_file(root: files.Root, place: Place, fact: Fact, rows: pa.Table) -> Segment:
    path = place.new_path()
    low, high = _span(rows)
    with root.create(path) as stream:
        pq.write_table(rows, stream, row_group_size=ROW_GROUP, **_options(fact, blooms=False))
        size = stream.tell()
    return Segment(
        project_id=place.project_id, fact=place.fact, day=place.day, min_at=low, max_at=high,
        rows=rows.num_rows, bytes=size, path=path,
    )  # fmt: skip


def _span(rows: pa.Table) -> tuple[datetime, datetime]:
    ends = pc.min_max(rows["at"]).as_py()
    return ends["min"].astimezone(UTC), ends["max"].astimezone(UTC)


def _options(fact: Fact, *, blooms: bool) -> dict[str, Any]:
    """How a file is encoded; Bloom filters only where a file is large, and not for the column it is sorted by.

    Moments are stored as differences, and ids of single things without a dictionary, which would be as long as they
    are: a seventh less of a file (docs/decisions/0051-product-events-lie-by-visitor.md).
    """
    filters = {name: {"ndv": ROW_GROUP, "fpp": 0.05} for name in fact.lookups if name != fact.sort[0]}
    return {
        "compression": "zstd",
        "compression_level": 3 if blooms else 1,
        "bloom_filter_options": filters if blooms and filters else None,
        "use_dictionary": [
            f"{column.name}{path}"
            for column in fact.columns
            if column.kind != "time" and column.name not in SINGLE
            for path in PATHS.get(column.kind, ("",))
        ],
        "column_encoding": {column.name: "DELTA_BINARY_PACKED" for column in fact.columns if column.kind == "time"},
    }


def _in_row_groups(batches: Iterable[pa.RecordBatch], fact: Fact) -> Iterable[pa.Table]:
    """Yield tables of ROW_GROUP rows (the last may be shorter) in the fact's schema."""
    waiting: list[pa.Table] = []
    count = 0
    for batch in batches:
        waiting.append(_conformed(batch, fact))
        count += batch.num_rows
        while count >= ROW_GROUP:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, ROW_GROUP)
            waiting, count = [joined.slice(ROW_GROUP)], count - ROW_GROUP
    if count:
        yield pa.concat_tables(waiting)


def _conformed(batch: pa.RecordBatch, fact: Fact) -> pa.Table:
    """The batch in the fact's columns; those it was written without are null."""
    found = set(batch.schema.names)
    arrays = [
        batch.column(field.name).cast(field.type) if field.name in found else pa.nulls(batch.num_rows, field.type)
        for field in fact.schema
    ]
    return pa.Table.from_arrays(arrays, schema=fact.schema)
