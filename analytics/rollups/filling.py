"""Filling the rollups: what changed is counted again, and a change is forgotten in the transaction that counted it.

A digest leaves a FactChange with the facts it writes. `roll_up` takes the changes of one project, fact and day under a
lock, counts their minutes from the facts, adds minutes up to hours and hours to days, and replaces those buckets. So
cells never count a fact twice or lose one, whatever was late, repeated or killed. Workers share the days, and take
turns between projects (events/facts/claims.py).
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Max, Min, Q, Sum
from django.db.models.functions import TruncDate

from analytics import engine
from analytics.engine.deduplication import KEYS, REPEATS, SOURCES
from analytics.models import Bucket, FillState, Series
from analytics.periods import Period
from analytics.rollups import cells as cell
from analytics.rollups.cells import Cells, Labels
from analytics.rollups.declared import DAY, HOUR, MINUTE, MINUTES_KEPT, ROLLUPS, Rollup, of_fact
from analytics.rollups.histograms import bucket_sql
from analytics.rollups.reading import labels_of, minute_of, moment_of
from events.facts import claims, derived, retention
from events.facts.segments import Place
from events.models import FactChange, Project, Segment
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

log = logging.getLogger(__name__)

# Changes taken at once, and facts counted by one question, about: both bound the memory of one transaction.
CHANGES = 500
FACTS = 1_000_000
ONE_DAY = timedelta(days=1)
_MINUTE_OF = "(epoch_us({at}) // 60000000)"


@dataclass(frozen=True, slots=True)
class Filled:
    """What one run did: changes worked off, and minutes counted again over all rollups."""

    changes: int = 0
    minutes: int = 0


def roll_up(*, now: datetime, seconds: float = 8.0, project_id: int | None = None) -> Filled:
    """Count what changed, the latest first, until nothing is left or the time is up. Safe to run beside itself."""
    declare(now=now)
    changes = minutes = 0
    places = due(project_id=project_id)
    turns = claims.Turns("roll up", ((place.project_id, place) for place in places), seconds=seconds)
    for project, place in turns:
        try:
            done = fill_next(place, now=now)
        except (engine.EngineError, DatabaseError):
            log.exception("could not roll up %s of project %s on %s", place.fact, place.project_id, place.day)
            continue
        changes, minutes = changes + done.changes, minutes + done.minutes
        if done.changes:
            turns.again(project, place)
    return Filled(changes, minutes)


def due(*, project_id: int | None = None) -> list[Place]:
    """Return the days with changes that are not counted yet: the latest first, since that is what is looked at."""
    waiting = FactChange.objects.all() if project_id is None else FactChange.objects.filter(project_id=project_id)
    days = waiting.annotate(day=TruncDate("max_at", tzinfo=UTC)).values_list("project_id", "fact", "day")
    return [Place(*day) for day in days.order_by("-day", "project_id", "fact").distinct()]


def declare(*, now: datetime) -> int:
    """Have the rollups that are new or defined otherwise filled from all facts there are; return how many."""
    states = FillState.objects.values_list("project_id", "rollup", "version")
    current = {(project_id, rollup): version for project_id, rollup, version in states}
    count = 0
    for project in Project.objects.filter(erased_at=None):
        stale = [r for r in ROLLUPS.values() if current.get((project.pk, r.name)) != r.version]
        if not stale:
            continue
        with transaction.atomic():
            for fact in {rollup.fact for rollup in stale}:
                refill(project, fact)
            for rollup in stale:
                FillState.objects.update_or_create(
                    project=project, rollup=rollup.name, defaults={"version": rollup.version, "filled_at": now}
                )
        count += len(stale)
    return count


def refill(project: Project, fact: str, *, period: Period | None = None) -> None:
    """Have the rollups of a fact counted again, in the whole days of the period or wherever there are facts."""
    listed = Segment.objects.filter(project=project, fact=fact)
    if period is not None:
        listed = listed.filter(day__gte=period.start.date(), day__lte=period.end.date())
    days = listed.values("day").annotate(first=Min("min_at"), last=Max("max_at"))
    FactChange.objects.bulk_create(
        FactChange(project=project, fact=fact, min_at=day["first"], max_at=day["last"]) for day in days
    )


def forget(*, now: datetime) -> int:
    """Delete the minutes past MINUTES_KEPT and all buckets past OBS_RETENTION_DAYS; return how many."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes, _ = Bucket.objects.filter(step=MINUTE, at__lt=midnight - MINUTES_KEPT).delete()
    rest, _ = Bucket.objects.filter(at__lt=midnight - timedelta(days=settings.OBS_RETENTION_DAYS)).delete()
    return minutes + rest


def lag(project: Project | None = None) -> int:
    """Return how many changes are not counted yet."""
    waiting = FactChange.objects.all() if project is None else FactChange.objects.filter(project=project)
    return waiting.count()


