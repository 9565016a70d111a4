"""Check-ins of SDKs: the digest leaves each as a row, the watch takes them in order and makes monitors of them."""

from __future__ import annotations

import hashlib
import logging
import math
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from alerts import schedule
from alerts.models import CheckIn, Monitor
from alerts.monitors import monitor_setup, receiving
from alerts.monitors.receiving import Report
from alerts.schedule import InvalidSchedule
from events.digest.batch import Batch, Item
from events.digest.steps.reading import mapping, moment, number, text
from events.runtime import bell
from events.values.texts import short_form

logger = logging.getLogger(__name__)

# A transaction holds the monitors it has moved, which pings of the same ones wait for.
BATCH = 50
# What stands for a check-in of no environment.
ENVIRONMENT = "production"
MARGINS, RUNTIMES, THRESHOLDS = (1, 40_320), (1, 40_320), (1, 720)
# One worker takes check-ins at a time: an end must not overtake its beginning.
_ORDER = "SELECT pg_try_advisory_xact_lock(hashtextextended('monitor check-ins', 0))"


def put_row(batch: Batch, item: Item) -> str | None:
    """A step of the digest: leave the check-in to the watch, in the digest's transaction."""
    payload = mapping(item.payload)
    duration = number(payload.get("duration"))
    config = payload.get("monitor_config")
    batch.rows.append(
        CheckIn(
            project_id=item.project_id,
            monitor=text(payload.get("monitor_slug"), 200),
            run_id=_run_id(payload.get("check_in_id")),
            status=text(payload.get("status"), 11),
            at=moment(payload.get("timestamp"), item),
            environment=text(payload.get("environment"), 64) or ENVIRONMENT,
            duration_ms=duration * 1000 if duration is not None else None,
            release=text(payload.get("release"), 200),
            trace_id=text(payload.get("trace_id"), 32),
            config=config if isinstance(config, dict) else None,
        )
    )
    bell.ring_on_commit(bell.CHECK_INS)
    return None


def take(*, now: datetime, until: float = math.inf) -> int:
    """Takes the check-ins that wait, the oldest first, BATCH in a transaction; how many.

    `until` is when to stop, by the clock that never jumps.
    """
    taken = 0
    while time.monotonic() < until and (batch := _take_batch(now=now)):
        taken += batch
    return taken


@transaction.atomic
def _take_batch(*, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ORDER)
        if not cursor.fetchone()[0]:
            return 0
    rows = list(CheckIn.objects.select_related("project").order_by("id")[:BATCH])
    try:
        with transaction.atomic():
            for row in rows:
                _take(row, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _take_apart(rows, now=now)
    CheckIn.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _take_apart(rows: Sequence[CheckIn], *, now: datetime) -> None:
    """Each for itself: one that cannot be taken must not stop those behind it."""
    for row in rows:
        try:
            with transaction.atomic():
                _take(row, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as problem:
            logger.warning("A check-in of project %s was dropped: %s", row.project_id, type(problem).__name__)


def _take(row: CheckIn, *, now: datetime) -> None:
    monitor = monitor_of(row, now=now)
    if monitor is None:
        return
    report = Report(
        status=row.status, at=row.at, run_id=row.run_id, environment=row.environment, duration_ms=row.duration_ms,
        release=row.release, trace_id=row.trace_id,
    )  # fmt: skip
    receiving.receive(monitor, report, now=now)


def monitor_of(row: CheckIn, *, now: datetime) -> Monitor | None:
    """The monitor of a check-in, made or changed by what it says of its schedule; None where nobody knows it."""
    slug = slug_of(row.monitor)
    monitor = Monitor.objects.select_related("project").filter(project_id=row.project_id, slug=slug).first()
    if row.config is None:
        return monitor
    if monitor is None:
        if not monitor_setup.has_room(row.project_id):
            return None
        monitor = Monitor(project=row.project, slug=slug, name=row.monitor[:128], created_at=now)
        monitor.source = Monitor.Source.SDK
    if _put(monitor, row.config):
        monitor_setup.replan(monitor, now=now)
    return monitor


def slug_of(name: str) -> str:
    """How the name of a monitor stands in addresses: SDKs send what people call their jobs."""
    slug = short_form(name, most=50)
    return slug or f"monitor-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _put(monitor: Monitor, config: Mapping[str, Any]) -> bool:
    """Set what was sent; whether that changes when it is expected. What was not sent stays as it is."""
    before = {field.attname: getattr(monitor, field.attname) for field in monitor._meta.concrete_fields}
    sent = mapping(config.get("schedule"))
    kind = Monitor.Kind.CRON if sent.get("type") == "crontab" else Monitor.Kind.INTERVAL
    line = str(sent.get("value", "")) if kind == Monitor.Kind.CRON else f"{sent.get('value')} {sent.get('unit')}"
    zone = text(config.get("timezone"), 64) or monitor.zone
    try:
        schedule.read(kind, line, zone)
        monitor.problem = ""
    except InvalidSchedule as error:
        monitor.problem = str(error)[:200]
    if not monitor.problem or monitor.pk is None:
        monitor.kind, monitor.schedule, monitor.zone = kind, line[:200], zone
    for name, field, (least, most), unit in (
        ("checkin_margin", "margin_seconds", MARGINS, 60),
        ("max_runtime", "max_runtime_seconds", RUNTIMES, 60),
        ("failure_issue_threshold", "failure_threshold", THRESHOLDS, 1),
        ("recovery_threshold", "recovery_threshold", THRESHOLDS, 1),
    ):
        value = number(config.get(name))
        if value is not None:
            setattr(monitor, field, unit * min(max(int(value), least), most))
    changed = {name for name, value in before.items() if getattr(monitor, name) != value}
    if changed or monitor.pk is None:
        monitor.save()
    return bool(changed & {"kind", "schedule", "zone", "margin_seconds"}) and before["id"] is not None


def _run_id(value: object) -> uuid.UUID | None:
    """The sender's id of the run; None for none, and for the nil id, which means the latest."""
    try:
        found = uuid.UUID(text(value, 36))
    except ValueError:
        return None
    return found if found.int else None
