"""Is the process alive, can the whole do its work, and how much did it do."""

import hmac
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from events.accounts import audit, tokens
from events.ingest import spool
from events.values import addresses

BEAT_MAX_AGE_SECONDS = 30  # three heartbeats missed
SPOOL_MAX_SHARE = 0.9
OUTBOX_MAX_AGE_SECONDS = 300
LOOK_MAX_AGE_SECONDS = 60
_HEARTBEAT = "heartbeat"
# The oldest message that should have left, and the oldest look that should have begun.
_OLDEST_DUE = """
SELECT (SELECT min(next_attempt_at) FROM alerts_notification WHERE status = 'pending'),
       (SELECT min(next_at) FROM alerts_probestate WHERE next_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found at a moment; None where nothing could be read."""

    database: bool
    redis: bool
    inbox_items: int | None
    inbox_age: float | None
    spool_bytes: int
    beat_age: float | None
    outbox_age: float | None = None
    look_age: float | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the whole: pass, warn or fail, why, and what was read."""

    status: str
    words: str = ""
    value: float | None = None
    unit: str = ""


def beat(*, now: datetime) -> None:
    """Note that beat sent a task and a worker ran it.

    Kept in Redis alone: whoever reads it asks for Redis as well, and a lost note is written again in ten seconds.
    """
    cache.set(_HEARTBEAT, now.timestamp(), timeout=None)


def read(*, now: datetime) -> Reading:
    """What the database, Redis and the spool say; a failure is a finding, never an exception."""
    items, age, outbox_age, look_age, database = None, None, None, None, True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), min(received_at) FROM ingest_inbox")
            items, oldest = cursor.fetchone()
            age = (now - oldest).total_seconds() if oldest else 0.0
            cursor.execute(_OLDEST_DUE)
            outbox_age, look_age = (max(0.0, (now - due).total_seconds()) if due else 0.0 for due in cursor.fetchone())
    except DatabaseError:
        database = False
        connection.close()
    beat_age, has_redis = None, True
    try:
        beaten = cache.get(_HEARTBEAT)
        beat_age = now.timestamp() - beaten if beaten else None
    except (redis.RedisError, OSError):
        has_redis = False
    return Reading(database, has_redis, items, age, spool.used_bytes(), beat_age, outbox_age, look_age)


def components(reading: Reading, *, inbox_max_age: float, spool_max_bytes: int) -> dict[str, Component]:
    """What each part of the whole is like. What warns alone leaves the whole ready: it takes and keeps what is sent."""
    beat_age = reading.beat_age
    is_old = beat_age is not None and beat_age > BEAT_MAX_AGE_SECONDS
    beat_words = "no heartbeat yet" if beat_age is None else f"the last heartbeat is {beat_age:.0f} s old"
    return {
        "database": _part(not reading.database, "PostgreSQL does not answer"),
        "redis": _part(not reading.redis, "Redis does not answer"),
        "inbox": _aged(reading.inbox_age, inbox_max_age, "item"),
        "spool": _part(
            reading.spool_bytes > spool_max_bytes * SPOOL_MAX_SHARE,
            f"the spool holds {reading.spool_bytes} of {spool_max_bytes} bytes",
            value=reading.spool_bytes, unit="bytes",
        ),
        "beat": _part(is_old or (beat_age is None and reading.redis), beat_words, value=beat_age, unit="s"),
        "outbox": _aged(reading.outbox_age, OUTBOX_MAX_AGE_SECONDS, "message", status="warn"),
        "looks": _aged(reading.look_age, LOOK_MAX_AGE_SECONDS, "look that is due", status="warn"),
    }  # fmt: skip


def _part(is_bad: bool, words: str, *, status: str = "fail", value: float | None = None, unit: str = "") -> Component:
    return Component(status, words, value, unit) if is_bad else Component("pass", "", value, unit)


def _aged(age: float | None, most: float, what: str, *, status: str = "fail") -> Component:
    words = "" if age is None else f"the oldest {what} waits for {age:.0f} s, more than {most:.0f} s"
    return _part(age is not None and age > most, words, status=status, value=age, unit="s")


def judge(reading: Reading, *, inbox_max_age: float, spool_max_bytes: int) -> dict[str, str]:
    """Why the whole is not ready, by subject; empty when it is."""
    found = components(reading, inbox_max_age=inbox_max_age, spool_max_bytes=spool_max_bytes)
    return {name: part.words for name, part in found.items() if part.status == "fail"}


def document(parts: Mapping[str, Component], *, is_whole: bool) -> dict[str, Any]:
    """The health of the whole in one word, as application/health+json has it; each part's for those who may know."""
    worst = max((part.status for part in parts.values()), key=("pass", "warn", "fail").index)
    if not is_whole:
        return {"status": "fail" if worst == "fail" else "pass"}
    checks = {}
    for name, part in parts.items():
        told = {"status": part.status, "output": part.words, "observedValue": part.value, "observedUnit": part.unit}
        checks[name] = [{key: value for key, value in told.items() if value not in ("", None)}]
    return {"status": worst, "version": settings.OBS_VERSION, "checks": checks}


