"""The set-based writes behind issues: one statement each, whatever the batch holds. Rows come sorted by key."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from events.models import Environment, Issue

_USERS = """
INSERT INTO events_groupuser (group_id, user_key)
SELECT * FROM unnest(%s::bigint[], %s::bigint[])
ON CONFLICT DO NOTHING RETURNING group_id
"""
_HOURS = """
INSERT INTO events_grouphour AS h (group_id, hour, environment, count)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[])
ON CONFLICT (group_id, hour, environment) DO UPDATE SET count = h.count + excluded.count
"""
_ENVIRONMENTS = """
INSERT INTO events_groupenvironment AS e (group_id, environment, last_hour, as_of, late, early)
SELECT t.id, t.environment, max(t.hour), a.as_of,
    coalesce(sum(t.count) FILTER (WHERE t.hour > a.as_of - interval '24 hours'), 0),
    coalesce(sum(t.count) FILTER (
        WHERE t.hour <= a.as_of - interval '24 hours' AND t.hour > a.as_of - interval '48 hours'), 0)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[]) AS t(id, hour, environment, count),
    (SELECT %s::timestamptz AS as_of) AS a
GROUP BY 1, 2, a.as_of ORDER BY 1, 2
ON CONFLICT (group_id, environment) DO UPDATE SET
    last_hour = greatest(e.last_hour, excluded.last_hour),
    as_of = CASE WHEN e.late = 0 AND e.early = 0 THEN excluded.as_of ELSE e.as_of END,
    late = e.late + excluded.late, early = e.early + excluded.early
"""
# Rows that a digest holds are left for the next time, so that neither waits for the other.
_PAST_TRENDS = """
SELECT group_id, environment FROM events_groupenvironment
WHERE as_of < %s AND (late <> 0 OR early <> 0) ORDER BY 1, 2 LIMIT %s FOR UPDATE SKIP LOCKED
"""
_TRENDS = """
UPDATE events_groupenvironment e SET as_of = s.as_of, late = s.late, early = s.early FROM (
    SELECT t.id, t.environment, a.as_of,
        coalesce(sum(h.count) FILTER (WHERE h.hour > a.as_of - interval '24 hours'), 0) AS late,
        coalesce(sum(h.count) FILTER (WHERE h.hour <= a.as_of - interval '24 hours'), 0) AS early
    FROM unnest(%s::bigint[], %s::text[]) AS t(id, environment) CROSS JOIN (SELECT %s::timestamptz AS as_of) AS a
        LEFT JOIN events_grouphour h
        ON h.group_id = t.id AND h.environment = t.environment AND h.hour > a.as_of - interval '48 hours'
    GROUP BY 1, 2, 3
) AS s WHERE e.group_id = s.id AND e.environment = s.environment
"""
_AT_ONCE = 2000
_THIN = """
WITH gone AS (
    DELETE FROM events_occurrence o USING unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS g(id, total, stride)
    WHERE o.group_id = g.id AND o.ordinal <> 1 AND o.ordinal <> g.total AND o.ordinal %% g.stride <> 0
    RETURNING o.project_id, o.event_id)
DELETE FROM events_attachment a USING gone WHERE a.project_id = gone.project_id AND a.event_id = gone.event_id
"""
_GROUPS = """
UPDATE events_issuegroup g SET event_count = t.events, user_count = g.user_count + t.users,
    first_seen_at = least(g.first_seen_at, t.first), last_seen_at = greatest(g.last_seen_at, t.last)
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
    AS t(id, events, users, first, last)
WHERE g.id = t.id
"""
_ISSUES = """
UPDATE events_issue i SET event_count = t.events, user_count = t.users, first_seen_at = t.first,
    last_seen_at = t.last, last_release = t.release, level = t.level
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[])
    AS t(id, events, users, first, last, release, level)
