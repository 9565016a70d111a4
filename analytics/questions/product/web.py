"""Web analytics on one page: visitors, visits, page views, bounces and durations, over time and cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from analytics import engine, periods
from analytics.engine import filters
from analytics.periods import Period
from analytics.questions.product import visits
from events.models import Project


@dataclass(frozen=True, slots=True)
class Counted:
    """`bounces` are of visits that saw a page (`viewing`); durations are seconds, None without visits."""

    visitors: int = 0
    visits: int = 0
    views: int = 0
    viewing: int = 0
    bounces: int = 0
    median_seconds: float | None = None
    mean_seconds: float | None = None

    @property
    def bounce_rate(self) -> float | None:
        return self.bounces / self.viewing if self.viewing else None

    @property
    def views_per_visit(self) -> float | None:
        return self.views / self.visits if self.visits else None


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a dimension. Of a page, `views` are its own, and `visits` those that saw it."""

    value: str
    visitors: int
    visits: int
    views: int


@dataclass(frozen=True, slots=True)
class Web:
    """`trend[i]` is (visitors, visits, views) of visits that began from `starts[i]` on for one `step`."""

    total: Counted
    starts: tuple[datetime, ...]
    step: timedelta
    trend: tuple[tuple[int, int, int], ...]
    lists: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)


# One row a bucket, and one of all with no `place`.
_COUNTED = """
    SELECT place, count(DISTINCT visitor) AS visitors, count(*) AS visits, coalesce(sum(views), 0)::BIGINT AS views,
           count(*) FILTER (WHERE views > 0) AS viewing, count(*) FILTER (WHERE bounced) AS bounces,
           median(greatest(seconds, engaged)) AS median_seconds, avg(greatest(seconds, engaged)) AS mean_seconds
    FROM (SELECT v.*, {bucket} AS place FROM visits v) GROUP BY GROUPING SETS ((place), ())
"""
_OF_EVENTS = {
    "page": """SELECT l.path AS value, count(DISTINCT l.visitor) AS visitors,
                count(DISTINCT (l.visitor, l.visit)) AS visits, count(*) AS views
                FROM looked l JOIN visits v USING (visitor, visit)
                WHERE l.event = $page_view AND l.path IS NOT NULL GROUP BY 1""",
    "event": """SELECT l.event AS value, count(DISTINCT l.visitor) AS visitors,
                 count(DISTINCT (l.visitor, l.visit)) AS visits, count(*) AS views
                 FROM looked l JOIN visits v USING (visitor, visit)
                 WHERE l.event != $page_view GROUP BY 1""",
}


def web(
    project: Project,
    *,
    period: Period,
    where: Mapping[str, str] | None = None,
    environment: str = "",
    lists: tuple[str, ...] = (),
    most: int = 10,
    with_bots: bool = False,
) -> Web:
    """What happened in the period, of the visits that fulfil `where`; `lists` names what they are cut by.

    Visitors do not add up: those of two days, or of two rows of a list, may be the same.
    """
    step = periods.step_for(period)
    starts = tuple(periods.buckets(period, step))
    tables, bound = visits.tables(period, where or {}, environment=environment, with_bots=with_bots)
    bucket, of_bucket = filters.bucket("began", starts=starts, step=step)
    with engine.read(project.pk, {"events": visits.read_period(period)}) as facts:
        counted = facts.ask(f"{tables} {_COUNTED.format(bucket=bucket)}", {**bound, **of_bucket})
        placed = {row.pop("place"): row for row in counted}
        total = Counted(**placed.pop(None))
        found = {
            name: tuple(Line(**row) for row in facts.ask(_list(tables, name), {**bound, "most": most}))
            for name in lists
        }
    rows = (placed.get(place) for place in range(len(starts)))
    numbers = tuple((row["visitors"], row["visits"], row["views"]) if row else (0, 0, 0) for row in rows)
    return Web(total, starts, step, numbers, found)


def _list(tables: str, name: str) -> str:
    counted = _OF_EVENTS.get(name) or (
        f"SELECT coalesce(v.{name}, '{visits.NONE}') AS value, count(DISTINCT v.visitor) AS visitors,"
        " count(*) AS visits, sum(v.views)::BIGINT AS views FROM visits v GROUP BY 1"
    )
    return f"{tables} SELECT * FROM ({counted}) ORDER BY visitors DESC, visits DESC, value LIMIT $most"
