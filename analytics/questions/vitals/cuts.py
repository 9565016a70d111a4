"""One web vital by the values of a column of page loads: countries, browsers, devices, connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics import engine
from analytics.engine import deduplication, filters
from analytics.engine.deduplication import REPEATS
from analytics.periods import Period
from analytics.statistics.comparisons import ENOUGH
from events.models import Project
from events.values.vitals import THRESHOLDS, rating

COLUMNS = ("country", "browser", "device", "connection", "release")


@dataclass(frozen=True, slots=True)
class VitalCut:
    """One metric of the page loads with one value; `rating` is the band it is in, "" when samples are too few."""

    name: str
    count: int
    value: float
    rating: str
    good_share: float


def vital_cut(
    project: Project,
    *,
    by: str,
    metric: str,
    period: Period,
    q: float = 0.75,
    where: Mapping[str, str] | None = None,
    most: int = 50,
) -> tuple[VitalCut, ...]:
    """Return the values of the column `by` with the metric, those with the most samples first; page loads without one
    are left out. `where` are columns and what they must be, empty for anything. Raises ValueError for another column.

    Asked of the facts: most of these are no dimension of a rollup.
    """
    if by not in COLUMNS:
        raise ValueError(f"Vitals are cut by {', '.join(COLUMNS)}.")
    only, bound = filters.equal("vitals", where or {})
    sql = f"""
        SELECT {by} AS name, count(*) AS count, quantile_cont(value, $q) AS value,
               count(*) FILTER (value <= $good) / count(*) AS good_share
        FROM ({deduplication.vitals(f"metric = $metric AND {by} <> ''", is_bounded=False)})
        WHERE "at" >= $start AND "at" < $end AND {only}
        GROUP BY 1 ORDER BY count DESC, name LIMIT $most
    """
    about: dict[str, Any] = {"q": q, "metric": metric, "most": most, "good": THRESHOLDS[metric][0], **bound,
                             "start": period.start, "end": period.end}  # fmt: skip
    with engine.read(project.pk, {"vitals": Period(period.start - REPEATS, period.end + REPEATS)}) as facts:
        return tuple(
            VitalCut(**row, rating=(rating(metric, row["value"]) or "") if row["count"] >= ENOUGH else "")
            for row in facts.ask(sql, about)
        )
