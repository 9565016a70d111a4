"""Which database queries take the most time, are the slowest, or run in a loop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analytics import engine, rollups
from analytics.periods import Period
from analytics.rollups.cells import NOTHING, OTHER
from analytics.statistics import baselines, comparisons
from analytics.statistics.baselines import Baseline
from analytics.statistics.comparisons import Comparison
from events.models import Project

SORTS = ("time", "p95", "count")
FINDINGS = ("n_plus_one", "slow")


@dataclass(frozen=True, slots=True)
class SlowQuery:
    """One statement text: its runs, their time, the routes with the most of it, and what was found about it.

    `change` is that of its p95.
    """

    fingerprint: str
    statement: str
    operation: str
    system: str
    count: int
    total_ms: float
    time_share: float
    p50: float | None
    p95: float | None
    change: Comparison
    max_ms: float
    rows: int | None
    routes: tuple[str, ...]
    findings: tuple[str, ...]
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Loop:
    """A statement that ran `times` in a typical request of a route, one run after another; `most` in the worst."""

    fingerprint: str
    statement: str
    route: str
    requests: int
    times: float
    most: int
    total_ms: float
    trace_id: str | None


def slow_queries(
    project: Project,
    *,
    period: Period,
    now: datetime,
    environment: str = "",
    sort: str = "time",
    most: int = 50,
    baseline: Baseline | None = None,
) -> tuple[SlowQuery, ...]:
    """Return the statements first by `sort` (one of SORTS), compared with the baseline (the period before).

    Raises ValueError for another sort.
    """
    if sort not in SORTS:
        raise ValueError(f"Queries are sorted by {', '.join(SORTS)}.")
    cells = rollups.read(project.pk, "queries", period=period, now=now)
    where = rollups.only(environment=environment)
    found = cells.by("fingerprint", where=where).groups()
    spent = sum(measure.total for measure in found.values())
    rank = {
        labels[0]: (measure.total, measure.histogram.quantile(0.95) or 0.0, measure.count)
        for labels, measure in found.items()
        if labels[0] != OTHER
    }
    chosen = sorted(rank, key=lambda name: (-rank[name][SORTS.index(sort)], name))[:most]
    if not chosen:
        return ()
    baseline = baseline or baselines.previous(period)
    sides = baselines.read(project.pk, "queries", baseline=baseline, period=period, cells=cells, now=now)
    after, before = (side.by("fingerprint", where=where).groups() for side in sides)
    told = _described(project, chosen, period=period, environment=environment)
    return tuple(
        SlowQuery(
            fingerprint=name,
            count=found[name,].count,
            total_ms=found[name,].total,
            time_share=found[name,].total / spent if spent else 0.0,
            p50=found[name,].quantile(0.5),
            p95=found[name,].quantile(0.95),
            change=comparisons.quantiles(
                after.get((name,), NOTHING).histogram, before.get((name,), NOTHING).histogram, 0.95
            ),
            **told[name],  # type: ignore[arg-type]
        )
        for name in chosen
        if name in told
    )


def loops(
    project: Project, *, period: Period, environment: str = "", route: str = "", most: int = 50
) -> tuple[Loop, ...]:
    """Return the statements found to run in a loop (N+1), by route, the most time first."""
    sql = """
        SELECT fingerprint, max(statement) AS statement, coalesce(route, '') AS route, count(*) AS requests,
               median(count) AS times, max(count) AS most, sum(total_ms) AS total_ms,
               arg_max(trace_id, count) AS trace_id
        FROM queries q
        WHERE finding = 'n_plus_one' AND ($environment = '' OR environment = $environment)
          AND ($route = '' OR q.route = $route)
        GROUP BY fingerprint, q.route ORDER BY total_ms DESC, fingerprint LIMIT $most
    """
    with engine.read(project.pk, {"queries": period}) as facts:
        return tuple(Loop(**row) for row in facts.ask(sql, {"environment": environment, "route": route, "most": most}))


def _described(
    project: Project, fingerprints: list[str], *, period: Period, environment: str
) -> dict[str, dict[str, object]]:
    sql = """
        WITH chosen AS (
            SELECT * FROM queries WHERE fingerprint IN $names AND ($environment = '' OR environment = $environment)
        ), by_route AS (
            SELECT fingerprint, route, sum(total_ms) AS spent FROM chosen WHERE route IS NOT NULL GROUP BY ALL
        ), routes AS (
            SELECT fingerprint, list(route ORDER BY spent DESC, route)[:5] AS routes FROM by_route GROUP BY fingerprint
        )
        SELECT fingerprint, max(statement) AS statement, coalesce(max(operation), '') AS operation,
               coalesce(max(system), '') AS system, max(max_ms) AS max_ms, sum(rows)::BIGINT AS rows,
               list(DISTINCT finding) FILTER (finding IS NOT NULL) AS findings, arg_max(trace_id, max_ms) AS trace_id,
               any_value(routes) AS routes
        FROM chosen LEFT JOIN routes USING (fingerprint) GROUP BY fingerprint
    """
    with engine.read(project.pk, {"queries": period}) as facts:
        rows = facts.ask(sql, {"names": fingerprints, "environment": environment})
    return {
        row["fingerprint"]: {
            **{name: row[name] for name in ("statement", "operation", "system", "max_ms", "rows", "trace_id")},
            "routes": tuple(row["routes"] or ()),
            "findings": tuple(sorted(row["findings"] or ())),
        }
        for row in rows
    }
