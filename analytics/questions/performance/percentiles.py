"""Any percentile of requests or vitals by any columns, counted from the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics import engine
from analytics.engine import deduplication
from analytics.periods import Period
from analytics.rollups import cells
from analytics.rollups.histograms import bucket_sql
from events.facts.schema import FACTS
from events.models import Project

VALUES = {"requests": "duration_ms", "vitals": "value"}


@dataclass(frozen=True, slots=True)
class Percentiles:
    """One combination of values of the columns asked for, "" where there was none."""

    values: tuple[str, ...]
    count: int
    quantiles: tuple[float | None, ...]


def percentiles(
    project: Project,
    *,
    fact: str,
    by: Sequence[str],
    shares: Sequence[float],
    period: Period,
    where: Mapping[str, str] | None = None,
    most: int = 1000,
) -> tuple[Percentiles, ...]:
    """Return the percentiles by the columns `by` of the facts whose columns are `where`, most facts first.

    Raises ValueError for a fact or column that there is not.
    """
    texts = {column.name for column in FACTS[fact].columns if column.kind == "text"} if fact in VALUES else set()
    unknown = [name for name in [*by, *(where or {})] if name not in texts]
    if unknown or fact not in VALUES:
        raise ValueError(f"There is no {', '.join(unknown) or fact} to ask for.")
    conditions = " AND ".join([f"{VALUES[fact]} IS NOT NULL", *(f"{name} = $where_{name}" for name in where or {})])
    source, wanted = fact, period
    if fact == "vitals":
        source = f"({deduplication.vitals(conditions, is_bounded=False)})"
        wanted = Period(period.start - deduplication.REPEATS, period.end + deduplication.REPEATS)
    names = "".join(f", coalesce({name}, '') AS {name}" for name in by)
    sql = f"""
        SELECT 0 AS minute, {bucket_sql(VALUES[fact])} AS bucket, count(*) AS n, sum({VALUES[fact]}) AS total{names}
        FROM {source} WHERE "at" >= $start AND "at" < $end AND {conditions} GROUP BY ALL
    """
    bound: dict[str, Any] = {f"where_{name}": value for name, value in (where or {}).items()}
    with engine.read(project.pk, {fact: wanted}) as facts:
        table = facts.table(sql, {**bound, "start": period.start, "end": period.end})
    found = cells.from_table(tuple(by), table).groups()
    ranked = sorted(found.items(), key=lambda item: (-item[1].count, item[0]))[:most]
    return tuple(Percentiles(labels, measure.count, measure.histogram.quantiles(shares)) for labels, measure in ranked)
