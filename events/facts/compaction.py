"""Many small segments of one day become one sorted segment; old days, files without rows and retired files go."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.db import connection

from events.facts import claims, duck, files, segments
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
# Days listed, or settled, by one statement.
PLACES = 10_000
# Both read segment_new alone: the days of today and yesterday, whatever the catalogue holds.
_DUE = """
SELECT project_id, fact, day FROM (
    SELECT project_id, fact, day FROM events_segment
    WHERE NOT is_settled AND rows < %(small)s AND fact = ANY(%(facts)s)
        AND (%(project)s::bigint IS NULL OR project_id = %(project)s)
    GROUP BY project_id, fact, day, level HAVING count(*) >= %(fan)s
    UNION
    SELECT project_id, fact, day FROM events_segment
    WHERE NOT is_settled AND day < %(today)s AND fact = ANY(%(facts)s)
        AND (%(project)s::bigint IS NULL OR project_id = %(project)s)
    GROUP BY project_id, fact, day HAVING max(created_at) <= %(quiet)s
) AS due ORDER BY day DESC, project_id, fact LIMIT %(most)s
"""
_SETTLE = """
UPDATE events_segment SET is_settled = true WHERE id IN (
    SELECT id FROM events_segment AS one
    WHERE NOT is_settled AND day < %(today)s AND created_at <= %(quiet)s AND NOT EXISTS (
        SELECT FROM events_segment AS other
        WHERE other.project_id = one.project_id AND other.fact = one.fact AND other.day = one.day AND other.id <> one.id
    ) ORDER BY id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
)
"""
_PAST = """
SELECT kept.project_id, kept.fact, found.day
FROM unnest(%s::bigint[], %s::text[], %s::date[]) AS kept(project_id, fact, first),
    LATERAL (
        SELECT DISTINCT day FROM events_segment AS one
        WHERE one.project_id = kept.project_id AND one.fact = kept.fact AND one.day < kept.first
    ) AS found
ORDER BY 3, 1, 2
"""


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
    if len(small) < 2 or not _is_over(small[0], small, now=now):
        return []
    chosen = _within(small)
    rest = sum(segment.rows for segment in chosen[:-1])
    return chosen if rest >= WORTH * chosen[-1].rows else []


def compact(
    *, now: datetime, seconds: float = 30.0, project_id: int | None = None, watch: Watch = unwatched
) -> Compacted:
    """Merge what is due until nothing is or the time is up, one merge a turn; workers share the days."""
    settle(now=now)
    merges = inputs = rows = failures = 0
    places = due(now=now, project_id=project_id)
    turns = claims.Turns("compact", ((place.project_id, place) for place in places), seconds=seconds)
    for project, place in watch(turns, total=len(places)):
        with alone(place) as is_mine:
            if not is_mine:
                continue
            try:
                chosen, merged = _merge_next(place, now=now)
            except (duckdb.Error, pa.ArrowException, OSError, MergeError):
                log.exception("could not compact %s of project %s on %s", place.fact, place.project_id, place.day)
                failures += 1
                continue
        if merged is not None:
            turns.again(project, place)
            merges, inputs, rows = merges + 1, inputs + chosen, rows + merged.rows
    return Compacted(merges, inputs, rows, failures)


def due(*, now: datetime, project_id: int | None = None) -> list[Place]:
    """Return the days that have a full level, or are over and quiet and have something new; the latest first."""
    kept = [name for name, fact in FACTS.items() if not fact.source]  # a day of what is derived is one file already
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {
            "project": project_id, "facts": kept, "fan": FAN, "small": MAX_ROWS // 2,
            "today": now.astimezone(UTC).date(), "quiet": now - QUIET, "most": PLACES,
        })  # fmt: skip
        return [Place(*row) for row in cursor.fetchall()]


def settle(*, now: datetime) -> int:
    """Settle, many at once, the days that are over and quiet and have one file; return how many there were."""
    count = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, {"today": now.astimezone(UTC).date(), "quiet": now - QUIET, "most": PLACES})
            count += cursor.rowcount
            if cursor.rowcount < PLACES:
                return count


def _merge_next(place: Place, *, now: datetime) -> tuple[int, Segment | None]:
    """Merge once what is due of a day that this worker holds: how many segments, into which. Without any, settle it."""
    listed = list(Segment.objects.filter(project_id=place.project_id, fact=place.fact, day=place.day))
    chosen = plan(listed, now=now)
    if len(chosen) >= 2:
        return len(chosen), merge(place, chosen, now=now)
    if _is_over(place, listed, now=now):
        Segment.objects.filter(pk__in=[one.pk for one in listed], is_settled=False).update(is_settled=True)
    return 0, None


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


def retain(*, now: datetime, seconds: float = 600.0, project_id: int | None = None, watch: Watch = unwatched) -> int:
    """Retire the segments of days past their retention, a day of a fact a turn; return how many. What another worker
    holds, or the time did not suffice for, is met at the next run."""
    count, places = 0, past(now=now, project_id=project_id)
    turns = claims.Turns("retain", ((place.project_id, place) for place in places), seconds=seconds)
    for _, place in watch(turns, total=len(places)):
        with alone(place) as is_mine:
            listed = Segment.objects.filter(project_id=place.project_id, fact=place.fact, day=place.day)
            old = list(listed) if is_mine else []
            if old and segments.retire(old, now=now):
                count += len(old)
    return count


def past(*, now: datetime, project_id: int | None = None) -> list[Place]:
    """Return the days past their retention that still have segments, the oldest first."""
    projects = Project.objects.all() if project_id is None else Project.objects.filter(pk=project_id)
    kept = [
        (project.pk, name, (now - timedelta(days=days_kept(project, name))).astimezone(UTC).date())
        for project in projects.only("retention_days")
        for name in FACTS
    ]
    with connection.cursor() as cursor:
        cursor.execute(_PAST, [list(column) for column in zip(*kept, strict=True)] if kept else [[], [], []])
        return [Place(*row) for row in cursor.fetchall()]


def _within(chosen: list[Segment]) -> list[Segment]:
    """The first of `chosen` that make no more than MAX_ROWS together."""
    total, kept = 0, []
    for segment in chosen:
        total += segment.rows
        if total > MAX_ROWS:
            break
        kept.append(segment)
    return kept


def _is_over(place: Place | Segment, listed: Sequence[Segment], *, now: datetime) -> bool:
    """Whether the day is over and nothing came for a while: a file that is late soon has others after it."""
    is_past = place.day < now.astimezone(UTC).date()
    return is_past and all(segment.created_at <= now - QUIET for segment in listed)


def alone(place: Place, *, waits: bool = False) -> AbstractContextManager[bool]:
    """Whether this worker may rewrite the files of a day: to merge, to retire or to erase."""
    return claims.alone(f"compact {place}", waits=waits)
