"""Incidents follow alerts: opened, joined, opened again and resolved in the transaction in which an alert changes.

Locks are taken in one order everywhere, so that nobody waits in a circle: alerts, the project, its incidents, channels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from alerts.incidents import contract
from alerts.incidents.contract import Candidate, Signal
from alerts.models import Incident, IncidentAlert, IncidentEvent, IncidentPolicy

State, Kind = Incident.State, IncidentEvent.Kind
_LOCK = 0x0B5_1DC  # with a project's number, the advisory lock of its incidents


def policy_of(project_id: int) -> IncidentPolicy:
    """The project's policy; the defaults where it has none."""
    return IncidentPolicy.objects.filter(project_id=project_id).first() or IncidentPolicy(project_id=project_id)


def lock(project_id: int) -> None:
    """Until the end of the transaction nobody else changes which incidents the project has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, project_id % 2**31])


def follow(signals: Sequence[Signal], *, now: datetime) -> dict[str, int]:
    """Take up what alerts did; the incident of each alert that has one, by its key. Told twice, it is as told once."""
    return _follow(signals, now=now) if signals else {}


@transaction.atomic
def _follow(signals: Sequence[Signal], *, now: datetime) -> dict[str, int]:
    found: dict[str, int] = {}
    for project_id in sorted({signal.project_id for signal in signals}):
        policy = policy_of(project_id)
        lock(project_id)
        for signal in [one for one in signals if one.project_id == project_id]:
            incident = _begin(signal, policy, now=now) if signal.is_on else _end(signal, policy, now=now)
            if incident is not None:
                found[signal.key] = incident.pk
    return found


def _begin(signal: Signal, policy: IncidentPolicy, *, now: datetime) -> Incident | None:
    known = _open_row(signal.source, signal.key)
    if known is not None:
        return _again(known, signal)
    if not contract.opens(signal.severity, policy.opens):
        return None
    incident = _came_back(signal)
    if incident is None:
        window = timedelta(minutes=policy.window_minutes)
        joined = contract.chosen(signal, _candidates(signal.project_id), window=window)
        incident = _locked(joined) if joined else _opened(signal, now=now)
    else:
        _reopen(incident, signal.at, "an alert came back")
    _join(incident, signal)
    return incident


def _end(signal: Signal, policy: IncidentPolicy, *, now: datetime) -> Incident | None:
    row = _open_row(signal.source, signal.key)
    if row is None:
        return None
    incident = _locked(row.incident_id)
    if row.ended_at is None:
        row.ended_at = max(signal.at, row.began_at)
        row.save(update_fields=["ended_at"])
    settle(incident, policy, at=row.ended_at)
    return incident


def settle(incident: Incident, policy: IncidentPolicy, *, at: datetime) -> bool:
    """Resolve a locked incident of which no alert is left; whether it was. A person may have said that it stays."""
    if incident.is_resolved or incident.is_held or not policy.ends_itself:
        return False
    alerts = list(incident.alerts.values_list("ended_at", flat=True))
    if not alerts or None in alerts:
        return False
    resolve(incident, at=at)
    IncidentEvent.objects.create(incident=incident, at=at, kind=Kind.RESOLVED, text="The last of its alerts ended.")
    return True


def resolve(incident: Incident, *, at: datetime, actor: object = None) -> None:
    """A locked incident is over; its alerts may be part of another one from now on."""
    incident.state, incident.resolved_at, incident.resolved_by = State.RESOLVED, at, actor  # type: ignore[assignment]
    incident.is_held = False
    incident.save(update_fields=["state", "resolved_at", "resolved_by", "is_held"])
    incident.alerts.update(is_open=False)


def of_alert(source: str, key: str) -> int | None:
    """The incident that an alert is part of now."""
    row = _open_row(source, key)
    return row.incident_id if row else None


def untold(source: str, keys: Iterable[str]) -> list[str]:
    """Of these alerts those of which people were not told, when their incidents opened."""
    rows = IncidentAlert.objects.filter(source=source, key__in=list(keys), is_open=True, incident__was_told=False)
    return sorted(rows.values_list("key", flat=True))


def _open_row(source: str, key: str) -> IncidentAlert | None:
    return IncidentAlert.objects.filter(source=source, key=key, is_open=True).first()


def _locked(pk: int) -> Incident:
    return Incident.objects.select_for_update().get(pk=pk)


def _again(row: IncidentAlert, signal: Signal) -> Incident:
    """An alert that its incident knows; it may have ended meanwhile, or be told only now."""
    incident = _locked(row.incident_id)
    if row.ended_at is not None:
        row.ended_at, row.times, row.words = None, row.times + 1, signal.words[:300] or row.words
        row.evidence = dict(signal.evidence) or row.evidence
        row.save(update_fields=["ended_at", "times", "words", "evidence"])
    _touch(incident, signal)
    return incident


def _came_back(signal: Signal) -> Incident | None:
    """The incident of the same alert that resolved itself just now."""
    ended = IncidentAlert.objects.filter(
        source=signal.source, key=signal.key, incident__state=State.RESOLVED, incident__resolved_by=None,
        incident__resolved_at__gt=signal.at - contract.COMES_BACK, incident__resolved_at__lte=signal.at,
    )  # fmt: skip
    row = ended.order_by("-incident__resolved_at").first()
    return _locked(row.incident_id) if row else None


def _candidates(project_id: int) -> Iterable[Candidate]:
    unresolved = Incident.objects.filter(project_id=project_id).exclude(state=State.RESOLVED)
    for incident in unresolved.prefetch_related("alerts"):
        labels = [alert.labels for alert in incident.alerts.all()]
        yield Candidate(incident.pk, incident.environment, labels, incident.last_alert_at)


def _opened(signal: Signal, *, now: datetime) -> Incident:
    incident = Incident.objects.create(
        project_id=signal.project_id, title=signal.title[:200], severity=signal.severity,
        environment=signal.environment[:64], labels=dict(signal.labels), began_at=signal.at, last_alert_at=signal.at,
        was_told=not signal.is_silenced, created_at=now,
    )  # fmt: skip
    IncidentEvent.objects.create(incident=incident, at=signal.at, kind=Kind.OPENED, text="Opened by an alert.")
    return incident


def reopen(incident: Incident, *, at: datetime, text: str, actor: object = None) -> None:
    """A locked incident goes on, nobody looking after it yet."""
    incident.state, incident.resolved_at, incident.resolved_by = State.REOPENED, None, None
    incident.acknowledged_at, incident.acknowledged_by = None, None
    incident.save(update_fields=["state", "resolved_at", "resolved_by", "acknowledged_at", "acknowledged_by"])
    taken = IncidentAlert.objects.filter(is_open=True, key__in=incident.alerts.values("key"))
    incident.alerts.exclude(key__in=list(taken.values_list("key", flat=True))).update(is_open=True)
    IncidentEvent.objects.create(incident=incident, at=at, kind=Kind.REOPENED, actor=actor, text=text)  # type: ignore[misc]


def _reopen(incident: Incident, at: datetime, why: str) -> None:
    reopen(incident, at=at, text=f"Opened again: {why}.")


def _join(incident: Incident, signal: Signal) -> None:
    row = incident.alerts.filter(source=signal.source, key=signal.key).first()
    if row is not None:
        _again(row, signal)
        return
    IncidentAlert.objects.create(
        incident=incident, source=signal.source, source_id=signal.source_id, key=signal.key,
        alert_id=signal.row if signal.source == "rule" else None,
        monitor_state_id=signal.row if signal.source == "monitor" else None,
        title=signal.title[:200], severity=signal.severity, labels=dict(signal.labels), words=signal.words[:300],
        link=signal.link[:500], evidence=dict(signal.evidence), began_at=signal.at,
    )  # fmt: skip
    _touch(incident, signal)


def _touch(incident: Incident, signal: Signal) -> None:
    incident.last_alert_at = max(incident.last_alert_at or signal.at, signal.at)
    incident.severity = contract.graver(incident.severity, signal.severity)
    incident.labels = contract.shared(incident.labels, signal.labels) if incident.labels else incident.labels
    incident.environment = incident.environment or signal.environment[:64]
    incident.was_told = incident.was_told or not signal.is_silenced
    incident.save(update_fields=["last_alert_at", "severity", "labels", "environment", "was_told"])
