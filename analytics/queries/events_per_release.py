"""How many errors each release had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from analytics import engine, filters
from analytics.periods import Period
from events.models import Project


@dataclass(frozen=True, slots=True)
class ReleaseErrors:
    """Errors of one release in the period; "" holds those sent without a release."""

    release: str
    errors: int
    users: int
    groups: int
    first_at: datetime
    last_at: datetime


def events_per_release(
    project: Project,
    *,
    period: Period,
    groups: Iterable[UUID] | None = None,
    environment: str = "",
    most: int = 100,
) -> tuple[ReleaseErrors, ...]:
    """Return the releases with errors in the period, the one seen first last."""
    condition, bound = filters.errors(groups=groups, environment=environment)
    sql = f"""
        SELECT coalesce(e.release, '') AS release, count(*) AS errors, count(DISTINCT e.user_key) AS users,
               count(DISTINCT e.group_hash) AS groups, min(e."at") AS first_at, max(e."at") AS last_at
        FROM errors e WHERE {condition}
        GROUP BY ALL ORDER BY first_at DESC, release LIMIT $most
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        return tuple(ReleaseErrors(**row) for row in facts.ask(sql, {**bound, "most": most}))
