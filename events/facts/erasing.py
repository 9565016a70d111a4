"""Takes the rows of some people out of segments: each file that has any is written anew without them.

The old file is retired, and leaves the disk with the sweep after compaction's grace.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from events.facts import compaction, duck, files, segments
from events.facts.schema import FACTS
from events.facts.segments import Place
from events.models import Segment
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    duckdb = lazy("duckdb")
    pa = lazy("pyarrow")
    pc = lazy("pyarrow.compute")
    pq = lazy("pyarrow.parquet")

# The columns that say whose a row is; each is the first 64 bits of a pseudonym, signed.
PERSON_COLUMNS = ("user_key", "visitor")
_OF_THEM = "coalesce({column} IN (SELECT unnest($keys::BIGINT[])), false)"


def person_column(fact: str) -> str | None:
    """The column of a fact that says whose a row is; None where none does."""
    names = {column.name for column in FACTS[fact].columns}
    return next((name for name in PERSON_COLUMNS if name in names), None)


Note = Callable[[Mapping[int, int]], None]


def _unnoted(gone: Mapping[int, int]) -> None:
    pass


def erase(
    project_id: int,
    fact: str,
    keys: Collection[int],
    *,
    now: datetime,
    note: Note = _unnoted,
) -> Counter[int]:
    """How many rows of each of these people this worker took out of a fact of a project, however many people in one
    pass. Days of what is derived go whole: they are worked out again.

    Workers that are at the same people share the days; when one returns, no day of those it began with has any of
    theirs left. `note` is told what goes in the transaction that takes it, and keeps it by raising.
    """
    column, found = person_column(fact), Counter[int]()
    if column is None or not keys:
        return found
    database = duck.connect(memory_mb=compaction.MEMORY_MB, threads=2)
    try:
        listed = segments.select(project_id, fact)
        hits = _hits(database, listed, column, list(keys))
        if FACTS[fact].source:
            return sum((_retire(one, hits[one.pk], note, now=now) for one in listed if one.pk in hits), found)
        days = sorted({segment.day for segment in listed if segment.pk in hits})
        held: list[date] = []
        for waits, some in ((False, days), (True, held)):
            for day in some:
                place = Place(project_id, fact, day)
                with compaction.alone(place, waits=waits) as is_mine:
                    if is_mine:
                        found += _erase_day(database, place, column, list(keys), note, now=now)
                    else:
                        held.append(day)
    finally:
        database.close()
    return found


def rows(
    project_id: int, fact: str, keys: Collection[int], *, columns: Sequence[str] = (), most: int | None = None
) -> Iterator[dict[str, object]]:
    """The rows of these people, the oldest first: at most `most`, and these columns of them or all."""
    column = person_column(fact)
    listed = segments.select(project_id, fact)
    if column is None or not keys or not listed:
        return
    root = files.root()
    database = duck.connect(memory_mb=compaction.MEMORY_MB, threads=2)
    try:
        source = duck.scan([root.url(segment.path) for segment in listed])
        named = ", ".join(f'"{name}"' for name in columns) or "*"
        where = _OF_THEM.format(column=column)
        found = database.execute(
            f'FROM {source} SELECT {named} WHERE {where} ORDER BY "at" LIMIT $most', {"keys": list(keys), "most": most}
        )
        for batch in found.to_arrow_reader(10_000):
            yield from batch.to_pylist()
    finally:
        database.close()


def _hits(
    database: duckdb.DuckDBPyConnection, listed: list[Segment], column: str, keys: list[int]
) -> dict[int, Counter[int]]:
    """By each segment that has rows of these people, how many each has."""
    if not listed:
        return {}
    root = files.root()
    by_url = {root.url(segment.path): segment.pk for segment in listed}
    source, theirs = duck.scan(list(by_url), named=True), _OF_THEM.format(column=column)
    sql = f"FROM {source} SELECT filename, {column}, count(*) WHERE {theirs} GROUP BY ALL"
    try:
        counted = database.execute(sql, {"keys": keys}).fetchall()
    except duckdb.BinderException:
        return {}  # files from before there was such a column
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for name, key, count in counted:
        found[by_url[name]][key] = count
    return found


def _retire(segment: Segment, gone: Counter[int], note: Note, *, now: datetime) -> Counter[int]:
    with transaction.atomic():
        if not segments.retire([segment], now=now):
            return Counter()
        note(gone)
    return gone


def _erase_day(
    database: duckdb.DuckDBPyConnection,
    place: Place,
    column: str,
    keys: list[int],
    note: Note,
    *,
    now: datetime,
) -> Counter[int]:
    """What was taken out of a day that this worker holds."""
    listed = list(Segment.objects.filter(project_id=place.project_id, fact=place.fact, day=place.day))
    hits, total = _hits(database, listed, column, keys), Counter[int]()
    for old in listed:
        if old.pk not in hits:
            continue
        new = segments.write_sorted(place, _kept(old, column, keys), level=old.level, now=now)
        made = [new] if new.rows else []
        is_swapped = False
        try:
            with transaction.atomic():
                # False where retention took the file meanwhile.
                if segments.swap([old], made, now=now):
                    segments.announce([old])
                    note(hits[old.pk])
                    is_swapped = True
        finally:
            if not is_swapped or not made:
                files.root().remove(new.path)
        if is_swapped:
            total += hits[old.pk]
    return total


def _kept(old: Segment, column: str, keys: list[int]) -> Iterator[pa.RecordBatch]:
    """What others did, in the order in which it lies: to sort it anew took half of an erasure."""
    theirs = pa.array(keys, pa.int64())
    with files.root().open(old.path) as stream:
        whole = stream if stream.seekable() else pa.BufferReader(stream.read())
        for batch in pq.ParquetFile(whole).iter_batches(segments.ROW_GROUP):
            yield batch.filter(pc.invert(pc.is_in(batch.column(column), value_set=theirs)))
