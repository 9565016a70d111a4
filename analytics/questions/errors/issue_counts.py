"""How many errors and people issues had in a period, and how that spread over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from analytics import engine, periods
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project

POINTS = 31


@dataclass(frozen=True, slots=True)
class Counts:
    """What one issue had. `points` are its errors along the whole period in at most POINTS steps, oldest first."""

    events: int = 0
    users: int = 0
    points: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """The picture of the points in words."""
        if not self.events:
            return "No events in the period"
        return f"{self.events:,} events in the period, most at once {max(self.points):,}"


def issue_counts(
    project: Project, *, groups: Mapping[UUID, int], period: Period, environment: str = ""
) -> dict[int, Counts]:
    """Return the counts by issue; `groups` says which issue a group belongs to. A person of two groups counts once."""
    step = periods.step_for(period, most=POINTS - 1)
    starts = periods.buckets(period, step)
    index, clock = filters.bucket('e."at"', starts=starts, step=step)
    sql = f"""
        SELECT issue, place, count(*) AS events, count(DISTINCT user_key) AS users
        FROM (SELECT n.issue, {index} AS place, e.user_key FROM {_NAMED} WHERE {_condition(environment)})
        GROUP BY GROUPING SETS ((issue, place), (issue))
    """
    none = (0,) * len(starts)
    if not groups:
        return {}
    rows = _ask(project, sql, groups=groups, period=period, environment=environment, more=clock)
    points: dict[int, list[int]] = {}
    totals: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row["place"] is None:
            totals[row["issue"]] = row["events"], row["users"]
        else:
            points.setdefault(row["issue"], list(none))[row["place"]] = row["events"]
    nothing = Counts(points=none)
    return {
        issue: Counts(*totals[issue], tuple(points[issue])) if issue in totals else nothing
        for issue in set(groups.values())
    }


def issue_totals(
    project: Project, *, groups: Mapping[UUID, int], period: Period, environment: str = ""
) -> dict[int, tuple[int, int]]:
    """Return (errors, people) by issue, without those that had none: what a whole list is put in order by."""
    if not groups:
        return {}
    sql = f"""
        SELECT n.issue, count(*) AS events, count(DISTINCT e.user_key) AS users
        FROM {_NAMED} WHERE {_condition(environment)} GROUP BY ALL
    """
    rows = _ask(project, sql, groups=groups, period=period, environment=environment)
    return {row["issue"]: (row["events"], row["users"]) for row in rows}


def issue_trends(
    project: Project, *, groups: Mapping[UUID, int], period: Period, environment: str = ""
) -> dict[int, int]:
    """Return the errors of the period's second half less those of its first, by issue, without those that had none."""
    if not groups:
        return {}
    sql = f"""
        SELECT n.issue, sum(if(e."at" >= $middle, 1, -1))::BIGINT AS trend
        FROM {_NAMED} WHERE {_condition(environment)} GROUP BY ALL
    """
    middle = {"middle": period.start + period.length / 2}
    rows = _ask(project, sql, groups=groups, period=period, environment=environment, more=middle)
    return {row["issue"]: row["trend"] for row in rows}


# A list is bound as one text: the engine's own lists are only what IN takes.
_NAMED = """
    errors e JOIN (
        SELECT unnest(string_split($hashes, ',')) AS hash, unnest(string_split($issues, ','))::BIGINT AS issue
    ) n ON e.group_hash = n.hash
"""


def _condition(environment: str) -> str:
    return "e.environment = $environment" if environment else "true"


def _ask(
    project: Project,
    sql: str,
    *,
    groups: Mapping[UUID, int],
    period: Period,
    environment: str,
    more: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    bound: dict[str, Any] = {
        "hashes": ",".join(group.hex for group in groups), "issues": ",".join(map(str, groups.values())), **(more or {})
    }  # fmt: skip
    if environment:
        bound["environment"] = environment
    with engine.read(project.pk, {"errors": period}) as facts:
        return list(facts.ask(sql, bound))
