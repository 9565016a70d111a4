"""What came of a feature flag: for each answer, who got it, and the errors and slow page loads they met from then on.

An answer is a person's first `$feature_flag_called` of the flag in what is read; who got several is left out. Errors
and page loads are found where they name the person, which they do in projects that name their visitors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics import engine
from analytics.engine import deduplication
from analytics.periods import Period
from analytics.questions.variants.exposures import exposures
from events.values.vitals import THRESHOLDS

MOST = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer: the `people` who got it, how many of them met an `error`, and of their page loads how many had an LCP
    that was not good."""

    value: str
    people: int
    hurt: int
    errors: int
    loads: int
    slow: int


def outcomes(project_id: int, flag: str, *, period: Period) -> list[Outcome]:
    """The answer that most people got first."""
    bound: dict[str, Any] = {"lcp": "LCP", "good": THRESHOLDS["LCP"][0]}
    sql = f"""
        WITH {exposures(flag, bound)}, given AS (
            SELECT * FROM exposures WHERE NOT several
        ), met AS (
            SELECT g.visitor, count(*) AS errors FROM given g JOIN errors e ON e.user_key = g.visitor
            WHERE e."at" >= g.first GROUP BY 1
        ), loaded AS (
            SELECT g.visitor, count(*) AS loads, count(*) FILTER (WHERE v.value > $good) AS slow
            FROM given g JOIN ({deduplication.vitals("metric = $lcp AND user_key IS NOT NULL")}) v
              ON v.user_key = g.visitor
            WHERE v."at" >= g.first GROUP BY 1
        )
        SELECT g.variant, count(*) AS people, count(m.visitor) AS hurt, coalesce(sum(m.errors), 0) AS errors,
               coalesce(sum(l.loads), 0) AS loads, coalesce(sum(l.slow), 0) AS slow
        FROM given g LEFT JOIN met m ON m.visitor = g.visitor LEFT JOIN loaded l ON l.visitor = g.visitor
        GROUP BY 1 ORDER BY people DESC, g.variant LIMIT {MOST}
    """
    with engine.read(project_id, {"events": period, "errors": period, "vitals": period}, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    return [
        Outcome(row["variant"], *(int(row[name]) for name in ("people", "hurt", "errors", "loads", "slow")))
        for row in rows
    ]
