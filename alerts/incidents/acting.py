"""What people do with incidents: each change is written down, scrubbed and audited in its own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from alerts.incidents import following
from alerts.models import Alert, Incident, IncidentAlert, IncidentEvent, IncidentPolicy, Notice, Rule
from alerts.models.incident import Severity
from alerts.routing import telling
from events.accounts import access, audit
from events.models import Project
from events.scrubbing import scrub_text

State, Kind = Incident.State, IncidentEvent.Kind
LONGEST_COMMENT, LONGEST_SUMMARY = 10_000, 50_000


@transaction.atomic
def open_by_hand(
    project: Project, *, title: str, severity: str, text: str = "", began_at: datetime | None = None, actor: Any,
    now: datetime,
) -> Incident:  # fmt: skip
    """An incident that no alert knows of; it stays until a person resolves it. Raises ValidationError, by field."""
    began = began_at or now
    if began > now:
        raise ValidationError({"began_at": "It cannot have begun in the future."})
    following.lock(project.pk)
    incident = Incident.objects.create(
        project=project, title=_title(title), severity=_severity(severity), began_at=began, opened_by=_person(actor),
        is_held=True, created_at=now,
    )  # fmt: skip
    _note(incident, Kind.OPENED, actor=actor, now=now)
    if text.strip():
        _note(incident, Kind.COMMENT, _text(text, "text", LONGEST_COMMENT), actor=actor, now=now)
    audit.record("incident.open", actor=actor, project=project, obj=incident, now=now)
    return incident


@transaction.atomic
def acknowledge(incident: Incident, *, actor: Any, now: datetime) -> bool:
    """Whether this person was the first to say that they look after it, and so after its alerts."""
    # The rules first: whoever evaluates one holds its alerts, and asks for the incident after them.
    rules = IncidentAlert.objects.filter(incident=incident, source="rule").values("source_id")
    list(Rule.objects.select_for_update(of=("self",)).filter(pk__in=rules).order_by("pk").values_list("pk"))
    alerts = Alert.objects.filter(incidents__incident=incident, acknowledged_at=None).exclude(fired_at=None)
    numbers = list(alerts.values_list("pk", flat=True))
    Alert.objects.filter(pk__in=numbers).update(acknowledged_at=now, acknowledged_by=_person(actor))
    states = incident.alerts.exclude(monitor_state=None).values("monitor_state")
    probes = list(incident.alerts.filter(source="probe").values_list("key", flat=True))
    notices = Notice.objects.filter(Q(alert__in=numbers) | Q(monitor_state__in=states) | Q(key__in=probes))
    telling.acknowledge(notices, actor=_person(actor), now=now)
    if not _acknowledge(incident, actor=actor, now=now):
        return False
    audit.record(
        "incident.acknowledge", actor=actor, project=incident.project, obj=incident, detail={"alerts": numbers}, now=now
    )
    return True


def follow_alert(alert: Alert, *, actor: Any, now: datetime) -> None:
    """Somebody looks after an alert, and so after its incident. The caller holds the alert, and audits."""
    row = IncidentAlert.objects.filter(alert=alert, is_open=True).select_related("incident").first()
    if row is not None:
        _acknowledge(row.incident, actor=actor, now=now)


def _acknowledge(incident: Incident, *, actor: Any, now: datetime) -> bool:
    locked = _locked(incident)
    if locked.state not in (State.OPEN, State.REOPENED):
        return False
    locked.state, locked.acknowledged_at, locked.acknowledged_by = State.ACKNOWLEDGED, now, _person(actor)
    locked.first_acknowledged_at = locked.first_acknowledged_at or now
    locked.commander = locked.commander or _person(actor)
    locked.save(update_fields=["state", "acknowledged_at", "acknowledged_by", "first_acknowledged_at", "commander"])
    _note(locked, Kind.ACKNOWLEDGED, actor=actor, now=now)
    incident.refresh_from_db()
    return True


@transaction.atomic
def resolve(incident: Incident, *, text: str = "", actor: Any, now: datetime) -> bool:
    """Whether it was unresolved; its alerts may go on, and then open another one when they fire again."""
    said = _text(text, "text", LONGEST_COMMENT) if text.strip() else ""
    locked = _locked(incident)
    if locked.is_resolved:
        return False
    following.resolve(locked, at=now, actor=_person(actor))
    _note(locked, Kind.RESOLVED, said, actor=actor, now=now)
    audit.record("incident.resolve", actor=actor, project=incident.project, obj=incident, now=now)
    incident.refresh_from_db()
    return True


@transaction.atomic
def reopen(incident: Incident, *, actor: Any, now: datetime) -> bool:
    """Whether it was resolved. It stays open until a person resolves it again."""
    locked = _locked(incident)
    if not locked.is_resolved:
        return False
    following.reopen(locked, at=now, text="", actor=_person(actor))
    Incident.objects.filter(pk=incident.pk).update(is_held=True)
    audit.record("incident.reopen", actor=actor, project=incident.project, obj=incident, now=now)
    incident.refresh_from_db()
    return True


@transaction.atomic
def comment(incident: Incident, text: str, *, actor: Any, now: datetime) -> IncidentEvent:
    """What somebody says about it, scrubbed as all that is stored. Raises ValidationError."""
    line = _note(incident, Kind.COMMENT, _text(text, "text", LONGEST_COMMENT), actor=actor, now=now)
    audit.record("incident.comment", actor=actor, project=incident.project, obj=incident, now=now)
    return line


@transaction.atomic
def change(
    incident: Incident, *, title: str | None = None, severity: str | None = None, commander: Any = ...,
    is_held: bool | None = None, summary: str | None = None, actor: Any, now: datetime,
) -> list[str]:  # fmt: skip
    """What was changed, in words; what is not given stays. Raises ValidationError, by field."""
    locked, said = _locked(incident), []
    if title is not None and _title(title) != locked.title:
        locked.title = _title(title)
        said.append(f"the title is now “{locked.title}”")
    if severity is not None and _severity(severity) != locked.severity:
        locked.severity = severity
        said.append(f"the severity is now {locked.get_severity_display().lower()}")
    if commander is not ... and (commander.pk if commander else None) != locked.commander_id:
        if commander and not access.has_role(commander, incident.project):
            raise ValidationError({"commander": "No member of the project."})
        locked.commander = commander
        said.append(f"{commander} leads it" if commander else "nobody leads it")
    if is_held is not None and is_held != locked.is_held and not locked.is_resolved:
        locked.is_held = is_held
        said.append("it stays open until a person resolves it" if is_held else "it ends with the last of its alerts")
    if summary is not None and (new := _summary(summary)) != locked.summary:
        locked.summary = new
        said.append("the summary was written anew")
    if not said:
        return []
    locked.save(update_fields=["title", "severity", "commander", "is_held", "summary"])
    _note(locked, Kind.CHANGED, "; ".join(said), actor=actor, now=now)
    if is_held is False:
        last = max((alert.ended_at or now for alert in locked.alerts.all()), default=now)
        following.settle(locked, following.policy_of(incident.project_id), at=max(last, locked.began_at))
    audit.record("incident.change", actor=actor, project=incident.project, obj=incident, now=now)
    incident.refresh_from_db()
    return said


@transaction.atomic
def set_policy(
    project: Project, *, opens: str, window_minutes: int, ends_itself: bool, actor: Any, now: datetime
) -> IncidentPolicy:
    """When the project's alerts open incidents. Raises ValidationError, by field."""
    policy = IncidentPolicy.objects.filter(project=project).first() or IncidentPolicy(project=project)
    policy.opens, policy.window_minutes, policy.ends_itself = opens, window_minutes, ends_itself
    if not 1 <= window_minutes <= 1440:
        raise ValidationError({"window_minutes": "Between 1 and 1440 minutes."})
    policy.full_clean()
    policy.save()
    detail = {"opens": opens, "window_minutes": window_minutes, "ends_itself": ends_itself}
    audit.record("incident.policy", actor=actor, project=project, obj=policy, detail=detail, now=now)
    return policy


def _locked(incident: Incident) -> Incident:
    following.lock(incident.project_id)
    return Incident.objects.select_for_update(of=("self",)).select_related("project").get(pk=incident.pk)


def _note(incident: Incident, kind: str, text: str = "", *, actor: Any, now: datetime) -> IncidentEvent:
    return IncidentEvent.objects.create(incident=incident, at=now, kind=kind, actor=_person(actor), text=text)


def _person(actor: Any) -> Any:
    """The user, where it is one; commands and tests act by a name."""
    return actor if getattr(actor, "pk", None) else None


def _text(text: str, field: str, longest: int) -> str:
    said = text.replace("\0", "").strip()
    if not said or len(said) > longest:
        raise ValidationError({field: f"1 to {longest:,} characters."})
    return scrub_text(said)


def _summary(text: str) -> str:
    return _text(text, "summary", LONGEST_SUMMARY) if text.strip() else ""


def _title(text: str) -> str:
    said = " ".join(scrub_text(text.replace("\0", "")).split())
    if not said or len(said) > 200:
        raise ValidationError({"title": "1 to 200 characters."})
    return said


def _severity(name: str) -> str:
    if name not in Severity.values:
        raise ValidationError({"severity": f"One of {', '.join(Severity.values)}."})
    return name