WHERE i.id = t.id
"""
_DISTINCT_USERS = """
SELECT g.issue_id, count(DISTINCT u.user_key)
FROM events_issuegroup g JOIN events_groupuser u ON u.group_id = g.id
WHERE g.issue_id IN (SELECT issue_id FROM events_issuegroup WHERE issue_id = ANY(%s) GROUP BY 1 HAVING count(*) > 1)
GROUP BY 1
"""
_RELEASES = """
INSERT INTO events_release AS r
    (project_id, version, created_at, first_event_at, last_event_at, url, ref, new_issue_count)
SELECT p, v, first, first, last, '', '', 0
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS t(p, v, first, last)
ON CONFLICT (project_id, version) DO UPDATE SET
    first_event_at = least(r.first_event_at, excluded.first_event_at),
    last_event_at = greatest(r.last_event_at, excluded.last_event_at)
WHERE r.first_event_at IS NULL OR r.first_event_at > excluded.first_event_at
    OR r.last_event_at < excluded.last_event_at - interval '1 second'
"""


class GroupTally(NamedTuple):
    """A group's new total, its new users, and the span of what was added."""

    group_id: int
    events: int
    new_users: int
    first: datetime
    last: datetime


class Spread(NamedTuple):
    """Which occurrences of a group stay: ordinal 1, ordinal `total`, and multiples of `stride`."""

    group_id: int
    total: int
    stride: int


def put_users(pairs: Sequence[tuple[int, int]]) -> Counter[int]:
    """Remember (group, user) pairs; return how many were new, by group."""
    return Counter(group_id for (group_id,) in _run(_USERS, _columns(pairs))) if pairs else Counter()


def put_hours(counts: Mapping[tuple[int, datetime, str], int], *, now: datetime) -> None:
    """Add to the counts of (group, hour, environment), and to the trend of (group, environment)."""
    columns = _columns([(*key, counts[key]) for key in sorted(counts)])
    _run(_HOURS, columns)
    _run(_ENVIRONMENTS, [*columns, _hour(now)])


def count_trends(*, now: datetime) -> int:
    """Count the trends anew that are of an hour gone by; return how many. Those of groups in use wait for next time."""
    counted, as_of = 0, _hour(now)
    while True:
        with transaction.atomic():
            past = _run(_PAST_TRENDS, [as_of, _AT_ONCE])
            if past:
                _run(_TRENDS, [*_columns(past), as_of])
        counted += len(past)
        if len(past) < _AT_ONCE:
            return counted


def thin(spreads: Sequence[Spread]) -> None:
    """Remove the occurrences outside the spreads, and the files sent with them."""
    if spreads:
        _run(_THIN, _columns(spreads))


def update_groups(tallies: Sequence[GroupTally]) -> None:
    _run(_GROUPS, _columns(tallies))


def update_issues(issues: Sequence[Issue]) -> None:
    """Write the counters of issues whose rows the caller holds locked."""
    columns = ["pk", "event_count", "user_count", "first_seen_at", "last_seen_at", "last_release", "level"]
    _run(_ISSUES, [[getattr(issue, column) for issue in issues] for column in columns])


def distinct_users(issue_ids: Sequence[int]) -> dict[int, int]:
    """Users of those issues that have several groups: a user of two groups is one user."""
    return dict(_run(_DISTINCT_USERS, [list(issue_ids)])) if issue_ids else {}


def put_releases(releases: Mapping[tuple[int, str], tuple[datetime, datetime]]) -> None:
    """Make (project, version) known and widen the span of its events."""
    if releases:
        _run(_RELEASES, _columns([(*key, *releases[key]) for key in sorted(releases)]))


def put_environments(environments: set[tuple[int, str]]) -> None:
    """Make (project, name) known."""
    if not environments:
        return
    projects = {project_id for project_id, _ in environments}
    known = Environment.objects.filter(project_id__in=projects).values_list("project_id", "name")
    new = sorted(environments - set(known))
    Environment.objects.bulk_create([Environment(project_id=p, name=name) for p, name in new], ignore_conflicts=True)


def lock_new_groups(project_ids: set[int]) -> None:
    """One digest at a time may make groups of a project; locks are taken in order and end with the transaction."""
    for project_id in sorted(project_ids):
        _run("SELECT pg_advisory_xact_lock(hashtextextended('new groups', %s))", [project_id])


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _run(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []
