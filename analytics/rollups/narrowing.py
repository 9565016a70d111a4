"""Cells of the facts that have certain values in certain columns: counted when they are asked for, not ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from analytics import engine
from analytics.engine.deduplication import KEYS, REPEATS, SOURCES
from analytics.periods import ORIGIN, Period, origin
from analytics.rollups import cells as cell
from analytics.rollups import reading
from analytics.rollups.cells import Cells
from analytics.rollups.declared import ROLLUPS, Rollup
from analytics.rollups.histograms import bucket_sql
from events.facts.schema import FACTS

_MINUTE = '(epoch_us("at") // 60000000)'


def read(
    project_id: int,
    name: str,
    *,
    period: Period,
    now: datetime,
    step: timedelta | None = None,
    having: Mapping[str, str] | None = None,
) -> Cells:
    """Return the cells of a period, which charts cut by `step`; of the facts alone that are `having` these values in
    these columns, where any are named.

    Moments are exact to the minute; to the hour where cells were counted ahead and the minutes are not kept any more.
    What is counted from the facts reaches back as far as they are kept. Raises ValueError for a column there is not,
    and EngineError.
    """
    if not having:
        return reading.read(project_id, name, period=period, now=now, step=step)
    return _counted(project_id, ROLLUPS[name], period=period, step=step, having=having)


def _counted(
    project_id: int, rollup: Rollup, *, period: Period, step: timedelta | None, having: Mapping[str, str]
) -> Cells:
    minute = timedelta(minutes=1)
    first = reading.moment_of(reading.minute_of(period.start))
    last = period.end if not (period.end - ORIGIN) % minute else reading.moment_of(reading.minute_of(period.end) + 1)
    width = step // minute if step else 0
    place = f"{_MINUTE} - ({_MINUTE} - {reading.minute_of(origin(step))}) % {width}" if width else "0"
    source, wanted = rollup.fact, Period(first, last)
    if rollup.fact in KEYS:
        source, wanted = f"({SOURCES[rollup.fact]()})", Period(first - REPEATS, last + REPEATS)
    names = sorted(having)
    only = " AND ".join(f"{_subject(rollup, name)} = $only_{n}" for n, name in enumerate(names))
    dimensions = ", ".join(f"{dimension.expression} AS {dimension.name}" for dimension in rollup.dimensions)
    value = rollup.value or "NULL::DOUBLE"
    sql = f"""
        SELECT minute, {bucket_sql("x") if rollup.value else "NULL::INTEGER"} AS bucket,
               sum(w)::BIGINT AS n, round(coalesce(sum(x * w), 0), 3) AS total, {", ".join(rollup.names)}
        FROM (
            SELECT {place} AS minute, {value} AS x, {rollup.weight} AS w, {dimensions}
            FROM {source} WHERE "at" >= $first AND "at" < $last AND ({rollup.where}) AND {only}
        ) WHERE w > 0 {"AND x IS NOT NULL" if rollup.value else ""}
        GROUP BY ALL
    """
    bound = {f"only_{n}": having[name] for n, name in enumerate(names)}
    with engine.read(project_id, {rollup.fact: wanted}) as facts:
        table = facts.table(sql, {**bound, "first": first, "last": last})
    return cell.folded(cell.from_table(rollup.names, table), rollup.limits)


def _subject(rollup: Rollup, name: str) -> str:
    """What is compared with the value: a dimension as it is counted, else a column of texts as it is."""
    if name in rollup.names:
        return next(one.expression for one in rollup.dimensions if one.name == name)
    if name not in {column.name for column in FACTS[rollup.fact].columns if column.kind == "text"}:
        raise ValueError(f"{rollup.fact} have no {name}.")
    return name
