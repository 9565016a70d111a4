"""One statement: how often it runs and how long it takes over time, which routes run it, its slowest runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import engine, periods, rollups
from analytics.periods import Period
from analytics.statistics import baselines, comparisons
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import Comparison
from events.models import Project


@dataclass(frozen=True, slots=True)
class QueryRoute:
    """A route that runs the statement: `per_request` times in a request that does."""

    route: str
    requests: int
    count: int
    total_ms: float
    per_request: float


@dataclass(frozen=True, slots=True)
class QuerySample:
    """The statement in one request."""

    at: datetime
    route: str | None
    count: int
    total_ms: float
    max_ms: float
    rows: int | None
    release: str | None
    trace_id: str | None
    finding: str | None


@dataclass(frozen=True, slots=True)
class QueryDetail:
    """`counts[i]` runs and their p95 from `starts[i]` for one `step`; the statement has no literals.

    `rate` is of runs a minute, `duration` of the p95.
    """

    fingerprint: str
    statement: str
    operation: str
    system: str
    starts: tuple[datetime, ...]
    step: timedelta
    counts: tuple[int, ...]
    p95s: tuple[float | None, ...]
    p95: float | None
    rate: Comparison
    duration: Comparison
    routes: tuple[QueryRoute, ...]
    slowest: tuple[QuerySample, ...]

    @property
    def count(self) -> int:
        return sum(self.counts)


def query_detail(
    project: Project,
    *,
    fingerprint: str,
    period: Period,
    now: datetime,
    environment: str = "",
    most: int = 20,
    baseline: Baseline | None = None,
) -> QueryDetail | None:
    """Return the statement with this fingerprint, compared with the baseline (the period before).

    None when it did not run in the period.
    """
    step = periods.step_for(period, most=90)
    starts = tuple(periods.buckets(period, step))
    chosen = "fingerprint = $name AND ($environment = '' OR environment = $environment)"
    bound = {"name": fingerprint, "environment": environment}
    with engine.read(project.pk, {"queries": period}) as facts:
        [told] = facts.ask(
            f"""SELECT max(statement) AS statement, coalesce(max(operation), '') AS operation,
                       coalesce(max(system), '') AS system FROM queries WHERE {chosen}""",
            bound,
        )
        if told["statement"] is None:
            return None
        routes = facts.ask(
            f"""SELECT coalesce(route, '') AS route, count(*) AS requests, sum(coalesce(count, 1))::BIGINT AS count,
                       sum(total_ms) AS total_ms, avg(coalesce(count, 1)) AS per_request
                FROM queries WHERE {chosen} GROUP BY 1 ORDER BY total_ms DESC, route LIMIT $most""",
            {**bound, "most": most},
        )
        slowest = facts.ask(
            f"""SELECT "at", route, coalesce(count, 1) AS count, total_ms, coalesce(max_ms, total_ms) AS max_ms, rows,
                       release, trace_id, finding
                FROM queries WHERE {chosen} ORDER BY max_ms DESC NULLS LAST, "at" DESC LIMIT $most""",
            {**bound, "most": most},
        )
    cells = rollups.read(project.pk, "queries", period=period, step=step, now=now)
    where = {**rollups.only(environment=environment), "fingerprint": (fingerprint,)}
    along = rollups.along(starts, cells.by(step=step // timedelta(minutes=1), where=where))
    baseline = baseline or baselines.previous(period)
    sides = baselines.read(project.pk, "queries", baseline=baseline, period=period, cells=cells, now=now)
    after, before = (side.by(where=where).at_once() for side in sides)
    length = baseline.after.length / timedelta(minutes=1)
    return QueryDetail(
        fingerprint=fingerprint,
        starts=starts,
        step=step,
        counts=tuple(one.count for one in along),
        p95s=tuple(one.quantile(0.95) for one in along),
        p95=cells.by(where=where).at_once().quantile(0.95),
        rate=comparisons.rates(after.count, length, before.count, length),
        duration=comparisons.quantiles(after.histogram, before.histogram, 0.95),
        routes=tuple(QueryRoute(**row) for row in routes),
        slowest=tuple(QuerySample(**row) for row in slowest),
        **told,
    )
