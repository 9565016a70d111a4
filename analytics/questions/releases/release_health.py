"""How many sessions and users of each release were free of crashes.

The last update of a session counts: the one with the highest `seq`, of equal ones the worst. Aggregates add to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics import engine, periods
from analytics.engine import filters
from analytics.engine.deduplication import ERRED, RANK
from analytics.periods import Period
from events.models import Project


@dataclass(frozen=True, slots=True)
class Health:
    """Sessions begun and what became of them; each session is in one of healthy, errored, abnormal, crashed."""

    sessions: int = 0
    crashed: int = 0
    abnormal: int = 0
    errored: int = 0
    users: int = 0
    crashed_users: int = 0

    @property
    def healthy(self) -> int:
        return self.sessions - self.crashed - self.abnormal - self.errored

    @property
    def crash_free_sessions(self) -> float | None:
        return 1 - self.crashed / self.sessions if self.sessions else None

    @property
    def crash_free_users(self) -> float | None:
        return 1 - self.crashed_users / self.users if self.users else None


@dataclass(frozen=True, slots=True)
class ReleaseHealth:
    """One release and its share of all sessions and users of the period (`adoption`)."""

    release: str
    health: Health
    session_adoption: float
    user_adoption: float | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class HealthTrend:
    starts: tuple[datetime, ...]
    step: timedelta
    health: tuple[Health, ...]


SESSIONS = f"""
    WITH chosen AS (
        SELECT * REPLACE (coalesce(status, 'ok') AS status), coalesce(seq, 0)::HUGEINT * 8 + {RANK} AS latest
        FROM sessions WHERE $environment = '' OR environment = $environment
    ), single AS (
        SELECT sid, arg_max(release, latest) AS release, min("at") AS begun, max(user_key) AS user_key,
               arg_max(status, latest) AS status, max(coalesce(errors, 0)) AS errors
        FROM chosen WHERE sid IS NOT NULL GROUP BY sid
    ), counted AS (
        SELECT coalesce(release, '') AS release, begun, user_key, 1 AS sessions, (status = 'crashed')::INT AS crashed,
               (status = 'abnormal')::INT AS abnormal, ({ERRED})::INT AS errored
        FROM single
        UNION ALL
        SELECT coalesce(release, ''), "at", user_key, coalesce(started, 0), coalesce(crashed, 0), coalesce(abnormal, 0),
               coalesce(errored, 0)
        FROM chosen WHERE sid IS NULL
    )
"""
MEASURES = """
    sum(sessions)::BIGINT AS sessions, sum(crashed)::BIGINT AS crashed, sum(abnormal)::BIGINT AS abnormal,
    sum(errored)::BIGINT AS errored, count(DISTINCT user_key) AS users,
    count(DISTINCT user_key) FILTER (crashed > 0) AS crashed_users
"""


def release_health(
    project: Project, *, period: Period, environment: str = "", most: int = 100
) -> tuple[ReleaseHealth, ...]:
    """Return the releases with sessions in the period, the one seen first last; "" is no release."""
    sql = f"""{SESSIONS}
        SELECT release, {MEASURES}, min(begun) AS first_at, max(begun) AS last_at, grouping_id(release) AS is_total
        FROM counted GROUP BY GROUPING SETS ((release), ()) ORDER BY is_total DESC, first_at DESC, release LIMIT $most
    """
    with engine.read(project.pk, {"sessions": period}) as facts:
        rows = facts.ask(sql, {"environment": environment, "most": most + 1})
    total = _health(rows[0])
    return tuple(
        ReleaseHealth(
            release=row["release"],
            health=(health := _health(row)),
            session_adoption=health.sessions / total.sessions if total.sessions else 0.0,
            user_adoption=health.users / total.users if total.users else None,
            first_at=row["first_at"],
            last_at=row["last_at"],
        )
        for row in rows[1:]
    )


def health_trend(
    project: Project,
    *,
    period: Period,
    environment: str = "",
    release: str | None = None,
    step: timedelta | None = None,
) -> HealthTrend:
    """Return the health of sessions begun in each bucket, of one release or all."""
    step = step or periods.step_for(period)
    starts = periods.buckets(period, step)
    index, clock = filters.bucket("begun", starts=starts, step=step)
    sql = f"""{SESSIONS}
        SELECT {index} AS place, {MEASURES} FROM counted
        WHERE $release IS NULL OR release = $release GROUP BY place
    """
    bound = {"environment": environment, "release": release, **clock}
    with engine.read(project.pk, {"sessions": period}) as facts:
        found = {row["place"]: _health(row) for row in facts.ask(sql, bound)}
    return HealthTrend(tuple(starts), step, tuple(found.get(place, Health()) for place in range(len(starts))))


def _health(row: dict[str, Any]) -> Health:
    return Health(**{name: row[name] or 0 for name in Health.__dataclass_fields__})
