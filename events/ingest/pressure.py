"""What is given up first when the digest falls behind or the disk fills: telemetry, then all but errors, then all.

A level is entered at its mark and left only well below it, so that it does not flap, and it is judged anew each second
from the present alone, so that it always recovers.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from events.ingest import spool

CALM, TELEMETRY, ERRORS_ONLY, CLOSED = range(4)
# A level is left when all signals are below this part of the marks that enter it.
_LEAVE = 0.6
_TELEMETRY = frozenset(
    {"vital", "log", "metric", "span", "transaction", "timing", "attachment", "client_report", "product_event"}
)
# What SDKs are told to hold back while a level lasts, in Sentry's categories, and for how many seconds.
SECONDS = 30
CATEGORIES = {
    CALM: (),
    TELEMETRY: ("attachment", "log_item", "span", "trace_metric", "transaction"),
    ERRORS_ONLY: ("attachment", "feedback", "log_item", "monitor", "session", "span", "trace_metric", "transaction"),
    CLOSED: (),
}


@dataclass(frozen=True, slots=True)
class Signals:
    """What the level is judged by: age of the oldest inbox row, use of the spool (0 to 1), free disk in bytes."""

    inbox_seconds: float = 0.0
    spool_used: float = 0.0
    free_bytes: float = float("inf")


@dataclass(frozen=True, slots=True)
class Marks:
    """What each signal must reach to enter a level."""

    inbox_seconds: float
    spool_used: float
    free_bytes: float


def marks() -> dict[int, Marks]:
    """Levels by multiples of OBS_INBOX_MAX_AGE_SECONDS and OBS_MIN_FREE_BYTES."""
    age, free = settings.OBS_INBOX_MAX_AGE_SECONDS, settings.OBS_MIN_FREE_BYTES
    return {
        TELEMETRY: Marks(5 * age, 0.5, 2 * free),
        ERRORS_ONLY: Marks(20 * age, 0.8, free),
        CLOSED: Marks(float("inf"), 1.0, free / 4),
    }


def judge(level: int, signals: Signals, *, marks: dict[int, Marks]) -> int:
    """The level that follows `level`: the highest that is entered, or held because nothing is well below it yet."""
    for candidate in (CLOSED, ERRORS_ONLY, TELEMETRY):
        share = _LEAVE if candidate <= level else 1.0
        if _reaches(signals, marks[candidate], share):
            return candidate
    return CALM


def _reaches(signals: Signals, mark: Marks, share: float) -> bool:
    return (
        signals.inbox_seconds >= mark.inbox_seconds * share
        or signals.spool_used >= mark.spool_used * share
        or signals.free_bytes <= mark.free_bytes / share
    )


def is_shed(kind: str, level: int) -> bool:
    """Whether items of `kind` are refused at `level`. Errors and security reports are the last to go."""
    if level == CLOSED:
        return True
    if level == ERRORS_ONLY:
        return kind not in ("error", "security")
    return level == TELEMETRY and kind in _TELEMETRY


def read(*, now: datetime) -> Signals:
    """The signals now; an inbox that cannot be asked counts as empty, since then the spool fills instead."""
    inbox_seconds = 0.0
    try:
        with connection.cursor() as cursor:
            # Retried items do not count: one poisonous item is no backlog.
            cursor.execute("SELECT received_at FROM ingest_inbox WHERE attempts = 0 ORDER BY id LIMIT 1")
            row = cursor.fetchone()
        inbox_seconds = (now - row[0]).total_seconds() if row else 0.0
    except (DatabaseError, InterfaceError):
        connection.close()
    folder = Path(settings.OBS_SPOOL_DIR)
    while not folder.exists():
        folder = folder.parent
    return Signals(inbox_seconds, spool.used_bytes() / settings.OBS_SPOOL_MAX_BYTES, shutil.disk_usage(folder).free)


class Gauge:
    """This process's level; a thread of the web process renews it each second."""

    def __init__(self) -> None:
        self.level = CALM

    def renew(self, *, now: datetime) -> None:
        self.level = judge(self.level, read(now=now), marks=marks())


gauge = Gauge()
