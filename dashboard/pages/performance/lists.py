"""Lists of endpoints and statements, and of what belongs to one, as files and in the API."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from analytics.questions.performance import (
    cuts,
    endpoint_detail,
    endpoints,
    query_detail,
    request_rates,
    slow_queries,
)
from dashboard.exports.lists import PERIOD, Asked, Listed, Row
from dashboard.frame import filters

MOST_ENDPOINTS, MOST_QUERIES = 500, 200
_ENDPOINT = (
    "route", "count", "per_minute", "durations.p50", "durations.p75", "durations.p95", "durations.p99",
    "failure_share", "time_share",
)  # fmt: skip
_CUT = ("name", "count", "p50", "p95", "failure_share")
_QUERY = (
    "fingerprint", "statement", "operation", "system", "count", "total_ms", "time_share", "p50", "p95", "max_ms",
    "rows", "routes", "findings", "trace_id",
)  # fmt: skip
_LOOP = ("fingerprint", "statement", "route", "requests", "times", "most", "total_ms", "trace_id")
_SAMPLE = ("at", "duration_ms", "status", "db_ms", "db_count", "release", "trace_id")
_OWN_QUERY = ("fingerprint", "statement", "count", "per_request", "total_ms", "max_ms", "finding")
_OWN_ERROR = ("group", "type", "count", "last_at")
_SHAPE = ("release", "count", "durations.p50", "durations.p95", "durations.p99", "failure_share")
_ROUTE = ("route", "requests", "count", "per_request", "total_ms")
_RUN = ("at", "route", "max_ms", "count", "total_ms", "rows", "release", "trace_id", "finding")


def _where(asked: Asked) -> dict[str, str]:
    return filters.chosen(asked.parameters, filters.REQUESTS)


def _endpoints(asked: Asked) -> Iterator[Row]:
    found = endpoints.endpoints(
        asked.project, period=asked.period, now=asked.now, environment=asked.environment,
        sort=asked.said("sort", among=endpoints.SORTS, default="time"), most=MOST_ENDPOINTS,
        **request_rates.counted_by(_where(asked)),
    )  # fmt: skip
    text = asked.said("filter")[:200].lower()
    yield from map(attrgetter(*_ENDPOINT), (one for one in found if text in one.route.lower()))


def _cut(asked: Asked) -> Iterator[Row]:
    by = asked.said("by", among=cuts.COLUMNS, default=cuts.COLUMNS[0])
    where = {**_where(asked), "environment": asked.environment}
    found = cuts.request_cut(asked.project, by=by, period=asked.period, where=where)
    yield from ((by, *attrgetter(*_CUT)(one)) for one in found)


def _queries(asked: Asked) -> Iterator[Row]:
    found = slow_queries.slow_queries(
        asked.project, period=asked.period, now=asked.now, environment=asked.environment,
        sort=asked.said("sort", among=slow_queries.SORTS, default="time"), most=MOST_QUERIES,
    )  # fmt: skip
    yield from map(attrgetter(*_QUERY), found)


def _loops(asked: Asked) -> Iterator[Row]:
    found = slow_queries.loops(asked.project, period=asked.period, environment=asked.environment)
    yield from map(attrgetter(*_LOOP), found)


def _of_endpoint(part: str, names: tuple[str, ...]) -> Callable[[Asked], Iterable[Row]]:
    """A part of what is said of one endpoint."""

    def rows(asked: Asked) -> Iterator[Row]:
        where = _where(asked)
        if not where.get("route"):
            return
        found = endpoint_detail.endpoint_detail(
            asked.project, period=asked.period, now=asked.now, environment=asked.environment,
            **request_rates.counted_by(where),
        )  # fmt: skip
        yield from map(attrgetter(*names), getattr(found, part))

    return rows


def _of_query(part: str, names: tuple[str, ...]) -> Callable[[Asked], Iterable[Row]]:
    """A part of what is said of one statement."""

    def rows(asked: Asked) -> Iterator[Row]:
        found = query_detail.query_detail(
            asked.project, fingerprint=asked.said("fingerprint")[:200], period=asked.period, now=asked.now,
            environment=asked.environment,
        )  # fmt: skip
        yield from map(attrgetter(*names), getattr(found, part) if found else ())

    return rows


def _plain(names: tuple[str, ...]) -> tuple[str, ...]:
    """Columns by the last part of what they are."""
    return tuple(name.rpartition(".")[2] for name in names)


_ENDPOINT_PAGE: dict[str, Any] = {"pages": ("endpoint",), "takes": (*PERIOD, *filters.REQUESTS), "needs": ("route",)}
_QUERY_PAGE: dict[str, Any] = {"pages": ("query",), "takes": PERIOD, "needs": ("fingerprint",)}
LISTS: dict[str, Listed] = {
    "endpoints": Listed(
        "Endpoints", _plain(_ENDPOINT), _endpoints, ("performance",), (*PERIOD, *filters.REQUESTS, "sort", "filter"),
    ),
    "requests-by": Listed(
        "Requests by what is chosen", ("by", *_CUT), _cut, ("performance",), (*PERIOD, *filters.REQUESTS, "by"),
    ),
    "queries": Listed("Statements", _QUERY, _queries, ("queries",), (*PERIOD, "sort")),
    "query-loops": Listed("Statements in a loop", _LOOP, _loops, ("queries",), PERIOD),
    "endpoint-requests": Listed(
        "Slow requests of the endpoint", _SAMPLE, _of_endpoint("slowest", _SAMPLE), **_ENDPOINT_PAGE
    ),
    "endpoint-queries": Listed(
        "Queries of the endpoint", _OWN_QUERY, _of_endpoint("queries", _OWN_QUERY), **_ENDPOINT_PAGE
    ),
    "endpoint-errors": Listed(
        "Errors of the endpoint", _OWN_ERROR, _of_endpoint("errors", _OWN_ERROR), **_ENDPOINT_PAGE
    ),
    "endpoint-releases": Listed(
        "Releases of the endpoint", _plain(_SHAPE), _of_endpoint("releases", _SHAPE), **_ENDPOINT_PAGE
    ),
    "query-routes": Listed("Who runs the statement", _ROUTE, _of_query("routes", _ROUTE), **_QUERY_PAGE),
    "query-runs": Listed("Slowest runs of the statement", _RUN, _of_query("slowest", _RUN), **_QUERY_PAGE),
}  # fmt: skip
