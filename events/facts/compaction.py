"""Many small segments of one day become one sorted segment; old days, files without rows and retired files go."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Count

from events.facts import duck, files, segments
from events.facts.retention import days_kept
from events.facts.schema import FACTS
from events.facts.segments import Place
from events.models import Project, RetiredSegment, Segment
from events.runtime.lazy import lazy
from events.runtime.progress import Watch, unwatched

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
else:
    duckdb = lazy("duckdb")
    pa = lazy("pyarrow")

log = logging.getLogger(__name__)

# As many segments of one level become one of the next, so that a row is rewritten log8(segments of a day) times.
FAN = 8
# A file is not merged past this; it bounds the time and the spill of one merge.
MAX_ROWS = 2_000_000
# A day that is over and quiet for so long is merged into one, unless that would rewrite much for little.
QUIET = timedelta(hours=1)
WORTH = 0.1
# A reader may hold the list of files for its query's timeout, an export for the time one file takes it.
GRACE = timedelta(hours=1)
# A file is written in the seconds before its row commits; older than this and without a row, its writer died.
ORPHAN_AGE = timedelta(hours=1)
MEMORY_MB = 256


class MergeError(Exception):
    """The merged file does not hold the rows of its inputs; nothing was swapped."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one run did: merges, and the segments that went into them."""

    merges: int = 0
    inputs: int = 0
    rows: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Swept:
    """Retired files that were removed, and files without a row that were retired."""

    retired: int
    orphans: int


def plan(listed: Sequence[Segment], *, now: datetime) -> list[Segment]:
    """Return the segments of one day to merge next, smallest first; fewer than two means none."""
    small = sorted((s for s in listed if s.rows < MAX_ROWS / 2), key=lambda s: (s.rows, s.pk))
    levels: dict[int, list[Segment]] = defaultdict(list)
    for segment in small:
        levels[segment.level].append(segment)
    for level in sorted(levels):
        if len(levels[level]) >= FAN:
            return _within(levels[level])
    if len(small) < 2 or small[0].day >= now.astimezone(UTC).date():
        return []
    if max(segment.created_at for segment in small) > now - QUIET:
        return []
    chosen = _within(small)
    rest = sum(segment.rows for segment in chosen[:-1])
    return chosen if rest >= WORTH * chosen[-1].rows else []


def compact(
    *, now: datetime, seconds: float = 30.0, project_id: int | None = None, watch: Watch = unwatched
) -> Compacted:
    """Merge what is due until nothing is or the time is up. Two workers never merge the same day at once."""
    deadline = time.monotonic() + seconds
    merges = inputs = rows = failures = 0
    for place in watch(_candidates(project_id)):
        with alone(place) as is_mine:
            while is_mine and time.monotonic() < deadline:
                listed = Segment.objects.filter(project_id=place.project_id, fact=place.fact, day=place.day)
                chosen = plan(list(listed), now=now)
                if len(chosen) < 2:
                    break
                try:
                    merged = merge(place, chosen, now=now)
                except (duckdb.Error, pa.ArrowException, OSError, MergeError):
                    log.exception("could not compact %s of project %s on %s", place.fact, place.project_id, place.day)
                    failures += 1
                    break
                if merged is None:
                    break
                merges, inputs, rows = merges + 1, inputs + len(chosen), rows + merged.rows
    return Compacted(merges, inputs, rows, failures)


def merge(place: Place, old: Sequence[Segment], *, now: datetime) -> Segment | None:
    """Rewrite `old` as one sorted segment and swap it in; None when one of them was gone by then."""
    root, fact = files.root(), FACTS[place.fact]
    source = duck.scan([root.url(segment.path) for segment in old])
    database = duck.connect(memory_mb=MEMORY_MB, threads=1)
    try:
        order = ", ".join(f'"{name}"' for name in fact.sort)
        ordered = database.execute(f"FROM {source} ORDER BY {order}")
        batches = ordered.to_arrow_reader(segments.ROW_GROUP)
        new = segments.write_sorted(place, batches, level=max(segment.level for segment in old) + 1, now=now)
    finally:
        database.close()
    if new.rows != sum(segment.rows for segment in old):
        root.remove(new.path)
        raise MergeError(f"{new.rows} rows of {sum(segment.rows for segment in old)}")
    if segments.swap(old, [new], now=now):
        return new
    root.remove(new.path)
    return None


def sweep(*, now: datetime, watch: Watch = unwatched) -> Swept:
    """Remove the files retired before the grace period, and retire those that no row lists.

    What no row lists is looked at twice: a store's clock and its list may be wrong, and then a file that seems old and
    lost is one whose row commits in a moment.
    """
    root = files.root()
    retired = list(RetiredSegment.objects.filter(retired_at__lt=now - GRACE))
    listed = set(Segment.objects.filter(path__in=[gone.path for gone in retired]).values_list("path", flat=True))
    for gone in watch(retired):
        if gone.path not in listed:
            root.remove(gone.path)
    RetiredSegment.objects.filter(pk__in=[gone.pk for gone in retired]).delete()
    orphans = 0
    old = (found.path for found in root.listing() if found.written_at < now - ORPHAN_AGE)
    while paths := list(islice(old, 1000)):
        known = {
            *Segment.objects.filter(path__in=paths).values_list("path", flat=True),
            *RetiredSegment.objects.filter(path__in=paths).values_list("path", flat=True),
        }
        lost = [RetiredSegment(path=path, retired_at=now) for path in paths if path not in known]
        RetiredSegment.objects.bulk_create(lost, ignore_conflicts=True)
        orphans += len(lost)
    return Swept(len(retired), orphans)


def retain(*, now: datetime, project_id: int | None = None, watch: Watch = unwatched) -> int:
    """Retire the segments of days past their retention and return how many."""
    count = 0
    projects = Project.objects.all() if project_id is None else Project.objects.filter(pk=project_id)
    for project in watch(projects):
        for name in FACTS:
            first = (now - timedelta(days=days_kept(project, name))).astimezone(UTC).date()
            past = list(Segment.objects.filter(project_id=project.pk, fact=name, day__lt=first))
            if past and segments.retire(past, now=now):
                count += len(past)
    return count


def _within(chosen: list[Segment]) -> list[Segment]:
    """The first of `chosen` that make no more than MAX_ROWS together."""
    total, kept = 0, []
    for segment in chosen:
        total += segment.rows
        if total > MAX_ROWS:
            break
        kept.append(segment)
    return kept


def _candidates(project_id: int | None) -> list[Place]:
    found = Segment.objects.all() if project_id is None else Segment.objects.filter(project_id=project_id)
    days = found.values_list("project_id", "fact", "day").annotate(files=Count("id")).filter(files__gt=1)
    kept = {name for name, fact in FACTS.items() if not fact.source}  # a day of what is derived is one file already
    return [Place(project, fact, day) for project, fact, day, _ in days.order_by("-files") if fact in kept]


@contextmanager
def alone(place: Place, *, waits: bool = False) -> Iterator[bool]:
    """Whether this worker may rewrite the day; held on the connection, so it ends with its process."""
    digest = hashlib.blake2b(f"compact {place}".encode(), digest_size=8).digest()
    key = int.from_bytes(digest, "big", signed=True)
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_mine = waits or bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
