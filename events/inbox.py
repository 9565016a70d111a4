"""The durable point of ingest: `accept` returns after PostgreSQL has the items, or raises."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta

import psycopg
from django.db import connection, transaction

from events import accounting
from events.payloads import Packed

# Within this distance of a partition boundary two hosts may disagree on the week; duplicates are then serialised.
BOUNDARY = timedelta(seconds=60)


# One statement, one round trip, one commit: remember the ids, keep what is new, write the ledger.
_ACCEPT = """
WITH item AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(ids)s::uuid[], %(quantities)s::int[], %(payloads)s::bytea[],
                         %(blobs)s::bytea[]) AS t(kind, item_id, quantity, payload, blob)
), fresh AS (
    INSERT INTO ingest_seen (day, project_id, kind, item_id)
    SELECT %(week)s::date, %(project)s::bigint, kind, item_id FROM item
    WHERE NOT EXISTS (SELECT FROM ingest_seen s WHERE s.project_id = %(project)s AND s.kind = item.kind
                      AND s.item_id = item.item_id AND s.day >= %(oldest)s::date AND s.day < %(week)s::date)
    ON CONFLICT DO NOTHING RETURNING kind, item_id
), stored AS (
    INSERT INTO ingest_inbox (project_id, key_id, kind, item_id, quantity, received_at, payload, blob)
    SELECT %(project)s, %(key)s::bigint, kind, item_id, quantity, %(now)s::timestamptz, payload, blob
    FROM item JOIN fresh USING (kind, item_id)
), line AS (
    SELECT kind, 'received' AS outcome, sum(quantity) AS quantity FROM item GROUP BY kind
    UNION ALL
    SELECT kind, 'duplicate', sum(quantity) FROM item LEFT JOIN fresh USING (kind, item_id)
    WHERE fresh.kind IS NULL GROUP BY kind
), written AS (
    INSERT INTO ingest_outcome AS o (project_id, hour, category, outcome, reason, slot, quantity)
    SELECT %(project)s, date_trunc('hour', %(now)s::timestamptz, 'UTC'), kind, outcome, '', %(slot)s, quantity FROM line
    ORDER BY 3, 4
    ON CONFLICT (project_id, hour, category, outcome, reason, slot)
    DO UPDATE SET quantity = o.quantity + excluded.quantity
)
SELECT count(*) FROM fresh
"""


def week_of(now: datetime) -> date:
    """The Monday that names the partition of `now`."""
    day = now.date()
    return day - timedelta(days=day.weekday())


def accept(items: Sequence[Packed], *, project_id: int, key_id: int | None, now: datetime, seen_days: int = 14) -> int:
    """Keep `items` durably and return how many were new; the others are counted as duplicates.

    Identity is (project, kind, item_id). Raises django.db.OperationalError or InterfaceError when PostgreSQL is away.
    """
    unique = {(item.kind, item.item_id): item for item in items}
    repeated = [item for item in items if unique[item.kind, item.item_id] is not item]
    week = week_of(now)
    parameters = {
        "kinds": [item.kind for item in unique.values()],
        "ids": [item.item_id for item in unique.values()],
        "quantities": [item.quantity for item in unique.values()],
        "payloads": [item.payload for item in unique.values()],
        "blobs": [item.blob for item in unique.values()],
        "project": project_id,
        "key": key_id,
        "now": now,
        "week": week,
        "oldest": week - timedelta(days=seen_days),
        "slot": accounting.slot(),
    }
    with _serialised(project_id) if _near_boundary(now) else nullcontext():
        connection.ensure_connection()
        # A server-side cursor of psycopg itself: binary parameters and a prepared plan, half the cost of Django's.
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(_ACCEPT, parameters, prepare=True)
            row = cursor.fetchone()
        if repeated:
            lines: Counter[accounting.Line] = Counter()
            for item in repeated:
                lines[accounting.Line(project_id, item.kind, "received")] += item.quantity
                lines[accounting.Line(project_id, item.kind, "duplicate")] += item.quantity
            accounting.write(lines, now=now)
    return int(row[0]) if row else 0


def _near_boundary(now: datetime) -> bool:
    return week_of(now - BOUNDARY) != week_of(now + BOUNDARY)


@contextmanager
def _serialised(project_id: int) -> Iterator[None]:
    """One accept at a time per project, by an advisory lock that ends with the transaction."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('accept', %s))", [project_id])
        yield


def ensure_partitions(*, now: datetime, seen_days: int = 14) -> list[str]:
    """Make the partitions of this week and the next, drop those older than `seen_days`; return the names dropped.

    A row can only land in the default partition when this did not run for two weeks; it is found there all the same.
    """
    week = week_of(now)
    oldest = week - timedelta(days=seen_days + 7)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('seen partitions', 0))")
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'ingest_seen'::regclass"
        )
        existing = {name for (name,) in cursor.fetchall()}
        for start in (week, week + timedelta(days=7)):
            name = f"ingest_seen_{start:%Y%m%d}"
            if name not in existing:
                _make_partition(cursor, name, start)
        first_kept = f"ingest_seen_{oldest:%Y%m%d}"
        dropped = sorted(name for name in existing if name != "ingest_seen_default" and name < first_kept)
        for name in dropped:
            cursor.execute(f'DROP TABLE "{name}"')
        cursor.execute("DELETE FROM ingest_seen_default WHERE day < %s", [oldest])
    return dropped


def _make_partition(cursor: psycopg.Cursor, name: str, start: date) -> None:  # type: ignore[type-arg]
    """Attach the partition; rows of its range that waited in the default one move into it."""
    end = start + timedelta(days=7)
    likeness = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES"
    cursor.execute(f'CREATE TABLE "{name}" (LIKE ingest_seen {likeness})')
    moved = "DELETE FROM ingest_seen_default WHERE day >= %s AND day < %s RETURNING *"
    cursor.execute(f'WITH moved AS ({moved}) INSERT INTO "{name}" TABLE moved', [start, end])
    cursor.execute(f"ALTER TABLE ingest_seen ATTACH PARTITION \"{name}\" FOR VALUES FROM ('{start}') TO ('{end}')")
