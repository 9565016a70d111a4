"""The durable point of ingest: `accept` returns after PostgreSQL has the items, or raises."""

import logging
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from struct import Struct
from typing import Any, Literal

import psycopg
from django.db import OperationalError, ProgrammingError, connection, transaction
from psycopg import pq

from events.ingest import accounting
from events.ingest.payloads import Packed
from events.runtime import bell

logger = logging.getLogger(__name__)

# Of the inbox (migrations/0030_inbox_slices.py): each takes what comes in a minute, in turn.
SLICES = 8
# Within this distance of a partition boundary two hosts may disagree on the week; duplicates are then serialised.
BOUNDARY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Lot:
    """The items of one request."""

    items: Sequence[Packed]
    project_id: int
    key_id: int | None
    now: datetime


def week_of(now: datetime) -> date:
    """The Monday that names the partition of `now`."""
    day = now.date()
    return day - timedelta(days=day.weekday())


def accept(items: Sequence[Packed], *, project_id: int, key_id: int | None, now: datetime, seen_days: int = 14) -> int:
    """Keep `items` durably and return how many were new; the others are counted as duplicates.

    Identity is (project, kind, item_id). Raises django.db.OperationalError or InterfaceError when PostgreSQL is away.
    """
    return accept_all([Lot(items, project_id, key_id, now)], seen_days=seen_days)


def accept_all(lots: Sequence[Lot], *, seen_days: int = 14) -> int:
    """The same for several requests at once, all or none, in one transaction."""
    by_week = [(week, list(some)) for week, some in groupby(lots, key=lambda lot: week_of(lot.now))]
    nearby = {lot.project_id for lot in lots if _near_boundary(lot.now)}
    with ExitStack() as stack:
        if nearby or len(by_week) > 1:
            stack.enter_context(transaction.atomic())
        for project_id in sorted(nearby):
            _serialise(project_id)
        connection.ensure_connection()
        stack.enter_context(connection.wrap_database_errors)
        new = sum(_accept(some, week, week - timedelta(days=seen_days)) for week, some in by_week)
    bell.ring_on_commit(bell.INBOX)
    return new


# --- one call of ingest_accept_all (migrations/0012_accept_all.py), straight through libpq: psycopg's own way of many
# arrays costs as much of the interpreter's time as all the rest of the call.

