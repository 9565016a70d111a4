"""What the server knows of itself: lags, the ledger, stores, its own slowest statements, versions."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import django
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Max, Min, Sum

from alerts.delivery import house_watch
from alerts.models import HouseWatch, Notification, ProbeState, Rule, Watch
from analytics.models.rollups import FillState
from events.facts.schema import FACTS
from events.ingest import accounting, spool
from events.ingest.accounting import Report
from events.models import FactChange, InboxItem, OutcomeCount, RetiredSegment, Segment, Transition

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_HEARTBEAT = "heartbeat"  # what the clock and a worker write each ten seconds
_TABLES = """
SELECT relname, pg_total_relation_size(c.oid), greatest(reltuples, 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = 'public' AND relkind IN ('r', 'p') ORDER BY 2 DESC LIMIT 12
"""
# The extension is not everywhere, and its view is readable only where the role may.
_STATEMENTS = """
SELECT left(query, 300), calls, mean_exec_time, total_exec_time FROM pg_stat_statements s
JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() ORDER BY total_exec_time DESC LIMIT 10
"""
_RUNNING = """
SELECT left(query, 300), 1, 1000 * extract(epoch FROM now() - query_start),
       1000 * extract(epoch FROM now() - query_start) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
AND backend_type = 'client backend' ORDER BY query_start LIMIT 10
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """A part of the way: what waits there, for how long, and how long is too long."""

    name: str
    waiting: int | None
    since: datetime | None
    limit: timedelta
    words: str = ""

    def age(self, now: datetime) -> timedelta | None:
        return None if self.since is None else max(timedelta(0), now - self.since)

    def is_late(self, now: datetime) -> bool:
        age = self.age(now)
        return age is not None and age > self.limit


@dataclass(frozen=True, slots=True)
class Statement:
    """One of this server's own; times in milliseconds."""

    text: str
    calls: int
    mean_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The segments of one fact; `days` is how long it is kept where a project says nothing else."""

    fact: str
    files: int
    rows: int
    bytes: int
    oldest: datetime
    newest: datetime
    days: int


@dataclass(frozen=True, slots=True)
class Reading:
    """All of it at a moment. `rate` counts records by hour, the running one last."""

    at: datetime
    report: Report
    lags: tuple[Lag, ...]
    rate: tuple[int, ...]
    facts: tuple[Facts, ...]
    retired: int
    tables: tuple[Table, ...]
    database_bytes: int
    statements: tuple[Statement, ...]
    has_statistics: bool
    notifications: dict[str, int]
    disk_free: int
    disk_total: int
    spool_bytes: int
    versions: dict[str, str]

    @property
    def late(self) -> list[Lag]:
        return [lag for lag in self.lags if lag.is_late(self.at)]


def read(*, now: datetime) -> Reading:
    """The whole page in about twenty small statements."""
    statements, has_statistics = _statements()
    disk = shutil.disk_usage(settings.OBS_VAR_DIR)
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = tuple(Table(*row) for row in cursor.fetchall())
        cursor.execute("SELECT pg_database_size(current_database())")
        [size] = cursor.fetchone()
    statuses = Notification.objects.order_by().values_list("status").annotate(count=Count("id"))
    return Reading(
        at=now, report=accounting.report(), lags=tuple(_lags(now)), rate=_rate(now), facts=tuple(_facts()),
        retired=RetiredSegment.objects.count(), tables=tables, database_bytes=size, statements=statements,
        has_statistics=has_statistics, notifications=dict(statuses), disk_free=disk.free, disk_total=disk.total,
        spool_bytes=spool.used_bytes(), versions=_versions(),
    )  # fmt: skip


def _lags(now: datetime) -> Iterator[Lag]:
    """In the order in which an event passes them."""
    beaten, words = _heartbeat()
    yield Lag("Clock and worker", None, beaten, timedelta(seconds=30), words)
    inbox = InboxItem.objects.aggregate(count=Count("pk"), oldest=Min("received_at"))
    yield Lag("Inbox", inbox["count"], inbox["oldest"], timedelta(seconds=settings.OBS_INBOX_MAX_AGE_SECONDS))
    pending = spool.pending()
    oldest = min((record.received_at for record in pending), default=None)
    yield Lag("Spool", len(pending), oldest, timedelta(minutes=5), "" if pending else "empty")
    changes = FactChange.objects.count()
    filled = FillState.objects.aggregate(last=Max("filled_at"))["last"]
    # Only while something waits does it matter how long ago they were filled.
    yield Lag("Rollups", changes, filled if changes else None, timedelta(minutes=5))
    unclaimed = Transition.objects.filter(claimed_at__isnull=True).aggregate(count=Count("pk"), oldest=Min("at"))
    yield Lag("News of issues", unclaimed["count"], unclaimed["oldest"], house_watch.OUTBOX_AGE)
    due = Notification.objects.filter(status=Notification.Status.PENDING, next_attempt_at__lte=now)
    outbox = due.aggregate(count=Count("pk"), oldest=Min("next_attempt_at"))
    yield Lag("Outbox", outbox["count"], outbox["oldest"], house_watch.OUTBOX_AGE)
    rules = Rule.objects.filter(is_enabled=True, next_eval_at__lte=now)
    judged = rules.aggregate(count=Count("pk"), oldest=Min("next_eval_at"))
    yield Lag("Alert rules", judged["count"], judged["oldest"], house_watch.LATE)
    looks = ProbeState.objects.filter(next_at__lte=now).aggregate(count=Count("pk"), oldest=Min("next_at"))
    yield Lag("Probes", looks["count"], looks["oldest"], timedelta(minutes=1))
    watch = Watch.objects.first()
    yield Lag("Monitors", None, watch.looked_at if watch else None, house_watch.LATE, "" if watch else "none yet")
    house = HouseWatch.objects.first()
    looked = house.looked_at if house else None
    yield Lag("This watch", None, looked, timedelta(minutes=3), "" if house else "not looked yet")


def _heartbeat() -> tuple[datetime | None, str]:
    try:
        beaten = cache.get(_HEARTBEAT)
    except (redis.RedisError, OSError):
        return None, "Redis does not answer"
    if not isinstance(beaten, int | float):
        return None, "no heartbeat yet"
    return datetime.fromtimestamp(beaten, tz=UTC), ""


def _rate(now: datetime) -> tuple[int, ...]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    received = OutcomeCount.objects.filter(outcome=OutcomeCount.Outcome.RECEIVED, hour__gt=hour - DAY)
    counts = dict(received.values_list("hour").annotate(count=Sum("quantity")))
    return tuple(int(counts.get(hour - HOUR * back, 0)) for back in range(23, -1, -1))


def _facts() -> Iterator[Facts]:
    rows = Segment.objects.values_list("fact").annotate(
        Count("id"), Sum("rows"), Sum("bytes"), Min("min_at"), Max("max_at")
    )  # fmt: skip
    for fact, files, count, size, oldest, newest in rows.order_by("fact"):
        days = FACTS[fact].retention_days if fact in FACTS else 0
        yield Facts(fact, files, count, size, oldest, newest, days)


def _statements() -> tuple[tuple[Statement, ...], bool]:
    """Of pg_stat_statements where it can be read, else what runs at the moment; and which of the two."""
    for sql, is_kept in ((_STATEMENTS, True), (_RUNNING, False)):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
                found = cursor.fetchall()
        except DatabaseError:
            continue
        return tuple(Statement(str(a), int(b), float(c or 0), float(d or 0)) for a, b, c, d in found), is_kept
    return (), False


def _versions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [postgres] = cursor.fetchone()
    try:
        server: Any = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1).info("server")
        kept = str(server.get("valkey_version") or server.get("redis_version"))
    except (redis.RedisError, OSError, ValueError):
        kept = "does not answer"
    return {
        "FormaOS Obs": settings.OBS_VERSION, "Python": platform.python_version(), "Django": django.get_version(),
        "PostgreSQL": postgres, "Redis": kept, "DuckDB": version("duckdb"),
        "System": f"{sys.platform} {platform.machine()}",
    }  # fmt: skip
