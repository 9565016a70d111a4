"""How questions read the rollups: the fewest buckets that make up a period, as cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from analytics.models import Series
from analytics.periods import Period
from analytics.rollups import ahead
from analytics.rollups import cells as cell
from analytics.rollups.cells import Cells, Labels, Measure
from analytics.rollups.declared import DAY, HOUR, MINUTE, MINUTES_KEPT, ROLLUPS, STEPS
from analytics.rollups.minutes import EPOCH, minute_of, moment_of
from events.runtime import remembered


def read(project_id: int, name: str, *, period: Period, now: datetime, step: timedelta | None = None) -> Cells:
    """Return the cells of a period, which charts cut by `step`. Moments are exact to the minute, and to the hour
    where the minutes are not kept any more."""
    return read_many(project_id, [name], period=period, now=now, step=step)[name]


def read_many(
    project_id: int, names: Sequence[str], *, period: Period, now: datetime, step: timedelta | None = None
) -> dict[str, Cells]:
    """Return the cells of several rollups, by their names, in one question."""
    spans = tuple(_spans(period, step=step, now=now))
    packed = ahead.packed(project_id, dict.fromkeys(names, spans))

    def cells(name: str) -> Cells:
        """Opened once in a look: several questions of a page are about the same cells."""
        return remembered.once(
            ("cells", project_id, name, spans), lambda: cell.unpack(packed[name], ROLLUPS[name].names, labels_of)
        )

    return {name: cells(name) for name in names}


def read_ahead(
    project_id: int,
    names: Iterable[str],
    *,
    periods: Iterable[Period],
    now: datetime,
    steps: Sequence[timedelta | None] = (None,),
) -> None:
    """Read, in one question, the buckets that a page will ask of these rollups, periods and steps."""
    if remembered.is_on():
        spans = [span for period in periods for step in steps for span in _spans(period, step=step, now=now)]
        ahead.packed(project_id, dict.fromkeys(names, spans))


def _spans(period: Period, *, step: timedelta | None, now: datetime) -> list[ahead.Span]:
    return [(size, minute_of(start), minute_of(end)) for size, start, end in cover(period, step=step, now=now)]


def cover(period: Period, *, step: timedelta | None, now: datetime) -> Iterator[tuple[int, datetime, datetime]]:
    """Yield (bucket in minutes, start, end): the fewest buckets that make up the period and fit into a chart's step."""
    finest = MINUTE if period.start >= first_minute(now) else HOUR
    widest = DAY if step is None else step // timedelta(minutes=1)
    at = minute_of(period.start) // finest * finest
    end = -(-(period.end - EPOCH) // timedelta(minutes=finest)) * finest
    while at < end:
        fitting = [s for s in STEPS if s >= finest and widest % s == 0 and at % s == 0 and at + s <= end]
        size = fitting[0] if fitting else finest
        boundaries = [-(-at // s) * s for s in STEPS if s > size and widest % s == 0 and at % s]
        stop = max(at + size, min([end // size * size, *boundaries]))
        yield size, moment_of(at), moment_of(stop)
        at = stop


def first_minute(now: datetime) -> datetime:
    """The first moment whose minutes are kept for sure; before it there are hours."""
    return moment_of(minute_of(now - MINUTES_KEPT) // DAY * DAY + DAY)


def only(**values: str) -> dict[str, tuple[str, ...]]:
    """Return the `where` of the dimensions given; an empty value stands for all."""
    return {name: (value,) for name, value in values.items() if value}


def along(starts: Sequence[datetime], cells: Cells) -> list[Measure]:
    """Return what the cells, added up by a chart's step, hold from each start."""
    found = {at: measure for (at, _), measure in cells.measures().items()}
    return [found.get(minute_of(start), cell.NOTHING) for start in starts]


# A series never changes and its id is never used again, so what was read once may be kept.
_labels: dict[int, Labels] = {}
_LABELS = 200_000


def labels_of(ids: list[int]) -> Mapping[int, Labels]:
    """Return the labels of stored series."""
    missing = [pk for pk in ids if pk not in _labels]
    if missing:
        if len(_labels) > _LABELS:
            _labels.clear()
            missing = ids
        found = Series.objects.filter(pk__in=missing).values_list("pk", "labels")
        _labels.update({pk: tuple(labels) for pk, labels in found})
    return _labels