def is_operator(request: HttpRequest, *, now: datetime) -> bool:
    """Whether whoever asks may know the parts: staff, signed in or by a token that reads; or who scrapes /metrics.

    People leave an entry in the audit trail, as on every page.
    """
    secret = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if hmac.compare_digest(secret.encode(), settings.OBS_METRICS_TOKEN.encode()):
        return True
    token = tokens.find(secret, now=now) if secret else None
    may_read = token is not None and token.project_id is None and tokens.READ in token.scopes
    person, via = (token.user, f"token:{token.pk}") if token and may_read else (request.user, "session")
    if not (person.is_authenticated and person.is_staff):
        return False
    with audit.scope(via=via, address=addresses.of_request(request)):
        audit.record("health.view", actor=person, now=now)
    return True


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process serves."""
    return HttpResponse("ok\n", content_type="text/plain")


def _limits() -> dict[str, int]:
    return {"inbox_max_age": settings.OBS_INBOX_MAX_AGE_SECONDS, "spool_max_bytes": settings.OBS_SPOOL_MAX_BYTES}


@require_safe
def api_health(request: HttpRequest) -> HttpResponse:
    """One word for everybody, 503 with `fail`; the parts for operators."""
    now = timezone.now()
    parts = components(read(now=now), **_limits())
    found = document(parts, is_whole=parts["database"].status == "pass" and is_operator(request, now=now))
    answer = JsonResponse(found, status=503 if found["status"] == "fail" else 200)
    answer.headers["Content-Type"] = "application/health+json"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200, or 503 with the reasons."""
    reasons = judge(read(now=timezone.now()), **_limits())
    return JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever carries OBS_METRICS_TOKEN: OpenMetrics where the Accept header asks for it, else Prometheus text."""
    expected = f"Bearer {settings.OBS_METRICS_TOKEN}".encode()
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
        answer = HttpResponse("A bearer token is needed: OBS_METRICS_TOKEN.\n", status=401, content_type="text/plain")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    try:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    except TypeError:  # a version that is no number
        encode, content_type = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
    return HttpResponse(encode(Exposition(now=timezone.now())), content_type=content_type)


# Kind, name, help, labels, and the query whose rows are the labels' values and the number.
_TABLES: list[tuple[type[CounterMetricFamily | GaugeMetricFamily], str, str, list[str], str]] = [
    (
        CounterMetricFamily, "obs_records", "Records by what became of them; received is the sum of all others.",
        ["category", "outcome", "reason"],
        "SELECT category, outcome, reason, sum(quantity) FROM ingest_outcome GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    ),
    (
        GaugeMetricFamily, "obs_dead_letters", "Items given up after all attempts.", [],
        "SELECT count(*) FROM events_deadletter",
    ),
    (
        GaugeMetricFamily, "obs_segment_rows", "Facts in segments.", ["fact"],
        "SELECT fact, sum(rows) FROM events_segment GROUP BY 1 ORDER BY 1",
    ),
    (
        GaugeMetricFamily, "obs_segment_bytes", "Size of the segments.", ["fact"],
        "SELECT fact, sum(bytes) FROM events_segment GROUP BY 1 ORDER BY 1",
    ),
    (
        GaugeMetricFamily, "obs_segment_files", "Number of segments.", ["fact"],
        "SELECT fact, count(*) FROM events_segment GROUP BY 1 ORDER BY 1",
    ),
    (
        GaugeMetricFamily, "obs_notifications", "Notifications by status.", ["status"],
        "SELECT status, count(*) FROM alerts_notification GROUP BY 1 ORDER BY 1",
    ),
]  # fmt: skip


class Exposition(Collector):
    """All that is counted; what cannot be read has no value, and `obs_ready` says so."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        started = time.monotonic()
        reading = read(now=self._now)
        reasons = judge(reading, **_limits())
        yield _gauge("obs_ready", "1 when /readyz answers 200.", int(not reasons))
        yield InfoMetricFamily("obs", "The version that runs.", {"version": settings.OBS_VERSION})
        yield _gauge("obs_inbox_items", "Items accepted and not digested.", reading.inbox_items)
        yield _gauge("obs_inbox_oldest_seconds", "Age of the oldest of them.", reading.inbox_age)
        yield _gauge("obs_spool_bytes", "Bytes in this host's spool.", reading.spool_bytes)
        yield _gauge("obs_beat_age_seconds", "Age of the last heartbeat.", reading.beat_age)
        free = shutil.disk_usage(settings.OBS_VAR_DIR).free
        yield _gauge("obs_disk_free_bytes", "Free space where this host writes.", free)
        if reading.database:
            yield from self._tables()
            # Scraped elsewhere, the pair is a head noted outside the database. 48 bits fit a float exactly.
            head = audit.head()
            yield _gauge("obs_audit_head", "Number of the last audit entry.", head.entry_id)
            yield _gauge("obs_audit_head_mac", "The first 48 bits of its mac, as a number.", int(head.mac[:12], 16))
        yield _gauge("obs_scrape_seconds", "What this answer took.", time.monotonic() - started)

    def _tables(self) -> Iterator[Metric]:
        with connection.cursor() as cursor:
            for kind, name, text, labels, query in _TABLES:
                family = kind(name, text, labels=labels)
                cursor.execute(query)
                for *values, number in cursor.fetchall():
                    family.add_metric([str(value) for value in values], number)
                yield family


def _gauge(name: str, text: str, value: float | None) -> Metric:
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric([], value)
    return family
