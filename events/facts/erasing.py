"""Takes the rows of some people out of segments: each file that has any is written anew without them.

The old file is retired, and leaves the disk with the sweep after compaction's grace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
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
else:
    duckdb = lazy("duckdb")

# The columns that say whose a row is; each is the first 64 bits of a pseudonym, signed.
PERSON_COLUMNS = ("user_key", "visitor")
_OF_THEM = "list_contains($keys::BIGINT[], {column})"


def person_column(fact: str) -> str | None:
    """The column of a fact that says whose a row is; None where none does."""
    names = {column.name for column in FACTS[fact].columns}
    return next((name for name in PERSON_COLUMNS if name in names), None)


def erase(project_id: int, fact: str, keys: Collection[int], *, now: datetime) -> int:
    """How many rows of these people were taken out of a fact of a project; waits for days that compaction holds."""
    column = person_column(fact)
    if column is None or not keys:
        return 0
    database = duck.connect(memory_mb=compaction.MEMORY_MB, threads=2)
    try:
        return sum(
            _erase_day(database, Place(project_id, fact, day), column, list(keys), now=now)
            for day in _days(database, project_id, fact, column, list(keys))
        )
    finally:
        database.close()


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


def _days(database: duckdb.DuckDBPyConnection, project_id: int, fact: str, column: str, keys: list[int]) -> list[date]:
    listed = segments.select(project_id, fact)
    hits = _hits(database, listed, column, keys)
    return sorted({segment.day for segment in listed if segment.pk in hits})


def _hits(database: duckdb.DuckDBPyConnection, listed: list[Segment], column: str, keys: list[int]) -> dict[int, int]:
    """By each segment that has rows of these people, how many."""
    if not listed:
        return {}
    root = files.root()
    by_url = {root.url(segment.path): segment.pk for segment in listed}
    source, theirs = duck.scan(list(by_url), named=True), _OF_THEM.format(column=column)
    try:
        found = database.execute(f"FROM {source} SELECT filename, count(*) WHERE {theirs} GROUP BY ALL", {"keys": keys})
    except duckdb.BinderException:
        return {}  # files from before there was such a column
    return {by_url[name]: count for name, count in found.fetchall()}


def _erase_day(
    database: duckdb.DuckDBPyConnection, place: Place, column: str, keys: list[int], *, now: datetime
) -> int:
    with compaction.alone(place, waits=True):
        listed = list(Segment.objects.filter(project_id=place.project_id, fact=place.fact, day=place.day))
        hits = _hits(database, listed, column, keys)
        return sum(
            _rewrite(database, place, segment, column, keys, now=now) for segment in listed if segment.pk in hits
        )


def _rewrite(
    database: duckdb.DuckDBPyConnection, place: Place, old: Segment, column: str, keys: list[int], *, now: datetime
) -> int:
    """How many rows fewer there are; 0 where retention took the file meanwhile."""
    root, fact = files.root(), FACTS[place.fact]
    order = ", ".join(f'"{name}"' for name in fact.sort)
    kept = database.execute(
        f"FROM {duck.scan([root.url(old.path)])} "
        f"WHERE NOT coalesce({_OF_THEM.format(column=column)}, false) ORDER BY {order}",
        {"keys": keys},
    )
    new = segments.write_sorted(place, kept.to_arrow_reader(segments.ROW_GROUP), level=old.level, now=now)
    made = [new] if new.rows else []
    with transaction.atomic():
        is_swapped = segments.swap([old], made, now=now)
        if is_swapped:
            segments.announce([old])
    if not is_swapped or not made:
        root.remove(new.path)
    return old.rows - new.rows if is_swapped else 0
