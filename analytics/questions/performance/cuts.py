"""Requests by the values of a column: hosts, services, countries, devices, methods, releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics import engine
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project

COLUMNS = ("host", "service", "country", "device", "method", "release")


@dataclass(frozen=True, slots=True)
class RequestCut:
    """The requests with one value: how many, their median and 95th percentile in ms, and the share that failed."""

    name: str
    count: int
    p50: float | None
    p95: float | None
    failure_share: float


def request_cut(
    project: Project,
    *,
    by: str,
    period: Period,
    where: Mapping[str, str] | None = None,
    most: int = 50,
) -> tuple[RequestCut, ...]:
    """Return the values of the column `by`, those with the most requests first; requests without one are left out.

    `where` are columns and what they must be, empty for anything. Raises ValueError for another column.
    """
    if by not in COLUMNS:
        raise ValueError(f"Requests are cut by {', '.join(COLUMNS)}.")
    only, bound = filters.equal("requests", where or {})
    sql = f"""
        SELECT {by} AS name, count(*) AS count, quantile_cont(duration_ms, 0.5) AS p50,
               quantile_cont(duration_ms, 0.95) AS p95,
               count(*) FILTER (status BETWEEN 500 AND 599) / count(*) AS failure_share
        FROM requests WHERE {by} <> '' AND duration_ms IS NOT NULL AND {only}
        GROUP BY 1 ORDER BY count DESC, name LIMIT $most
    """
    about: dict[str, Any] = {**bound, "most": most}
    with engine.read(project.pk, {"requests": period}) as facts:
        return tuple(RequestCut(**row) for row in facts.ask(sql, about))
