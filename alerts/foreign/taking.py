"""What others sent is kept and told, in one transaction; the alert that always fires is a ping to a monitor."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from alerts.delivery.messages import Message
from alerts.foreign import reading
from alerts.foreign.reading import Foreign, Unreadable
from alerts.models import ForeignAlert, ForeignSource, Monitor, MonitorRun
from alerts.monitors import monitor_setup, receiving
from alerts.monitors.receiving import Report as RunReport
from alerts.routing import telling
from alerts.routing.telling import Report
from events.endpoints.admission.buckets import buckets

MOST = 5000  # alerts of one source that are kept; beyond, the oldest that ended go
REQUESTS_PER_MINUTE = 300
KEPT = timedelta(days=90)
LEVELS = {"info": "info", "warning": "warning", "error": "error", "critical": "fatal"}
# A sender that is not told otherwise repeats every four hours.
_WATCHDOG_EVERY, _WATCHDOG_MARGIN = "5 h", 3600


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told: 4xx for what it need not send again, 5xx for what it must."""

    status: int
    text: str
    retry_after: int = 0


REFUSED = Answer(401, "Send the token of this source: Authorization: Bearer …, or as the password of basic auth.")


def take(slug: str, authorization: str, body: bytes, *, now: datetime) -> Answer:
    """What one request of a sender comes to."""
    source = find(slug, secret_of(authorization))
    if source is None:
        return REFUSED
    wait = buckets.take(f"foreign:{source.pk}", rate_per_minute=REQUESTS_PER_MINUTE)
    if wait:
        # 429 would be a 4xx, which senders drop.
        return Answer(503, "Too many requests.", retry_after=int(wait) + 1)
    try:
        batch = reading.read(body)
    except Unreadable as error:
        ForeignSource.objects.filter(pk=source.pk).update(last_at=now, last_problem=str(error)[:200])
        return Answer(400, str(error))
    with transaction.atomic():
        ForeignSource.objects.filter(pk=source.pk).update(last_at=now, last_problem=batch.problem[:200])
        keep(source, [alert for alert in batch.alerts if not alert.is_watchdog], now=now)
        for alert in batch.alerts:
            if alert.is_watchdog:
                _ping(source, alert, now=now)
    return Answer(200, "OK")


