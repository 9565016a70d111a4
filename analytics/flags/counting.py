"""How often each value of a flag was answered: counted in memory, written once a second beside the answers, per hour.

A count costs an answer a dictionary's lookup. What a killed process had not written yet is lost, about a second of it:
these are numbers to look at, not to bill by.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Max

from analytics.flags.evaluation import Verdict
from analytics.models import Flag, FlagHour

KEPT = timedelta(days=90)
# Cells that wait at most; what comes beyond while nothing can be written is not counted.
MOST = 50_000
_ADD = """
INSERT INTO analytics_flaghour (flag_id, at, value, count)
SELECT given.flag_id, given.at, given.value, given.count
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[]) AS given (flag_id, at, value, count)
WHERE EXISTS (SELECT 1 FROM analytics_flag WHERE id = given.flag_id)
ORDER BY given.flag_id, given.at, given.value
ON CONFLICT (flag_id, at, value) DO UPDATE SET count = analytics_flaghour.count + excluded.count
"""

Cell = tuple[int, datetime, str]


def spelled(value: bool | str) -> str:
    return value if isinstance(value, str) else "true" if value else "false"


class Tally:
    """The counts of this process that are not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Cell] = Counter()

    def note(self, verdicts: Iterable[Verdict], *, now: datetime) -> None:
        """Count what is answered."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            for verdict in verdicts:
                cell = (verdict.flag.id, hour, spelled(verdict.value))
                if cell in self._counts or len(self._counts) < MOST:
                    self._counts[cell] += 1

    def flush(self) -> None:
        """Write what was counted. Raises the database's error, with the counts kept."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            cells = list(counts)
            with connection.cursor() as cursor:
                cursor.execute(
                    _ADD, [*(list(column) for column in zip(*cells, strict=True)), [counts[cell] for cell in cells]]
                )
        except (DatabaseError, InterfaceError):
            with self._lock:
                self._counts.update(counts)
            raise


tally = Tally()


def forget(*, now: datetime) -> int:
    """Delete counts older than KEPT; returns how many."""
    deleted, _ = FlagHour.objects.filter(at__lt=now - KEPT).delete()
    return deleted


def last_asked(flags: Iterable[Flag]) -> dict[int, datetime]:
    """The last hour in which each flag was asked for, where that is known."""
    rows = FlagHour.objects.filter(flag__in=[flag.pk for flag in flags]).values("flag_id").annotate(last=Max("at"))
    return dict(rows.values_list("flag_id", "last"))
