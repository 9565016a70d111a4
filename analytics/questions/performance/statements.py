"""Which statements hold a text."""

from __future__ import annotations

from dataclasses import dataclass

from analytics import engine
from analytics.periods import Period
from events.models import Project


@dataclass(frozen=True, slots=True)
class Statement:
    """`statement` has no literals."""

    fingerprint: str
    statement: str


def statements(project: Project, *, text: str, period: Period, most: int = 10) -> tuple[Statement, ...]:
    """Return the statements with `text` in them, in any case, those that took the most time first."""
    sql = """
        SELECT fingerprint, max(statement) AS statement FROM queries
        WHERE contains(lower(statement), lower($text)) GROUP BY fingerprint
        ORDER BY sum(total_ms) DESC, fingerprint LIMIT $most
    """
    with engine.read(project.pk, {"queries": period}) as facts:
        return tuple(Statement(**row) for row in facts.ask(sql, {"text": text, "most": most}))