def secret_of(authorization: str) -> str:
    """The token of the header: a Bearer token, or the password of basic auth, whatever the name beside it."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return b64decode(given.strip(), validate=True).decode().partition(":")[2]
        except (ValueError, UnicodeDecodeError):
            return ""
    return ""


def find(slug: str, secret: str) -> ForeignSource | None:
    """The source of the project with this token."""
    if not secret:
        return None
    sources = ForeignSource.objects.select_related("project", "watchdog")
    named = Q(project__slug=slug) | Q(project__former_slugs__slug=slug)
    found = sources.filter(named, token_hash=digest(secret), is_enabled=True, project__deleted_at=None).first()
    return found if found and hmac.compare_digest(found.token_hash, digest(secret)) else None


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def keep(source: ForeignSource, alerts: Sequence[Foreign], *, now: datetime) -> list[ForeignAlert]:
    """Write down how these stand and tell of it. What says how an earlier time ended changes nothing."""
    # One at a time: two requests of one source would make the same alert twice.
    ForeignSource.objects.select_for_update(no_key=True).get(pk=source.pk)
    wanted = {alert.fingerprint: alert for alert in alerts}
    known = {row.fingerprint: row for row in source.alerts.filter(fingerprint__in=wanted).select_for_update()}
    _make_room(source, len(wanted) - len(known))
    rows = []
    for mark, alert in wanted.items():
        row = known.get(mark)
        if row is None:
            if not alert.is_on:
                continue  # it ended before we heard of it
            row = ForeignAlert(source=source, fingerprint=mark)
        elif alert.starts_at is not None and alert.starts_at < row.starts_at:
            continue
        _put(row, alert, now=now)
        row.save()
        rows.append(row)
    telling.report(source.project, [report_of(source, row, now=now) for row in rows], now=now)
    return rows


def report_of(source: ForeignSource, row: ForeignAlert, *, now: datetime) -> Report:
    """How it stands, for those who tell people; its labels are theirs, with `rule`, `source` and `severity` of ours."""
    return Report(
        key=f"foreign:{row.pk}",
        source="foreign",
        labels={**row.labels, "rule": row.name, "source": source.name, "severity": row.severity},
        message=message_of(source, row, now=now),
        is_on=row.is_on,
        began_at=now,  # steps and waits count from when it was heard of here
        repeat_minutes=240,
        foreign=row,
    )


def message_of(source: ForeignSource, row: ForeignAlert, *, now: datetime) -> Message:
    project = source.project
    about = row.annotations
    reason = about.get("summary") or about.get("description") or about.get("message") or ""
    values = ", ".join(f"{name} {value:g}" for name, value in row.values.items())
    details = (
        ("Source", source.name),
        ("Since", f"{row.starts_at:%Y-%m-%d %H:%M} UTC" if row.is_on else ""),
        ("Values", values),
        ("Runbook", about.get("runbook_url", "")),
    )
    return Message(
        kind="firing" if row.is_on else "alert_ended",
        dedup="",
        title=row.name,
        project=project.name,
        at=now.isoformat(),
        level=LEVELS[row.severity],
        environment=row.labels.get("environment", row.labels.get("env", "")),
        reason=reason,
        link=settings.OBS_PUBLIC_URL + reverse("dashboard:foreign-alert", args=[project.slug, row.pk]),
        details=tuple((label, value) for label, value in details if value),
    )


@transaction.atomic
def end(row: ForeignAlert, *, now: datetime) -> bool:
    """Whether it was on, and is over because somebody here says so: its sender may be gone."""
    locked = ForeignAlert.objects.select_for_update().select_related("source__project").get(pk=row.pk)
    if not locked.is_on:
        return False
    locked.is_on, locked.ends_at = False, now
    locked.save(update_fields=["is_on", "ends_at"])
    telling.report(locked.source.project, [report_of(locked.source, locked, now=now)], now=now)
    return True


def forget(*, now: datetime) -> int:
    """Delete what ended KEPT ago; how many."""
    return ForeignAlert.objects.filter(is_on=False, ends_at__lt=now - KEPT).delete()[0]


def _put(row: ForeignAlert, alert: Foreign, *, now: datetime) -> None:
    for name in ("name", "severity", "labels", "annotations", "values", "link", "is_on"):
        setattr(row, name, getattr(alert, name))
    row.labels, row.annotations, row.values = dict(alert.labels), dict(alert.annotations), dict(alert.values)
    row.starts_at = min(alert.starts_at, now) if alert.starts_at else (row.starts_at if row.pk else now)
    row.ends_at = None if alert.is_on else max(row.starts_at, min(alert.ends_at or now, now))
    row.received_at = now


def _make_room(source: ForeignSource, arriving: int) -> None:
    over = source.alerts.count() + arriving - MOST
    if over > 0:
        oldest = source.alerts.order_by("is_on", "received_at").values("pk")[:over]
        ForeignAlert.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()


def _ping(source: ForeignSource, alert: Foreign, *, now: datetime) -> None:
    """The watchdog reports to its monitor, which is made when it is first heard."""
    monitor = source.watchdog
    if monitor is None:
        wanted = monitor_setup.Wanted(
            name=f"Watchdog of {source.name}", kind=Monitor.Kind.SIMPLE, schedule=_WATCHDOG_EVERY,
            margin_seconds=_WATCHDOG_MARGIN,
        )  # fmt: skip
        try:
            with transaction.atomic():
                monitor = monitor_setup.create(source.project, wanted, actor="system", now=now)
        except ValidationError:
            return  # its name is taken, or there is no room: a person chooses a monitor
        ForeignSource.objects.filter(pk=source.pk).update(watchdog=monitor)
    status = MonitorRun.Status.OK if alert.is_on else MonitorRun.Status.ERROR
    receiving.receive(monitor, RunReport(status=status, at=now, is_ping=True), now=now)
