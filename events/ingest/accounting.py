"""The ledger of ingest: what arrived, what became of it, and the law that both sides are equal.

    received = stored + duplicate + filtered + rate_limited + invalid + in_inbox + in_spool + dead_letter

`received` is written where records arrive; the other outcomes where they are decided. All count records: a batch of
71 log lines is 71.
"""

import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, connection

from events.ingest import spool

# Writers spread over this many rows per counter, so that two requests seldom wait for the same row's commit.
SLOTS = 64
_next_slot = itertools.count()
_local = threading.local()


class Line(NamedTuple):
    """One line of the ledger; quantities of equal lines add up."""

    project_id: int
    category: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """Both sides of the law, in records."""

    received: int
    stored: int
    duplicate: int
    rate_limited: int
    invalid: int
    in_inbox: int
    in_spool: int
    dead_letter: int
    filtered: Mapping[str, int] = field(default_factory=dict)

    @property
    def difference(self) -> int:
        """Records unaccounted for; 0 at every instant."""
        known = self.stored + self.duplicate + self.rate_limited + self.invalid + sum(self.filtered.values())
        return self.received - known - self.in_inbox - self.in_spool - self.dead_letter

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "filtered_total": sum(self.filtered.values()), "difference": self.difference}


def slot() -> int:
    """This thread's row among the SLOTS of each counter."""
    if not hasattr(_local, "slot"):
        _local.slot = (threading.get_native_id() + next(_next_slot)) % SLOTS
    return int(_local.slot)


_WRITE = """
INSERT INTO ingest_outcome AS o (project_id, hour, category, outcome, reason, slot, quantity)
SELECT p, date_trunc('hour', %s::timestamptz, 'UTC'), c, oc, r, %s, q
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[]) AS t(p, c, oc, r, q)
ORDER BY p, c, oc, r
ON CONFLICT (project_id, hour, category, outcome, reason, slot) DO UPDATE SET quantity = o.quantity + excluded.quantity
"""


def write(lines: Mapping[Line, int], *, now: datetime) -> None:
    """Add `lines` to the ledger, in the caller's transaction if there is one."""
    lines = {line: quantity for line, quantity in lines.items() if quantity}
    if not lines:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [
                now,
                slot(),
                [line.project_id for line in lines],
                [line.category for line in lines],
                [line.outcome for line in lines],
                [line.reason[:40] for line in lines],
                list(lines.values()),
            ],
        )


class Buffer:
    """Lines that nothing durable depends on (refusals), gathered in memory and written about once a second.

    A refusal and its arrival are added together, so that losing the buffer to a kill keeps the law.
    """

    def __init__(self) -> None:
        self._lines: Counter[Line] = Counter()
        self._lock = threading.Lock()

    def refuse(self, project_id: int, category: str, outcome: str, reason: str, quantity: int = 1) -> None:
        """Count `quantity` records that arrived and were not accepted."""
        with self._lock:
            self._lines[Line(project_id, category, "received")] += quantity
            self._lines[Line(project_id, category, outcome, reason)] += quantity

    def flush(self, *, now: datetime) -> None:
        """Write what was gathered; keep it when PostgreSQL is away."""
        with self._lock:
            lines, self._lines = self._lines, Counter()
        try:
            write(lines, now=now)
        except (DatabaseError, InterfaceError):
            with self._lock:
                self._lines.update(lines)
            raise


refusals = Buffer()


_READ = """
SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_array(outcome, reason, quantity)), '[]') FROM (
        SELECT outcome, CASE WHEN outcome = 'filtered' THEN reason ELSE '' END AS reason, sum(quantity) AS quantity
        FROM ingest_outcome WHERE %(project)s::bigint IS NULL OR project_id = %(project)s GROUP BY 1, 2) t),
    (SELECT coalesce(sum(quantity), 0) FROM ingest_inbox WHERE %(project)s::bigint IS NULL OR project_id = %(project)s),
    (SELECT coalesce(sum(quantity), 0) FROM events_deadletter
        WHERE %(project)s::bigint IS NULL OR project_id = %(project)s),
    (SELECT coalesce(jsonb_object_agg(file, "offset"), '{}') FROM events_spooldrain)
"""


def report(*, project_id: int | None = None) -> Report:
    """The ledger of one project or of all, read in one snapshot.

    The spool is read before the snapshot: what is drained in between is then in the snapshot, and what is appended in
    between is on neither side.
    """
    spooled = spool.pending()
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"project": project_id})
        outcomes, in_inbox, dead_letter, drained = cursor.fetchone()
    outcomes, drained = _json(outcomes), _json(drained)
    in_spool = sum(
        record.quantity
        for record in spooled
        if record.offset >= drained.get(record.file, 0) and project_id in (None, record.project_id)
    )
    totals: Counter[str] = Counter()
    filtered: Counter[str] = Counter()
    for outcome, reason, quantity in outcomes:
        if outcome == "filtered":
            filtered[reason] += int(quantity)
        else:
            totals[outcome] += int(quantity)
    return Report(
        received=totals["received"] + in_spool,
        stored=totals["stored"],
        duplicate=totals["duplicate"],
        rate_limited=totals["rate_limited"],
        invalid=totals["invalid"],
        filtered=dict(sorted(filtered.items())),
        in_inbox=int(in_inbox),
        in_spool=in_spool,
        dead_letter=int(dead_letter),
    )


def by_reason(project_ids: Iterable[int], *, since: datetime) -> list[tuple[str, str, str, int]]:
    """(category, outcome, reason, quantity) of the projects since `since`, largest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT category, outcome, reason, sum(quantity) FROM ingest_outcome"
            " WHERE project_id = ANY(%s) AND hour >= %s GROUP BY 1, 2, 3 ORDER BY 4 DESC",
            [list(project_ids), since],
        )
        return [(category, outcome, reason, int(quantity)) for category, outcome, reason, quantity in cursor.fetchall()]


def fold(*, before: datetime) -> int:
    """Merge the slots of counters older than `before` into one row each; return how many rows went away."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH old AS (DELETE FROM ingest_outcome WHERE hour < %s AND slot <> 0
                         RETURNING project_id, hour, category, outcome, reason, quantity),
            merged AS (
                INSERT INTO ingest_outcome AS o (project_id, hour, category, outcome, reason, slot, quantity)
                SELECT project_id, hour, category, outcome, reason, 0, sum(quantity) FROM old GROUP BY 1, 2, 3, 4, 5
                ON CONFLICT (project_id, hour, category, outcome, reason, slot)
                DO UPDATE SET quantity = o.quantity + excluded.quantity)
            SELECT count(*) FROM old
            """,
            [before],
        )
        return int(cursor.fetchone()[0])


def _json(value: Any) -> Any:
    """A jsonb column as Python; Django's cursor hands it over as text."""
    return json.loads(value) if isinstance(value, str) else value
