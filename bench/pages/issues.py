"""Issues as rows of PostgreSQL: most errors in few of them, kept occurrences, and the hourly counts of error facts."""

from __future__ import annotations

from datetime import datetime

import duckdb
from django.db import connection

from dashboard.samples import sample_error
from events.facts import files
from events.ingest import payloads
from events.issues import counters
from events.models import Project, Segment

ISSUES = """
    INSERT INTO events_issue (project_id, title, type, value, culprit, level, platform, kind, status, is_regressed,
        first_seen_at, last_seen_at, event_count, user_count, first_release, last_release, resolved_in_release,
        resolved_in_next)
    SELECT %(project)s, 'Error' || n %% 40 || ': number ' || n || ' went wrong', 'Error' || n %% 40,
        'number ' || n || ' went wrong', 'shop.module' || n %% 300 || ' in act', 'error', 'python', 'error',
        (ARRAY['unresolved', 'unresolved', 'unresolved', 'unresolved', 'resolved'])[1 + n %% 5], n %% 50 = 0,
        %(now)s - interval '40 days', %(now)s - interval '1 minute' * (n %% 20000), 0, 0, 'shop@1.0', 'shop@1.29', '',
        false
    FROM generate_series(0, %(issues)s - 1) AS n ORDER BY n
"""
GROUPS = """
    INSERT INTO events_issuegroup (project_id, issue_id, first_issue_id, hash, version, components, title, culprit,
        first_seen_at, last_seen_at, event_count, user_count)
    SELECT project_id, id, id, md5((row_number() OVER (ORDER BY id) - 1)::text)::uuid, 1, '[]', title, culprit,
        first_seen_at, last_seen_at, 0, 0
    FROM events_issue WHERE project_id = %(project)s
"""
OCCURRENCES = """
    INSERT INTO events_occurrence (project_id, group_id, event_id, ordinal, at, received_at, digested_at, environment,
        release, payload)
    SELECT project_id, id, gen_random_uuid(), n, last_seen_at - interval '1 hour' * (50 - n), last_seen_at,
        last_seen_at, 'production', 'shop@1.29', %(payload)s
    FROM events_issuegroup, generate_series(1, CASE WHEN id %% 50 = 0 THEN 50 ELSE 2 END) AS n
    WHERE project_id = %(project)s
"""
COUNTS = """
    WITH summed AS (SELECT group_id, sum(count) AS total FROM events_grouphour GROUP BY 1),
    grouped AS (UPDATE events_issuegroup g SET event_count = total, user_count = least(total, 9000) FROM summed
                WHERE g.id = group_id RETURNING g.issue_id, total)
    UPDATE events_issue i SET event_count = total, user_count = least(total, 9000) FROM grouped WHERE i.id = issue_id
"""
ENVIRONMENTS = """
    INSERT INTO events_groupenvironment (group_id, environment, last_hour, as_of, late, early)
    SELECT group_id, environment, max(hour), 'epoch', 1, 0 FROM events_grouphour GROUP BY 1, 2
"""
_HOURS = """
    SELECT group_hash, date_trunc('hour', "at")::VARCHAR, environment, count(*) FROM read_parquet($1) GROUP BY ALL
"""


def make(project: Project, *, count: int, now: datetime) -> None:
    """`count` issues of a project that has none, with what was kept of them."""
    bound = {"project": project.pk, "now": now, "issues": count, "payload": payloads.pack(sample_error.event(now=now))}
    with connection.cursor() as cursor:
        for statement in (ISSUES, GROUPS, OCCURRENCES):
            cursor.execute(statement, bound)


def count_hours(project: Project, *, now: datetime) -> None:
    """The counts that the digest would have made of the error facts, instead of those there are."""
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_grouphour, events_groupenvironment")
        cursor.execute("SELECT hash::text, id FROM events_issuegroup WHERE project_id = %s", [project.pk])
        groups = {found.replace("-", ""): pk for found, pk in cursor.fetchall()}
        statement = "COPY events_grouphour (group_id, hour, environment, count) FROM STDIN"
        for path in Segment.objects.filter(project=project, fact="errors").values_list("path", flat=True):
            with cursor.connection.cursor() as raw, raw.copy(statement) as copy:
                for group, hour, environment, count in database.execute(_HOURS, [files.root().url(path)]).fetchall():
                    copy.write_row((groups[group], hour, environment, count))
        cursor.execute(COUNTS)
        cursor.execute(ENVIRONMENTS)
    # A row without a trend of its own is counted as any of an hour gone by.
    counters.count_trends(now=now)
