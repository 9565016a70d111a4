"""How many errors each release had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from analytics import engine
from analytics.engine import filters
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
        WITH chosen AS (
            SELECT coalesce(e.release, '') AS release, e.group_hash, e.user_key, e."at" FROM errors e WHERE {condition}
        ), per_group AS (
            SELECT release, group_hash, count(*) AS errors, min("at") AS first_at, max("at") AS last_at
            FROM chosen GROUP BY release, group_hash
        ), people AS (
            SELECT release, count(DISTINCT user_key) AS users FROM chosen GROUP BY release
        )
        SELECT release, sum(errors)::BIGINT AS errors, any_value(users) AS users, count(*) AS groups,
               min(first_at) AS first_at, max(last_at) AS last_at
        FROM per_group JOIN people USING (release)
        GROUP BY release ORDER BY first_at DESC, release LIMIT $most
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        return tuple(ReleaseErrors(**row) for row in facts.ask(sql, {**bound, "most": most}))