@transaction.atomic
def fill_next(place: Place, *, now: datetime) -> Filled:
    """Count what changed on a day; no changes are done when another worker is at it or there are none."""
    project_id, fact = place.project_id, place.fact
    if not locked(project_id, fact, _written(place)):
        return Filled()
    begin = derived.begins(place.day)
    waiting = FactChange.objects.filter(project_id=project_id, fact=fact, max_at__gte=begin, max_at__lt=begin + ONE_DAY)
    changes = list(waiting.order_by("-max_at")[:CHANGES])
    if not changes or not _are_within(place, changes):
        return Filled()
    project = Project.objects.filter(pk=project_id).first()
    names = [rollup.name for rollup in of_fact(fact)]
    count = 0
    if project is not None and names:
        minutes = _changed(project, fact, changes, now=now)
        length = _window(place)
        for window in sorted({minute // length for minute in minutes}):
            chosen = sorted(minute for minute in minutes if minute // length == window)
            for rollup in of_fact(fact):
                _fill(project_id, rollup, chosen, now=now)
            count += len(chosen)
    derived.outdate(project_id, fact, changes, now=now)
    FactChange.objects.filter(pk__in=[change.pk for change in changes]).delete()
    if project is not None:
        # Who has them at this moment, for another day, says the same of them.
        states = FillState.objects.filter(project=project, rollup__in=names).select_for_update(skip_locked=True)
        FillState.objects.filter(pk__in=list(states.values_list("pk", flat=True))).update(filled_at=now)
    return Filled(len(changes), count)


def locked(project_id: int, fact: str, days: Iterable[date]) -> bool:
    """Whether nobody else fills or forgets changes of these days; held until the transaction ends, and taken before
    they are read."""
    return claims.held(*(f"rollups {project_id} {fact} {day}" for day in days))


def _written(place: Place) -> list[date]:
    """The days whose buckets a change of one day may alter: what is reported again, before or after, counts there."""
    if place.fact not in KEYS:
        return [place.day]
    return [place.day - ONE_DAY, place.day, place.day + ONE_DAY]


def _are_within(place: Place, changes: Sequence[FactChange]) -> bool:
    """Whether what changed is of days this worker holds; it takes the others that older changes reach into."""
    first = min(change.min_at for change in changes).astimezone(UTC).date()
    if place.fact in KEYS:
        first -= ONE_DAY
    days = (place.day - ONE_DAY * n for n in range((place.day - first).days + 1))
    return locked(place.project_id, place.fact, days)


def _window(place: Place) -> int:
    """How many minutes to count at once: a day, or as few hours as hold FACTS when the day is a busy one."""
    day = Segment.objects.filter(project_id=place.project_id, fact=place.fact, day=place.day)
    rows = day.aggregate(rows=Sum("rows"))["rows"] or 0
    return next((hours * HOUR for hours in (24, 6, 1) if rows * hours <= 24 * FACTS), HOUR)


def _changed(project: Project, fact: str, changes: Sequence[FactChange], *, now: datetime) -> set[int]:
    """The minutes to count again: whole hours where minutes are not kept, none where the facts are not."""
    minutes: set[int] = set()
    for change in changes:
        minutes.update(range(minute_of(change.min_at), minute_of(change.max_at) + 1))
    if fact in KEYS:
        minutes |= _reported_again(project.pk, fact, minutes)
    first = minute_of(now - timedelta(days=retention.days_kept(project, fact))) // DAY * DAY
    whole = _first_kept(now)
    old_hours = {minute // HOUR for minute in minutes if minute < whole}
    minutes |= {hour * HOUR + minute for hour in old_hours for minute in range(HOUR)}
    return {minute for minute in minutes if minute >= first}


def _first_kept(now: datetime) -> int:
    """The first minute that `forget` will leave for another day."""
    return minute_of(now - MINUTES_KEPT) // DAY * DAY + DAY


def _reported_again(project_id: int, fact: str, minutes: set[int]) -> set[int]:
    """The minutes of every report of what was reported in these minutes: one of them was, or is now, the first."""
    key = KEYS[fact]
    start, end = moment_of(min(minutes)), moment_of(max(minutes) + 1)
    minute = _MINUTE_OF.format(at='"at"')
    sql = f"""
        SELECT DISTINCT {minute} AS minute FROM {fact}
        WHERE {key} IN (SELECT {key} FROM {fact} WHERE "at" >= $start AND "at" < $end)
    """
    with engine.read(project_id, {fact: Period(start - REPEATS, end + REPEATS)}) as facts:
        return {row["minute"] for row in facts.ask(sql, {"start": start, "end": end})}


def count(project_id: int, rollup: Rollup, minutes: Sequence[int]) -> Cells:
    """Return the cells of these minutes, counted from the facts."""
    start, end = moment_of(minutes[0]), moment_of(minutes[-1] + 1)
    chosen = f"IN ({', '.join(map(str, minutes))})"
    at = _MINUTE_OF.format(at='"at"')
    if rollup.fact in KEYS:
        key = KEYS[rollup.fact]
        known = f"{key} IN (SELECT {key} FROM {rollup.fact} WHERE {at} {chosen}) OR ({key} IS NULL AND {at} {chosen})"
        source = f"({SOURCES[rollup.fact](f'({known})')})"
        start, end = start - REPEATS, end + REPEATS
    else:
        source = rollup.fact
    value = rollup.value or "NULL::DOUBLE"
    dimensions = ", ".join(f"{dimension.expression} AS {dimension.name}" for dimension in rollup.dimensions)
    sql = f"""
        SELECT {at} AS minute, {bucket_sql("x") if rollup.value else "NULL::INTEGER"} AS bucket,
               sum(w)::BIGINT AS n, round(coalesce(sum(x * w), 0), 3) AS total, {", ".join(rollup.names)}
        FROM (
            SELECT "at", {value} AS x, {rollup.weight} AS w, {dimensions}
            FROM {source} WHERE {at} {chosen} AND ({rollup.where})
        ) WHERE w > 0 {"AND x IS NOT NULL" if rollup.value else ""}
        GROUP BY ALL
    """
    with engine.read(project_id, {rollup.fact: Period(start, end)}) as facts:
        table = facts.table(sql)
    return cell.folded(cell.from_table(rollup.names, table), rollup.limits)


def _fill(project_id: int, rollup: Rollup, minutes: Sequence[int], *, now: datetime) -> None:
    """Replace the buckets of these minutes, and of the hours and the day that hold them."""
    fresh = count(project_id, rollup, minutes)
    kept = [minute for minute in minutes if minute >= _first_kept(now)]
    hours = sorted({minute // HOUR * HOUR for minute in minutes})
    days = sorted({minute // DAY * DAY for minute in minutes})
    others = _stored(project_id, rollup, MINUTE, spans=[(hour, hour + HOUR) for hour in hours], but=minutes)
    of_hours = _added_up([others, fresh], rollup, HOUR)
    others = _stored(project_id, rollup, HOUR, spans=[(day, day + DAY) for day in days], but=hours)
    of_days = _added_up([others, of_hours], rollup, DAY)
    _replace(project_id, rollup, MINUTE, kept, fresh)
    _replace(project_id, rollup, HOUR, hours, of_hours)
    _replace(project_id, rollup, DAY, days, of_days)


def _added_up(parts: Sequence[Cells], rollup: Rollup, step: int) -> Cells:
    return cell.folded(cell.joined(parts).by(*rollup.names, step=step), rollup.limits)


def _stored(
    project_id: int, rollup: Rollup, step: int, *, spans: Iterable[tuple[int, int]], but: Sequence[int]
) -> Cells:
    """The stored cells of these spans of minutes, without the buckets that are about to be replaced."""
    left_out = set(but)
    starts = [at for start, end in spans for at in range(start, end, step) if at not in left_out]
    packed: list[tuple[int, bytes | memoryview]] = []
    if starts:
        found = Bucket.objects.filter(_at(starts, step), project_id=project_id, rollup=rollup.name, step=step)
        packed = [(minute_of(at), blob) for at, blob in found.order_by("at").values_list("at", "cells")]
    return cell.unpack(packed, rollup.names, labels_of)


def _at(starts: Sequence[int], step: int) -> Q:
    """The buckets at these times: as a span where there is no gap."""
    if starts[-1] - starts[0] == (len(starts) - 1) * step:
        return Q(at__gte=moment_of(starts[0]), at__lte=moment_of(starts[-1]))
    return Q(at__in=[moment_of(at) for at in starts])


def _replace(project_id: int, rollup: Rollup, step: int, starts: Sequence[int], cells: Cells) -> None:
    if not starts:
        return
    Bucket.objects.filter(_at(starts, step), project_id=project_id, rollup=rollup.name, step=step).delete()
    ids = _ids(project_id, rollup, cells.labels)
    wanted = set(starts)
    times, ends = np.unique(cells.at, return_index=True)
    bounds = [*ends.tolist(), len(cells)]
    Bucket.objects.bulk_create(
        [
            Bucket(
                project_id=project_id, rollup=rollup.name, step=step, at=moment_of(at),
                cells=cell.pack(cells, bounds[place], bounds[place + 1], ids),
            )
            for place, at in enumerate(times.tolist())
            if at in wanted
        ],
        batch_size=500,
    )  # fmt: skip


def _ids(project_id: int, rollup: Rollup, labels: Sequence[Labels]) -> cell.Ints:
    """The stored ids of series, new ones made, which one worker does at a time whatever its day: two that made the
    same in another order would wait for each other."""
    digests = [_digest(label) for label in labels]
    known = _known(project_id, rollup, digests)
    if len(known) < len(set(digests)):
        claims.hold(f"series {project_id} {rollup.fact}")
        known = _known(project_id, rollup, digests)
    missing = [(digest, label) for digest, label in zip(digests, labels, strict=True) if digest not in known]
    if missing:
        Series.objects.bulk_create(
            Series(project_id=project_id, rollup=rollup.name, digest=digest, labels=list(label))
            for digest, label in missing
        )
        known = _known(project_id, rollup, digests)
    return np.array([known[digest] for digest in digests], np.int64)


def _known(project_id: int, rollup: Rollup, digests: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    found = Series.objects.filter(project_id=project_id, rollup=rollup.name, digest__in=digests)
    return dict(found.values_list("digest", "pk"))


def _digest(labels: Labels) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.blake2b("\0".join(labels).encode(), digest_size=16).digest())
