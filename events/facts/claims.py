"""Work on facts that workers share by (project, fact, day): who does which, and whose turn it is.

A claim is a lock on the worker's connection: two never do the same, and what one had that died is free at once. Turns
go round the projects that have work, over all workers: who was served longest ago is next, so that a very large project
costs a small one a turn and no more. What is due is read from the data each time; nothing here can lose any work.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, Literal, TypeVar

from django.db import connection

Work = Literal["compact", "retain", "roll up", "keep visits", "erase"]
T = TypeVar("T")

_ENLIST = """
INSERT INTO events_turn (work, project_id, served_at) SELECT %s, p, 'epoch' FROM unnest(%s::bigint[]) AS p
ON CONFLICT DO NOTHING
"""
# The clock of the server, the same for all workers. Who is taken at this moment is not waited for.
_NEXT = """
UPDATE events_turn SET served_at = clock_timestamp() WHERE work = %s AND project_id = (
    SELECT project_id FROM events_turn WHERE work = %s AND project_id = ANY(%s)
    ORDER BY served_at, project_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
) RETURNING project_id
"""


class Turns(Generic[T]):
    """What is due, one piece after the other until the time is up; of each project in the order given. A piece is seen
    once, or as often as it is put back with `again`."""

    def __init__(self, work: Work, due: Iterable[tuple[int, T]], *, seconds: float) -> None:
        self._work, self._deadline = work, time.monotonic() + seconds
        self._waiting: dict[int, deque[T]] = {}
        for project_id, piece in due:
            self._waiting.setdefault(project_id, deque()).append(piece)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[tuple[int, T]]:
        if self._waiting:
            with connection.cursor() as cursor:
                cursor.execute(_ENLIST, [self._work, sorted(self._waiting)])
        # Looked at before a turn is taken: one that is taken and not used would be lost.
        while self._waiting and time.monotonic() < self._deadline:
            project_id = self._next()
            pieces = self._waiting[project_id]
            piece = pieces.popleft()
            if not pieces:
                del self._waiting[project_id]
            yield project_id, piece

    def again(self, project_id: int, piece: T) -> None:
        """There is more to do of this; it is first when the project's turn comes again."""
        self._waiting.setdefault(project_id, deque()).appendleft(piece)

    def _next(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [self._work, self._work, list(self._waiting)])
            row = cursor.fetchone()
        # None where other workers are taking turns of all these at this very moment.
        return next(iter(self._waiting)) if row is None else int(row[0])


@contextmanager
def alone(what: object, *, waits: bool = False) -> Iterator[bool]:
    """Whether nobody else is at it; held on the connection, so it ends with its process. `waits` until it is so."""
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_key(what)])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(what)])
        is_mine = waits or bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(what)])


def held(*whats: object) -> bool:
    """Whether nobody else is at any of these; held until the caller's transaction ends."""
    with connection.cursor() as cursor:
        for what in whats:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_key(what)])
            if not cursor.fetchone()[0]:
                return False
    return True


def hold(what: object) -> None:
    """Wait until nobody else is at it; held until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(what)])


def _key(what: object) -> int:
    digest = hashlib.blake2b(str(what).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
