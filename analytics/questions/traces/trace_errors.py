"""Which errors happened in the same traces as something else, such as log lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from analytics import engine
from analytics.periods import Period
from events.models import Project

MOST = 2000


@dataclass(frozen=True, slots=True)
class GroupInTrace:
    """Errors of one group in one trace: the group's hash, and when the first of them happened."""

    group: UUID
    at: datetime


def trace_errors(
    project: Project, trace_ids: Iterable[str], *, period: Period
) -> Mapping[str, tuple[GroupInTrace, ...]]:
    """Return the groups of errors of each trace that has any in the period, the first one first."""
    wanted = sorted({trace_id.lower() for trace_id in trace_ids})
    if not wanted:
        return {}
    sql = """
        SELECT trace_id, group_hash, min("at") AS at_first FROM errors
        WHERE trace_id IN $wanted AND group_hash IS NOT NULL GROUP BY ALL ORDER BY at_first, group_hash LIMIT $most
    """
    found: dict[str, tuple[GroupInTrace, ...]] = {}
    with engine.read(project.pk, {"errors": period}) as facts:
        for row in facts.ask(sql, {"wanted": wanted, "most": MOST}):
            one = GroupInTrace(UUID(row["group_hash"]), row["at_first"])
            found[row["trace_id"]] = (*found.get(row["trace_id"], ()), one)
    return found
