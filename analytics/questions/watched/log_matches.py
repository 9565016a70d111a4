"""How many log lines match a search along time, group by group: what no rollup counts ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from analytics import engine, periods
from analytics.engine.log_search import condition
from analytics.periods import Period
from analytics.questions.watched.metrics import Metric
from analytics.questions.watched.series import MOST_GROUPS, History, counted
from analytics.rollups.cells import Labels
from events.issues.search import Search

METRIC = Metric("logs.matching", "Log lines that match", "logs", "count", "lines")
# What lines are filtered and grouped by, besides the search.
COLUMNS = ("level", "logger", "service", "host", "environment", "release")


def matching(
    project_id: int,
    search: Search,
    *,
    period: Period,
    step: timedelta,
    where: Mapping[str, Sequence[str]] | None = None,
    group_by: Sequence[str] = (),
) -> list[History]:
    """The lines found, in steps, the busiest groups first; without groups exactly one. Raises SearchError."""
    term, bound = condition(search)
    for name, values in (where or {}).items():
        term += f" AND coalesce(l.{_column(name)}, '') IN $only_{name}"
        bound[f"only_{name}"] = list(values)
    chosen = "".join(f", coalesce(l.{_column(name)}, '') AS {name}" for name in group_by)
    sql = f"""
        SELECT time_bucket($step, l."at", $origin) AS start, count(*) AS lines{chosen}
        FROM logs l WHERE {term} GROUP BY ALL
    """
    with engine.read(project_id, {"logs": period}) as facts:
        rows = facts.ask(sql, {**bound, "step": step, "origin": periods.ORIGIN})
    found: dict[Labels, list[tuple[datetime, int, int]]] = defaultdict(list)
    if not group_by:
        found[()] = []
    for row in rows:
        found[tuple(row[name] for name in group_by)].append((row["start"], row["lines"], 0))
    order = sorted(found, key=lambda labels: (-sum(lines for _, lines, _ in found[labels]), labels))
    return [counted(METRIC, labels, found[labels], step=step) for labels in order[:MOST_GROUPS]]


def _column(name: str) -> str:
    if name not in COLUMNS:
        raise ValueError(f"Log lines cannot be cut by {name!r}: {', '.join(COLUMNS)}.")
    return name
