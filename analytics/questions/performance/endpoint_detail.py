"""One endpoint: its histogram, its slowest requests, its queries, its errors, and two of its releases compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from analytics import engine, rollups
from analytics.engine import filters
from analytics.periods import Period
from analytics.questions.performance.request_rates import Durations, durations, whole
from analytics.rollups.cells import Measure
from analytics.rollups.histograms import Histogram, edge
from analytics.statistics import comparisons
from analytics.statistics.comparisons import Comparison
from events.models import Project


@dataclass(frozen=True, slots=True)
class Bar:
    """How many requests took more than `low` and at most `high` milliseconds."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Sample:
    at: datetime
    duration_ms: float
    status: int | None
    trace_id: str | None
    release: str | None
    db_ms: float | None
    db_count: int | None


@dataclass(frozen=True, slots=True)
class EndpointQuery:
    """A statement this endpoint runs: `per_request` is how often in a request that runs it."""

    fingerprint: str
    statement: str
    count: int
    total_ms: float
    max_ms: float
    per_request: float
    finding: str


@dataclass(frozen=True, slots=True)
class EndpointError:
    """Errors of one group met in this endpoint."""

    group: UUID
    type: str | None
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseShape:
    """The endpoint in one release."""

    release: str
    count: int
    durations: Durations
    failure_share: float


@dataclass(frozen=True, slots=True)
class EndpointDetail:
    route: str
    count: int
    failed: int
    durations: Durations
    bars: tuple[Bar, ...]
    slowest: tuple[Sample, ...]
    queries: tuple[EndpointQuery, ...]
    errors: tuple[EndpointError, ...]
    releases: tuple[ReleaseShape, ...]


@dataclass(frozen=True, slots=True)
class ReleasesCompared:
    """An endpoint in two releases."""

    release: ReleaseShape
    other: ReleaseShape
    p50: Comparison
    p95: Comparison
    failures: Comparison


def endpoint_detail(
    project: Project,
    *,
    route: str,
    period: Period,
    now: datetime,
    environment: str = "",
    release: str = "",
    having: Mapping[str, str] | None = None,
    most: int = 20,
) -> EndpointDetail:
    """Return what is known of a route in the period. `having` are further columns of requests and their values;
    queries and errors know the environment and the release only, and are told of all the same."""
    cells = rollups.read(project.pk, "requests", period=period, now=now, having=having)
    measure, failed = whole(cells, rollups.only(environment=environment, release=release, route=route))
    named = {
        labels[0] for labels in cells.by("release", where=rollups.only(environment=environment, route=route)).labels
    }
    with engine.read(project.pk, {"requests": period, "queries": period, "errors": period}) as facts:
        asked = (facts, route, environment, release, most)
        slowest, queries, errors = _slowest(*asked, having or {}), _queries(*asked), _errors(*asked)
    shapes = [_shape(cells, route, version, environment)[0] for version in named]
    return EndpointDetail(
        route=route,
        count=measure.count,
        failed=failed,
        durations=durations(measure),
        bars=bars(measure.histogram),
        slowest=slowest,
        queries=queries,
        errors=errors,
        releases=tuple(sorted(shapes, key=lambda shape: (-shape.count, shape.release))),
    )


def releases_compared(
    project: Project,
    *,
    route: str,
    release: str,
    other: str,
    period: Period,
    now: datetime,
    environment: str = "",
    having: Mapping[str, str] | None = None,
) -> ReleasesCompared:
    """Return a route in two releases; differences are those of `release` from `other`."""
    cells = rollups.read(project.pk, "requests", period=period, now=now, having=having)
    first, measure, failed = _shape(cells, route, release, environment)
    second, measure_before, failed_before = _shape(cells, route, other, environment)
    return ReleasesCompared(
        first,
        second,
        p50=comparisons.quantiles(measure.histogram, measure_before.histogram, 0.5),
        p95=comparisons.quantiles(measure.histogram, measure_before.histogram, 0.95),
        failures=comparisons.shares(failed, measure.count, failed_before, measure_before.count),
    )


def bars(histogram: Histogram, *, width: int = 10) -> tuple[Bar, ...]:
    """Return the histogram as bars of `width` buckets each, a factor of 1.22, from the first to the last."""
    counts: dict[int, int] = {}
    for index, count in histogram.counts.items():
        counts[index // width] = counts.get(index // width, 0) + count
    if not counts:
        return ()
    return tuple(
        Bar(edge(place * width - 1), edge(place * width + width - 1), counts.get(place, 0))
        for place in range(min(counts), max(counts) + 1)
    )


def _shape(cells: Any, route: str, release: str, environment: str) -> tuple[ReleaseShape, Measure, int]:
    where = {**rollups.only(environment=environment, route=route), "release": (release,)}
    measure, failed = whole(cells, where)
    share = failed / measure.count if measure.count else 0.0
    return ReleaseShape(release, measure.count, durations(measure), share), measure, failed


def _condition(environment: str, release: str) -> str:
    named = (("environment", environment), ("release", release))
    return " AND ".join(["route = $route", *(f"{name} = ${name}" for name, value in named if value)])


def _bound(route: str, environment: str, release: str, most: int) -> dict[str, Any]:
    return {"route": route, "environment": environment, "release": release, "most": most}


def _slowest(
    facts: engine.Facts, route: str, environment: str, release: str, most: int, having: Mapping[str, str]
) -> tuple[Sample, ...]:
    only, values = filters.equal("requests", having)
    sql = f"""
        SELECT "at", duration_ms, status, trace_id, release, db_ms, db_count FROM requests
        WHERE {_condition(environment, release)} AND duration_ms IS NOT NULL AND {only}
        ORDER BY duration_ms DESC, "at" DESC LIMIT $most
    """
    bound = _used(sql, _bound(route, environment, release, most))
    return tuple(Sample(**row) for row in facts.ask(sql, {**bound, **values}))


def _queries(facts: engine.Facts, route: str, environment: str, release: str, most: int) -> tuple[EndpointQuery, ...]:
    sql = f"""
        SELECT fingerprint, max(statement) AS statement, sum(count)::BIGINT AS count, sum(total_ms) AS total_ms,
               max(max_ms) AS max_ms, sum(count) / count(*) AS per_request, coalesce(min(finding), '') AS finding
        FROM queries WHERE {_condition(environment, release)}
        GROUP BY fingerprint ORDER BY total_ms DESC, fingerprint LIMIT $most
    """
    return tuple(EndpointQuery(**row) for row in facts.ask(sql, _used(sql, _bound(route, environment, release, most))))


def _errors(facts: engine.Facts, route: str, environment: str, release: str, most: int) -> tuple[EndpointError, ...]:
    sql = f"""
        SELECT group_hash, max(type) AS type, count(*) AS count, max("at") AS last_at FROM errors
        WHERE {_condition(environment, release)} AND group_hash IS NOT NULL
        GROUP BY group_hash ORDER BY count DESC, group_hash LIMIT $most
    """
    rows = facts.ask(sql, _used(sql, _bound(route, environment, release, most)))
    return tuple(EndpointError(UUID(row["group_hash"]), row["type"], row["count"], row["last_at"]) for row in rows)


def _used(sql: str, bound: dict[str, Any]) -> dict[str, Any]:
    """Only what the SQL names: the engine refuses the rest."""
    return {name: value for name, value in bound.items() if f"${name}" in sql}