_TYPES = (1016, 1016, 1185, 1015, 2951, 1007, 1001, 1001, 1082, 1082, 21)
_CALL = b"SELECT ingest_accept_all($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
_NAME = b"ingest_accept_all"
_BIGINT, _INTEGER, _SMALLINT = Struct("!q").pack, Struct("!i").pack, Struct("!h").pack
_ARRAY = Struct("!iiiii").pack
_NULL = _INTEGER(-1)
_BINARY = [pq.Format.BINARY] * len(_TYPES)
_EPOCH, _FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def _accept(lots: Sequence[Lot], week: date, oldest: date) -> int:
    """How many items were new. They go in the order of their ids, so that no two transactions wait for each other."""
    rows = sorted(
        ((lot, item) for lot in lots for item in lot.items),
        key=lambda row: (row[0].project_id, row[1].kind, row[1].item_id.bytes),
    )
    if not rows:
        return 0
    times = {lot.now: _BIGINT((lot.now - _EPOCH) // _MICROSECOND) for lot in lots}
    values = [
        _array(20, [_BIGINT(lot.project_id) for lot, _ in rows]),
        _array(20, [None if lot.key_id is None else _BIGINT(lot.key_id) for lot, _ in rows]),
        _array(1184, [times[lot.now] for lot, _ in rows]),
        _array(1043, [item.kind.encode() for _, item in rows]),
        _array(2950, [item.item_id.bytes for _, item in rows]),
        _array(23, [_INTEGER(item.quantity) for _, item in rows]),
        _array(17, [item.payload for _, item in rows]),
        _array(17, [item.blob for _, item in rows]),
        _INTEGER((week - _FIRST_DAY).days),
        _INTEGER((oldest - _FIRST_DAY).days),
        _SMALLINT(accounting.slot()),
    ]
    link: psycopg.Connection[Any] = connection.connection
    if not link.autocommit and link.info.transaction_status == pq.TransactionStatus.IDLE:
        link.execute("SELECT 1")  # a transaction begins with psycopg's own first statement, not with libpq's
    if not getattr(link, "accepts", False):
        _checked(link.pgconn, link.pgconn.prepare(_NAME, _CALL, _TYPES))
        link.accepts = True  # type: ignore[attr-defined]  # the statement lives as long as the connection
    result = _checked(link.pgconn, link.pgconn.exec_prepared(_NAME, values, _BINARY, pq.Format.BINARY))
    return int.from_bytes(result.get_value(0, 0) or b"", "big")


def _array(kind: int, values: Sequence[bytes | None]) -> bytes:
    """PostgreSQL's binary form of an array of one dimension."""
    parts = [_ARRAY(1, 1, kind, len(values), 1)]
    for value in values:
        parts += (_NULL,) if value is None else (_INTEGER(len(value)), value)
    return b"".join(parts)


def _checked(link: pq.abc.PGconn, result: pq.abc.PGresult) -> pq.abc.PGresult:
    if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        return result
    if link.status != pq.ConnStatus.OK:
        raise psycopg.OperationalError(f"the connection is lost: {link.get_error_message()}")
    raise psycopg.errors.error_from_result(result)


def _near_boundary(now: datetime) -> bool:
    return week_of(now - BOUNDARY) != week_of(now + BOUNDARY)


def _serialise(project_id: int) -> None:
    """One accept at a time per project, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('accept', %s))", [project_id])


def ensure_partitions(*, now: datetime, seen_days: int = 14) -> list[str]:
    """Make the partitions of this week and the next, drop those older than `seen_days`; return the names dropped.

    A row can only land in the default partition when this did not run for two weeks; it is found there all the same.
    The owner's functions do it (migrations/0030_inbox_slices.py), for the application's role owns no table. Each is a
    transaction of its own; one that does not get its lock at once ends the run, since who accepts waits as long as it.
    """
    week = week_of(now)
    oldest = week - timedelta(days=seen_days + 7)
    dropped: list[str] = []
    try:
        existing = _partitions()
        for start in sorted({week, week + timedelta(days=7)} - existing.keys()):
            _change("make", start)
        for start, name in sorted(existing.items()):
            if start < oldest and _change("drop", start):
                dropped.append(name)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ingest_seen_default WHERE day < %s", [oldest])
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise
        logger.info("The partitions of what was seen are in use; they are made and dropped another time")
    return dropped


def _partitions() -> dict[date, str]:
    """Those of a week, by its Monday."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'ingest_seen'::regclass AND c.relname <> 'ingest_seen_default'"
        )
        return {datetime.strptime(name[-8:], "%Y%m%d").date(): name for (name,) in cursor.fetchall()}  # noqa: DTZ007


def _change(what: Literal["make", "drop"], start: date) -> bool:
    """Whether the partition that begins at `start` was made or dropped here; False where another host is at it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('seen partitions', 0))")
            if cursor.fetchone() == (True,):
                cursor.execute(f"SELECT ingest_seen_{what}(%s)", [start])
                return True
    except ProgrammingError as error:
        # It was faster, between the look and the lock.
        if not isinstance(error.__cause__, psycopg.errors.DuplicateTable | psycopg.errors.UndefinedTable):
            raise
    return False


def empty_slices() -> int:
    """Give back the disk of slices that were digested; return how many were emptied.

    Nothing has to: what is not emptied now is another time, or filled again. A slice that somebody is at ends the run,
    since whoever digests waits as long as this does; in any order, so that the same one does not end them all.
    """
    emptied = 0
    for number in random.sample(range(SLICES), SLICES):
        with connection.cursor() as cursor:
            cursor.execute("SELECT ingest_inbox_empty(%s::smallint)", [number])
            (done,) = cursor.fetchone()
        if done is None:
            break
        emptied += done
    return emptied
