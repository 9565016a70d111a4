"""Is the process alive, can the whole do its work, and how much did it do."""

import hmac
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.accounts import audit
from events.ingest import spool

BEAT_MAX_AGE_SECONDS = 30  # three heartbeats missed
SPOOL_MAX_SHARE = 0.9
_HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found at a moment; None where nothing could be read."""

    database: bool
    redis: bool
    inbox_items: int | None
    inbox_age: float | None
    spool_bytes: int
    beat_age: float | None


def beat(*, now: datetime) -> None:
    """Note that beat sent a task and a worker ran it.

    Kept in Redis alone: whoever reads it asks for Redis as well, and a lost note is written again in ten seconds.
    """
    cache.set(_HEARTBEAT, now.timestamp(), timeout=None)


def read(*, now: datetime) -> Reading:
    """What the database, Redis and the spool say; a failure is a finding, never an exception."""
    items, age, database = None, None, True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), min(received_at) FROM ingest_inbox")
            items, oldest = cursor.fetchone()
            age = (now - oldest).total_seconds() if oldest else 0.0
    except DatabaseError:
        database = False
        connection.close()
    beat_age, has_redis = None, True
    try:
        beaten = cache.get(_HEARTBEAT)
        beat_age = now.timestamp() - beaten if beaten else None
    except (redis.RedisError, OSError):
        has_redis = False
    return Reading(database, has_redis, items, age, spool.used_bytes(), beat_age)


def judge(reading: Reading, *, inbox_max_age: float, spool_max_bytes: int) -> dict[str, str]:
    """Why the whole is not ready, by subject; empty when it is."""
    reasons = {}
    if not reading.database:
        reasons["database"] = "PostgreSQL does not answer"
    if not reading.redis:
        reasons["redis"] = "Redis does not answer"
    if reading.inbox_age is not None and reading.inbox_age > inbox_max_age:
        reasons["inbox"] = f"the oldest item waits for {reading.inbox_age:.0f} s, more than {inbox_max_age:.0f} s"
    if reading.spool_bytes > spool_max_bytes * SPOOL_MAX_SHARE:
        reasons["spool"] = f"the spool holds {reading.spool_bytes} of {spool_max_bytes} bytes"
    if reading.redis and reading.beat_age is None:
        reasons["beat"] = "no heartbeat yet"
    elif reading.beat_age is not None and reading.beat_age > BEAT_MAX_AGE_SECONDS:
        reasons["beat"] = f"the last heartbeat is {reading.beat_age:.0f} s old"
    return reasons


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process serves."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200, or 503 with the reasons."""
    reading = read(now=timezone.now())
    limits = {"inbox_max_age": settings.OBS_INBOX_MAX_AGE_SECONDS, "spool_max_bytes": settings.OBS_SPOOL_MAX_BYTES}
    reasons = judge(reading, **limits)
    return JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for whoever carries OBS_METRICS_TOKEN."""
    expected = f"Bearer {settings.OBS_METRICS_TOKEN}".encode()
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
        answer = HttpResponse("A bearer token is needed: OBS_METRICS_TOKEN.\n", status=401, content_type="text/plain")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    body = "".join(f"{line}\n" for line in lines(now=timezone.now()))
    return HttpResponse(body, content_type="text/plain; version=0.0.4; charset=utf-8")


# Name, type, help, labels, and the query whose rows are the labels' values and the number.
_TABLES: list[tuple[str, str, str, list[str], str]] = [
    (
        "obs_records_total", "counter", "Records by what became of them; received is the sum of all others.",
        ["category", "outcome", "reason"],
        "SELECT category, outcome, reason, sum(quantity) FROM ingest_outcome GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    ),
    ("obs_dead_letters", "gauge", "Items given up after all attempts.", [], "SELECT count(*) FROM events_deadletter"),
    (
        "obs_segment_rows", "gauge", "Facts in segments.", ["fact"],
        "SELECT fact, sum(rows) FROM events_segment GROUP BY 1 ORDER BY 1",
    ),
    (
        "obs_segment_bytes", "gauge", "Size of the segments.", ["fact"],
        "SELECT fact, sum(bytes) FROM events_segment GROUP BY 1 ORDER BY 1",
    ),
    (
        "obs_segment_files", "gauge", "Number of segments.", ["fact"],
        "SELECT fact, count(*) FROM events_segment GROUP BY 1 ORDER BY 1",
    ),
    (
        "obs_notifications", "gauge", "Notifications by status.", ["status"],
        "SELECT status, count(*) FROM alerts_notification GROUP BY 1 ORDER BY 1",
    ),
]  # fmt: skip


def lines(*, now: datetime) -> Iterator[str]:
    """The exposition, line by line; what cannot be read is left out, `obs_ready` says so."""
    started = time.monotonic()
    reading = read(now=now)
    reasons = judge(
        reading, inbox_max_age=settings.OBS_INBOX_MAX_AGE_SECONDS, spool_max_bytes=settings.OBS_SPOOL_MAX_BYTES
    )
    yield from _family("obs_ready", "gauge", "1 when /readyz answers 200.", [], [(int(not reasons),)])
    yield from _family("obs_info", "gauge", "The version that runs.", ["version"], [(settings.OBS_VERSION, 1)])
    yield from _family("obs_inbox_items", "gauge", "Items accepted and not digested.", [], [(reading.inbox_items,)])
    yield from _family("obs_inbox_oldest_seconds", "gauge", "Age of the oldest of them.", [], [(reading.inbox_age,)])
    yield from _family("obs_spool_bytes", "gauge", "Bytes in this host's spool.", [], [(reading.spool_bytes,)])
    yield from _family("obs_beat_age_seconds", "gauge", "Age of the last heartbeat.", [], [(reading.beat_age,)])
    free = shutil.disk_usage(settings.OBS_VAR_DIR).free
    yield from _family("obs_disk_free_bytes", "gauge", "Free space where this host writes.", [], [(free,)])
    if reading.database:
        with connection.cursor() as cursor:
            for name, kind, text, labels, query in _TABLES:
                cursor.execute(query)
                yield from _family(name, kind, text, labels, cursor.fetchall())
        # Scraped elsewhere, the pair is a head noted outside the database. 48 bits fit a float exactly.
        head = audit.head()
        yield from _family("obs_audit_head", "gauge", "Number of the last audit entry.", [], [(head.entry_id,)])
        mac = int(head.mac[:12], 16)
        yield from _family("obs_audit_head_mac", "gauge", "The first 48 bits of its mac, as a number.", [], [(mac,)])
    yield from _family("obs_scrape_seconds", "gauge", "What this answer took.", [], [(time.monotonic() - started,)])


def _family(name: str, kind: str, text: str, labels: list[str], rows: list[tuple[object, ...]]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for *values, number in rows:
        if number is None:
            continue
        pairs = ",".join(f'{label}="{_escape(str(value))}"' for label, value in zip(labels, values, strict=True))
        yield f"{name}{{{pairs}}} {number}" if pairs else f"{name} {number}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
