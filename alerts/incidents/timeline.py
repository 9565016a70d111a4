"""An incident in the order of time, written by itself.

Nothing is stored twice while it lasts: each entry is read from the row that it is about. Alerts, silences, messages and
releases may be deleted later, so that `freeze` keeps the entries once, an hour after the incident is resolved; what
comes after that moment is read from rows again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db.models import F, QuerySet

from alerts.models import (
    AlertTransition,
    DeliveryAttempt,
    Incident,
    IncidentAlert,
    IncidentEvent,
    MonitorTransition,
    Notification,
    Silence,
)
from analytics.flags import happened
from events.models import AuditEntry, Deploy, Release
from events.runtime import together

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
    """What rows say, asked for in one question."""
    alerts = list(incident.alerts.all())
    start = incident.began_at - BEFORE
    end = min(now, incident.resolved_at + AFTER) if incident.resolved_at else now
    read = together.asked(**_asked(incident, alerts, start, end))
    parts = (
        _changes(alerts, read["alert_changes"], read["monitor_changes"]),
        _deploys(read["deploys"], read["releases"], start),
        _flags(read, start, end),
        _silences(read["silences"], start, end),
        _messages(read["told"], read["failed"]),
        _looks(incident, alerts, read["looks"]),
        _said(read["said"]),
    )
    return sorted(chain.from_iterable(parts), key=lambda entry: entry.at)


def _asked(
    incident: Incident, alerts: Sequence[IncidentAlert], start: datetime, end: datetime
) -> dict[str, QuerySet[Any, Any]]:
    """The rows of all parts, by name; the oldest of each."""
    project, within = incident.project_id, (start, end)
    deploys = Deploy.objects.filter(release__project_id=project, finished_at__range=within)
    if incident.environment:
        deploys = deploys.filter(environment=incident.environment)
    told = Notification.objects.filter(
        channel__project_id=project, created_at__gte=incident.began_at - timedelta(minutes=1),
        created_at__lte=end + AFTER, payload__link__in=sorted({one.link for one in alerts if one.link}),
    )  # fmt: skip
    failed = DeliveryAttempt.objects.filter(notification__in=told).exclude(decision="sent")
    seen = AuditEntry.objects.filter(
        project_id=project, action__in=_LOOKS, at__gte=incident.began_at, at__lte=end
    ).only("at", "actor", "action", "object_id")
    numbers = [one.alert_id for one in alerts if one.alert_id]
    states = [one.monitor_state_id for one in alerts if one.monitor_state_id]
    changes = AlertTransition.objects.filter(alert_id__in=numbers, at__range=within).defer("evidence")
    silences = Silence.objects.filter(project_id=project, starts_at__lte=end, ends_at__gte=start)
    return {
        "alert_changes": changes.order_by("at")[:MOST],
        "monitor_changes": MonitorTransition.objects.filter(state_id__in=states, at__range=within).order_by("at")[
            :MOST
        ],
        "deploys": deploys.select_related("release").order_by("finished_at")[:50],
        "releases": Release.objects.filter(project_id=project, released_at__range=within).order_by("released_at")[:50],
        **happened.asked(project, start=start, end=end),
        "silences": silences.select_related("created_by").order_by("starts_at")[:50],
        "told": told.select_related("channel").defer("channel__config").order_by("created_at")[:100],
        "failed": failed.annotate(to=F("notification__channel__name")).order_by("at")[:100],
        "looks": seen.order_by("at")[:2000],
        "said": incident.events.select_related("actor"),
    }


def _changes(
    alerts: Iterable[IncidentAlert], of_alerts: Iterable[AlertTransition], of_monitors: Iterable[MonitorTransition]
) -> Iterator[Entry]:
    """Each change of its alerts; of an alert whose rows are gone, its beginning and its end."""
    rows: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for change in of_alerts:
        rows["alert", change.alert_id].append(change)
    for turn in of_monitors:
        rows["monitor", turn.state_id].append(turn)
    for one in alerts:
        found = rows["alert", one.alert_id] if one.alert_id else rows["monitor", one.monitor_state_id or 0]
        known = [Entry(row.at, "alert", f"{one.title}: {row.after}. {row.words}".strip(), link=one.link)
                 for row in found[:100]]  # fmt: skip
        if not known:
            known = [Entry(one.began_at, "alert", f"{one.title}: began. {one.words}".strip(), link=one.link)]
            known += [Entry(one.ended_at, "alert", f"{one.title}: ended.", link=one.link)] if one.ended_at else []
        yield from known


def _deploys(deploys: Iterable[Deploy], released: Iterable[Release], start: datetime) -> Iterator[Entry]:
    for deploy in deploys:
        yield Entry(
            deploy.finished_at or start, "deploy", f"{deploy.release.version} was deployed to {deploy.environment}."
        )
    for release in released:
        if release.released_at:
            yield Entry(release.released_at, "release", f"{release.version} was released.")


def _flags(read: Mapping[str, Sequence[Any]], start: datetime, end: datetime) -> Iterator[Entry]:
    for one in happened.told(read, start=start, end=end)[:50]:
        yield Entry(one.at, "flag", one.words[:1].upper() + one.words[1:] + ".", actor=one.actor)


def _silences(silences: Iterable[Silence], start: datetime, end: datetime) -> Iterator[Entry]:
    for silence in silences:
        what = ", ".join(f"{name}={value}" for name, value in silence.matchers.items())
        if start <= silence.starts_at:
            text = f"Silenced where {what}: {silence.reason}"
            yield Entry(silence.starts_at, "silence", text, actor=_name(silence.created_by))
        if silence.ends_at <= end:
            yield Entry(silence.ends_at, "silence", f"The silence where {what} ended.")


def _messages(told: Iterable[Notification], failed: Iterable[Any]) -> Iterator[Entry]:
    """What was sent about its alerts, and what could not be."""
    for one in told:
        what = f"“{one.get_kind_display()}” to {one.channel.name}"
        if one.sent_at:
            yield Entry(one.sent_at, "message", f"Told: {what}.")
        elif one.status == Notification.Status.DEAD:
            yield Entry(one.next_attempt_at, "failure", f"Given up: {what}. {one.last_error}".strip())
        elif one.status == Notification.Status.SUPPRESSED:
            yield Entry(one.created_at, "message", f"Folded into a digest: {what}.")
    for attempt in failed:
        yield Entry(attempt.at, "failure", f"Not delivered to {attempt.to} ({attempt.decision}): {attempt.error}")


def _looks(incident: Incident, alerts: Iterable[IncidentAlert], seen: Iterable[AuditEntry]) -> Iterator[Entry]:
    """Who opened its page, or that of one of its alerts, out of the audit trail."""
    numbers = {str(one.alert_id) for one in alerts if one.alert_id}
    last: dict[str, datetime] = {}
    for entry in seen:
        is_own = entry.object_id == str(incident.pk) if entry.action == "incident.view" else entry.object_id in numbers
        if is_own and entry.at - last.get(entry.actor, incident.began_at - 2 * LOOKS) > LOOKS:
            last[entry.actor] = entry.at
            yield Entry(entry.at, "look", "Looked at it.", actor=entry.actor)


def _said(events: Iterable[IncidentEvent]) -> Iterator[Entry]:
    for event in events:
        text = event.text or event.get_kind_display() + "."
        yield Entry(event.at, event.kind, text, actor=_name(event.actor))


def _name(person: Any) -> str:
    return person.get_username() if person else ""
