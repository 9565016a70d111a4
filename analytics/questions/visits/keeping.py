"""Keeps what is worked out of the events of days that are over: one segment a day and fact, made once and not at each
question: visits, and who was there when.

Whoever fills the rollups takes a day away again when its events change (`derived.outdate`); until it is made anew, it
is walked. Both hold the locks of the same days, so a day that changes while it is made is taken away afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import Exists, Max, OuterRef, Q

from analytics import engine
from analytics.engine import Facts
from analytics.engine.filters import EPOCH, microseconds
from analytics.models import FillState
from analytics.periods import Period
from analytics.questions.product import visits
from analytics.questions.product.histories import whole_people
from analytics.questions.visits import days, quarters
from analytics.questions.visits.tally import NONE, Happened, Visits
from analytics.questions.visits.walk import Looked
from analytics.rollups import filling
from events.facts import claims, derived, retention, segments
from events.facts.schema import EVENTS, PRESENCE, VISITS, Fact, arrow
from events.facts.segments import Place
from events.models import Project, Segment
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from analytics.questions.visits.tally import Codes
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

log = logging.getLogger(__name__)

# A day whose events still come is not worth making: it would be taken away at once.
QUIET = timedelta(minutes=15)


def keep(*, now: datetime, seconds: float = 30.0, project_id: int | None = None) -> int:
    """Make the days that are over and missing until the time is up; how many. Projects take turns, of each the latest
    day is first."""
    _renew(now=now, project_id=project_id)
    count = 0
    for project, day in claims.Turns("keep visits", _missing(now=now, project_id=project_id), seconds=seconds):
        try:
            count += keep_day(project, day, now=now)
        except (engine.EngineError, DatabaseError, OSError):
            log.exception("could not keep the day %s of project %s", day, project)
    return count


def _renew(*, now: datetime, project_id: int | None) -> None:
    """Take away days that were made by another meaning of a visit, or of a presence."""
    for kind in KINDS:
        name, current = kind.fact.name, kind.version()
        is_current = FillState.objects.filter(project=OuterRef("pk"), rollup=name, version=current)
        projects = Project.objects.filter(~Exists(is_current), erased_at=None)
        for project in projects if project_id is None else projects.filter(pk=project_id):
            with transaction.atomic():
                for old in Segment.objects.filter(project=project, fact=name):
                    segments.retire([old], now=now)
                FillState.objects.update_or_create(
                    project=project, rollup=name, defaults={"version": current, "filled_at": now}
                )


def _missing(*, now: datetime, project_id: int | None) -> list[tuple[int, date]]:
    """(project, day) with events and without all that is kept of them, that are over and quiet."""
    own = Segment.objects.filter(project_id=OuterRef("project_id"), day=OuterRef("day"))
    lacks = reduce(or_, (Q(~Exists(own.filter(fact=kind.fact.name))) for kind in KINDS))
    found = Segment.objects.filter(lacks, fact=EVENTS.name, day__lt=now.astimezone(UTC).date()).order_by()
    if project_id is not None:
        found = found.filter(project_id=project_id)
    quiet = Q(written_at=None) | Q(written_at__lte=now - QUIET)
    listed = found.values("project_id", "day").annotate(written_at=Max("created_at", filter=Q(level=0))).filter(quiet)
    return list(listed.order_by("-day", "project_id").values_list("project_id", "day"))


@transaction.atomic
def keep_day(project_id: int, day: date, *, now: datetime) -> bool:
    """Make what is missing of one day; False where another is at it, or it is kept already."""
    # The changes that take this day away are of these days.
    if not filling.locked(project_id, EVENTS.name, (day + timedelta(days=n) for n in (-1, 0, 1))):
        return False
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        return False
    if day < (now - timedelta(days=retention.days_kept(project, EVENTS.name))).astimezone(UTC).date():
        return False
    listed = Segment.objects.filter(project_id=project_id, day=day)
    rows = sum(listed.filter(fact=EVENTS.name).values_list("rows", flat=True))
    period = Period(derived.begins(day), derived.begins(day + timedelta(days=1)))
    missing = [kind for kind in KINDS if not listed.filter(fact=kind.fact.name).exists()]
    for kind in missing:
        cut = kind.cut(project_id, period, rows)
        made = segments.write_sorted(Place(project_id, kind.fact.name, day), cut.batches(), level=0, now=now)
        made.min_at, made.max_at = period.start, max(period.end, cut.ended)
        made.save()
    kept = [kind.fact.name for kind in missing]
    FillState.objects.filter(project=project, rollup__in=kept).update(filled_at=now)
    return bool(missing)


class Cut:
    """The visits that begin on a day, as batches of the fact by visitor; `ended` is the last moment of any of them."""

    def __init__(self, project_id: int, period: Period, rows: int) -> None:
        self.project_id, self.period, self.rows = project_id, period, rows
        self.ended = period.start

    def batches(self) -> Iterator[pa.RecordBatch]:
        bound: dict[str, Any] = {"environment": "", "with_bots": False, **visits.NAMES}
        begin, end = microseconds(self.period.start), microseconds(self.period.end)
        with engine.read(self.project_id, {"events": visits.walked_period(self.period)}) as facts:
            texts = Texts(facts)
            for of in days.ranges(self.rows):
                sql = visits.looked(visits.DIMENSIONS, also=days.of_some(of, bound))
                for table in whole_people(facts.stream(sql, bound)):
                    looked = Looked(table)
                    is_meant = (looked.began >= begin) & (looked.began < end)
                    if is_meant.any():
                        last = int(looked.ended[is_meant].max())
                        self.ended = max(self.ended, EPOCH + timedelta(microseconds=last))
                        yield texts.batch(looked.visits(visits.DIMENSIONS).only(is_meant))


class Texts:
    """What the codes of columns stand for, read once for all visits of a day."""

    def __init__(self, facts: Facts) -> None:
        self.known = {}
        for column in sorted({visits.column_of(name) for name in visits.DIMENSIONS}):
            sql = f"SELECT DISTINCT e.{column} AS name, hash(e.{column}) AS code FROM events e ORDER BY code"
            found = facts.table(sql)
            self.known[column] = (found["code"].to_numpy(), found["name"].combine_chunks())

    def of(self, name: str, codes: Codes) -> pa.Array:
        """The texts of a dimension, null for none."""
        known, texts = self.known[visits.column_of(name)]
        return texts.take(pa.array(np.searchsorted(known, codes), mask=codes == NONE))

    def counts(self, name: str, happened: Happened, *, visits_count: int) -> pa.Array:
        """Maps of text to how often, one a visit."""
        offsets = np.searchsorted(happened.visit, np.arange(visits_count + 1))
        keys, items = self.of(name, happened.code), pa.array(happened.count).cast(pa.string())
        return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items)

    def batch(self, found: Visits) -> pa.RecordBatch:
        columns: dict[str, pa.Array] = {
            "at": pa.array(found.began).cast(arrow("time")), "visitor": pa.array(found.who),
            "views": pa.array(found.views), "lasted_us": pa.array(found.lasted), "is_bounce": pa.array(found.bounced),
            "pages": self.counts("page", found.happened["page"], visits_count=len(found)),
            "events": self.counts("event", found.happened["event"], visits_count=len(found)),
        }  # fmt: skip
        columns |= {name: self.of(name, codes) for name, codes in found.said.items()}
        return pa.RecordBatch.from_pydict(columns)


class Kind(NamedTuple):
    """One fact that is kept by day: what it means at present, and how its rows are cut out of a day."""

    fact: Fact
    version: Callable[[], str]
    cut: Callable[[int, Period, int], Cut | quarters.Cut]


KINDS = (Kind(VISITS, days.version, Cut), Kind(PRESENCE, quarters.version, quarters.Cut))
