"""The durable point of ingest: `accept` returns after PostgreSQL has the items, or raises."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from events.ingest import accounting
from events.ingest.payloads import Packed
from events.runtime import bell

# Within this distance of a partition boundary two hosts may disagree on the week; duplicates are then serialised.
BOUNDARY = timedelta(seconds=60)


# migrations/0003_accept.py holds the function: one round trip per item, and one commit.
_ACCEPT = (
    "SELECT ingest_accept(%s::bigint, %s::bigint, %s::timestamptz, %s::date, %s::date, %s::smallint,"
    " %s::varchar, %s::uuid, %s::integer, %b::bytea, %b::bytea)"
)


def week_of(now: datetime) -> date:
    """The Monday that names the partition of `now`."""
    day = now.date()
    return day - timedelta(days=day.weekday())


def accept(items: Sequence[Packed], *, project_id: int, key_id: int | None, now: datetime, seen_days: int = 14) -> int:
    """Keep `items` durably and return how many were new; the others are counted as duplicates.

    Identity is (project, kind, item_id). Raises django.db.OperationalError or InterfaceError when PostgreSQL is away.
    """
    week = week_of(now)
    shared = (project_id, key_id, now, week, week - timedelta(days=seen_days), accounting.slot())
    rows = [(*shared, item.kind, item.item_id, item.quantity, item.payload, item.blob) for item in items]
    with ExitStack() as stack:
        if len(rows) > 1 or _near_boundary(now):
            stack.enter_context(transaction.atomic())
        if _near_boundary(now):
            _serialise(project_id)
        connection.ensure_connection()
        # A cursor of psycopg itself: binary parameters and a prepared plan, half the cost of Django's.
        stack.enter_context(connection.wrap_database_errors)
        cursor = stack.enter_context(psycopg.Cursor(connection.connection))
        new = sum(_accept(cursor, row) for row in rows)
    bell.ring_on_commit(bell.INBOX)
    return new


def _accept(cursor: psycopg.Cursor[tuple[bool]], row: tuple[Any, ...]) -> bool:
    found = cursor.execute(_ACCEPT, row, prepare=True).fetchone()
    return found is not None and found[0]


def _near_boundary(now: datetime) -> bool:
    return week_of(now - BOUNDARY) != week_of(now + BOUNDARY)


def _serialise(project_id: int) -> None:
    """One accept at a time per project, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('accept', %s))", [project_id])


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


def _make_partition(cursor: CursorWrapper, name: str, start: date) -> None:
    """Attach the partition; rows of its range that waited in the default one move into it."""
    end = start + timedelta(days=7)
    likeness = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES"
    cursor.execute(f'CREATE TABLE "{name}" (LIKE ingest_seen {likeness})')
    moved = "DELETE FROM ingest_seen_default WHERE day >= %s AND day < %s RETURNING *"
    cursor.execute(f'WITH moved AS ({moved}) INSERT INTO "{name}" TABLE moved', [start, end])
    cursor.execute(f"ALTER TABLE ingest_seen ATTACH PARTITION \"{name}\" FOR VALUES FROM ('{start}') TO ('{end}')")
