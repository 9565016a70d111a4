"""An incident in the order of time, written by itself.

Nothing is stored twice while it lasts: each entry is read from the row that it is about. Alerts, silences, messages and
releases may be deleted later, so that `freeze` keeps the entries once, an hour after the incident is resolved; what
comes after that moment is read from rows again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from alerts.models import (
    AlertTransition,
    DeliveryAttempt,
    Incident,
    IncidentAlert,
    MonitorTransition,
    Notification,
    Silence,
)
from analytics.flags.happened import happened
from events.models import AuditEntry, Deploy, Release

BEFORE = timedelta(hours=2)  # deploys and flags before it began
AFTER = timedelta(hours=1)  # messages about its end
LOOKS = timedelta(minutes=30)  # a person who looks again so soon is not written down again
MOST = 500
_LOOKS = ("incident.view", "alert.view")


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` says which sort of thing happened; `actor` is a name, "" where it happened by itself."""

    at: datetime
    kind: str
    text: str
    actor: str = ""
    link: str = ""


def of(incident: Incident, *, now: datetime) -> list[Entry]:
    """The whole timeline, the oldest first: what was frozen, and what rows say of the time after that."""
    frozen = [Entry(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in incident.frozen]
    live = [one for one in computed(incident, now=now) if incident.frozen_at is None or one.at > incident.frozen_at]
    return sorted(chain(frozen, live), key=lambda entry: entry.at)[:MOST]


def freeze(incident: Incident, *, now: datetime) -> None:
    """Keep the timeline up to now. The caller holds the incident."""
    kept = [{**asdict(entry), "at": entry.at.isoformat()} for entry in of(incident, now=now)]
    incident.frozen, incident.frozen_at = kept, now
    incident.save(update_fields=["frozen", "frozen_at"])


def computed(incident: Incident, *, now: datetime) -> list[Entry]:
    """What rows say."""
    alerts = list(incident.alerts.all())
    start = incident.began_at - BEFORE
    end = min(now, incident.resolved_at + AFTER) if incident.resolved_at else now
    parts = (
        _changes(alerts, start, end),
        _deploys(incident, start, end),
        _flags(incident, start, end),
        _silences(incident, start, end),
        _messages(incident, alerts, end),
        _looks(incident, alerts, end),
        _said(incident),
    )
    return sorted(chain.from_iterable(parts), key=lambda entry: entry.at)


def _changes(alerts: Iterable[IncidentAlert], start: datetime, end: datetime) -> Iterator[Entry]:
    """Each change of its alerts; of an alert whose rows are gone, its beginning and its end."""
    for one in alerts:
        known: list[Entry] = []
        if one.alert_id:
            rows = AlertTransition.objects.filter(alert_id=one.alert_id, at__gte=start, at__lte=end).order_by("at")
            known = [Entry(row.at, "alert", f"{one.title}: {row.after}. {row.words}".strip(), link=one.link)
                     for row in rows.defer("evidence")[:100]]  # fmt: skip
        elif one.monitor_state_id:
            found = MonitorTransition.objects.filter(state_id=one.monitor_state_id, at__gte=start, at__lte=end)
            known = [Entry(row.at, "alert", f"{one.title}: {row.after}. {row.words}".strip(), link=one.link)
                     for row in found.order_by("at")[:100]]  # fmt: skip
        if not known:
            known = [Entry(one.began_at, "alert", f"{one.title}: began. {one.words}".strip(), link=one.link)]
            known += [Entry(one.ended_at, "alert", f"{one.title}: ended.", link=one.link)] if one.ended_at else []
        yield from known


def _deploys(incident: Incident, start: datetime, end: datetime) -> Iterator[Entry]:
    deploys = Deploy.objects.filter(
        release__project_id=incident.project_id, finished_at__gte=start, finished_at__lte=end
    )
    if incident.environment:
        deploys = deploys.filter(environment=incident.environment)
    for deploy in deploys.select_related("release").order_by("finished_at")[:50]:
        yield Entry(
            deploy.finished_at or start, "deploy", f"{deploy.release.version} was deployed to {deploy.environment}."
        )
    released = Release.objects.filter(project_id=incident.project_id, released_at__gte=start, released_at__lte=end)
    for release in released.order_by("released_at")[:50]:
        if release.released_at:
            yield Entry(release.released_at, "release", f"{release.version} was released.")


def _flags(incident: Incident, start: datetime, end: datetime) -> Iterator[Entry]:
    for one in happened(incident.project_id, start=start, end=end)[:50]:
        yield Entry(one.at, "flag", one.words[:1].upper() + one.words[1:] + ".", actor=one.actor)


def _silences(incident: Incident, start: datetime, end: datetime) -> Iterator[Entry]:
    silences = Silence.objects.filter(project_id=incident.project_id, starts_at__lte=end, ends_at__gte=start)
    for silence in silences.select_related("created_by").order_by("starts_at")[:50]:
        what = ", ".join(f"{name}={value}" for name, value in silence.matchers.items())
        if start <= silence.starts_at:
            text = f"Silenced where {what}: {silence.reason}"
            yield Entry(silence.starts_at, "silence", text, actor=_name(silence.created_by))
        if silence.ends_at <= end:
            yield Entry(silence.ends_at, "silence", f"The silence where {what} ended.")


def _messages(incident: Incident, alerts: Iterable[IncidentAlert], end: datetime) -> Iterator[Entry]:
    """What was sent about its alerts, and what could not be."""
    links = sorted({one.link for one in alerts if one.link})
    told = Notification.objects.filter(
        channel__project_id=incident.project_id, created_at__gte=incident.began_at - timedelta(minutes=1),
        created_at__lte=end + AFTER, payload__link__in=links,
    )  # fmt: skip
    for one in told.select_related("channel").defer("channel__config").order_by("created_at")[:100]:
        what = f"“{one.get_kind_display()}” to {one.channel.name}"
        if one.sent_at:
            yield Entry(one.sent_at, "message", f"Told: {what}.")
        elif one.status == Notification.Status.DEAD:
            yield Entry(one.next_attempt_at, "failure", f"Given up: {what}. {one.last_error}".strip())
        elif one.status == Notification.Status.SUPPRESSED:
            yield Entry(one.created_at, "message", f"Folded into a digest: {what}.")
    failed = DeliveryAttempt.objects.filter(notification__in=told).exclude(decision="sent")
    for attempt in failed.select_related("notification__channel").order_by("at")[:100]:
        to = attempt.notification.channel.name
        yield Entry(attempt.at, "failure", f"Not delivered to {to} ({attempt.decision}): {attempt.error}")


def _looks(incident: Incident, alerts: Iterable[IncidentAlert], end: datetime) -> Iterator[Entry]:
    """Who opened its page, or that of one of its alerts, out of the audit trail."""
    numbers = {str(one.alert_id) for one in alerts if one.alert_id}
    seen = AuditEntry.objects.filter(
        project_id=incident.project_id, action__in=_LOOKS, at__gte=incident.began_at, at__lte=end
    )
    last: dict[str, datetime] = {}
    for entry in seen.order_by("at")[:2000]:
        is_own = entry.object_id == str(incident.pk) if entry.action == "incident.view" else entry.object_id in numbers
        if is_own and entry.at - last.get(entry.actor, incident.began_at - 2 * LOOKS) > LOOKS:
            last[entry.actor] = entry.at
            yield Entry(entry.at, "look", "Looked at it.", actor=entry.actor)


def _said(incident: Incident) -> Iterator[Entry]:
    for event in incident.events.select_related("actor"):
        text = event.text or event.get_kind_display() + "."
        yield Entry(event.at, event.kind, text, actor=_name(event.actor))


def _name(person: Any) -> str:
    return person.get_username() if person else ""
