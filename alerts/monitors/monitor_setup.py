"""Monitors, as people manage them: each change is checked whole and audited in its own transaction."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts import schedule
from alerts.delivery import channel_setup
from alerts.models import Channel, Monitor, MonitorState, Notice, PingKey
from alerts.models.monitor import new_ping_key
from alerts.monitors import receiving, standing
from alerts.routing import telling
from alerts.schedule import InvalidSchedule
from events.accounts import audit
from events.models import Project
from events.values.texts import short_form

MOST = 1000  # of one project: names of monitors are sent by whoever holds its key
LONGEST_SECONDS = 365 * 86_400
_SCHEDULE = ("kind", "schedule", "zone", "margin_seconds")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A monitor as a person describes it."""

    name: str
    kind: str
    schedule: str
    zone: str = "UTC"
    margin_seconds: int = 3600
    max_runtime_seconds: int = 3600
    failure_threshold: int = 1
    recovery_threshold: int = 1
    is_muted: bool = False


def create(
    project: Project, wanted: Wanted, *, channels: Collection[Channel] = (), actor: Any, now: datetime
) -> Monitor:
    """A new monitor, which waits for its first report. Raises ValidationError, by field."""
    if not has_room(project.pk):
        raise ValidationError({"name": f"A project has at most {MOST:,} monitors; delete one first."})
    monitor = Monitor(project=project, source=Monitor.Source.PAGE, created_at=now)
    return _store(monitor, wanted, channels, "monitor.create", actor=actor, now=now)


def update(
    monitor: Monitor, wanted: Wanted, *, channels: Collection[Channel] = (), actor: Any, now: datetime
) -> Monitor:
    """The changed monitor; where its schedule changed, what it expects is counted anew from the last report."""
    before = [getattr(monitor, name) for name in _SCHEDULE]
    with transaction.atomic():
        changed = _store(monitor, wanted, channels, "monitor.update", actor=actor, now=now)
        if before != [getattr(changed, name) for name in _SCHEDULE]:
            replan(changed, now=now)
    return changed


@transaction.atomic
def pause(monitor: Monitor, *, actor: Any, now: datetime) -> None:
    """Nothing is expected of it, and nobody is told, until it is resumed or a ping arrives."""
    states = _locked(monitor)
    telling.forget(Notice.objects.filter(monitor_state__monitor=monitor), now=now)  # whoever pauses it knows
    for state in states:
        after = standing.paused(receiving.standing_of(state), now=now)
        receiving.put(state, after, receiving.plan_of(monitor), now=now, timeouts=())
    _switch(monitor, "monitor.pause", on=False, actor=actor, now=now)


@transaction.atomic
def resume(monitor: Monitor, *, actor: Any, now: datetime) -> None:
    """It waits for its next report as if for its first."""
    for state in _locked(monitor):
        after = standing.resumed(receiving.standing_of(state), now=now)
        timeouts = receiving.open_timeouts(state)
        receiving.put(state, after, receiving.plan_of(monitor), now=now, timeouts=timeouts)
    _switch(monitor, "monitor.resume", on=True, actor=actor, now=now)


@transaction.atomic
def delete(monitor: Monitor, *, actor: Any, now: datetime) -> None:
    """Removes the monitor with its runs; an SDK that reports again makes it anew."""
    audit.record(
        "monitor.delete", actor=actor, project=monitor.project, obj=monitor, detail=detail_of(monitor), now=now
    )
    monitor.delete()


@transaction.atomic
def rotate_key(project: Project, *, actor: Any, now: datetime) -> PingKey:
    """A new key for the addresses by name; the old one is gone at once."""
    key, _ = PingKey.objects.update_or_create(project=project, defaults={"key": new_ping_key()})
    audit.record("ping_key.rotate", actor=actor, project=project, obj=key, now=now)
    return key


def has_room(project_id: int) -> bool:
    """Whether the project may have one more."""
    return Monitor.objects.filter(project_id=project_id).count() < MOST


def ping_key(project: Project) -> PingKey:
    """The project's key, made when it is first asked for."""
    return PingKey.objects.get_or_create(project=project)[0]


def replan(monitor: Monitor, *, now: datetime) -> None:
    """Count anew what is expected in each environment; in the caller's transaction."""
    plan = receiving.plan_of(monitor)
    for state in _locked(monitor):
        after = standing.replanned(receiving.standing_of(state), plan, state.last_at, now=now)
        receiving.put(state, after, plan, now=now, timeouts=receiving.open_timeouts(state))


def detail_of(monitor: Monitor) -> dict[str, Any]:
    """What the audit trail keeps of a monitor: never its token."""
    names = ("name", "slug", *_SCHEDULE, "max_runtime_seconds", "failure_threshold", "recovery_threshold", "is_muted")
    return {name: getattr(monitor, name) for name in names}


def check(monitor: Monitor, wanted: Wanted) -> None:
    """Whether this could be stored, asked before it is. Raises ValidationError, by field."""
    trial = copy.copy(monitor)
    put(trial, wanted)
    if Monitor.objects.filter(project_id=trial.project_id, slug=trial.slug).exclude(pk=trial.pk).exists():
        raise ValidationError(
            {"name": f"This project has a monitor {trial.slug!r} already; give this one another name."}
        )


def put(monitor: Monitor, wanted: Wanted) -> None:
    """Set what is wanted on a monitor, which is not saved by this. Raises ValidationError, by field."""
    try:
        schedule.zone_of(wanted.zone)
    except InvalidSchedule as error:
        raise ValidationError({"zone": str(error)}) from None
    try:
        found = schedule.read(wanted.kind, wanted.schedule, wanted.zone)
    except InvalidSchedule as error:
        raise ValidationError({"schedule": str(error)}) from None
    for name in ("margin_seconds", "max_runtime_seconds"):
        if not 60 <= getattr(wanted, name) <= LONGEST_SECONDS:
            raise ValidationError({name: "From one minute to 365 days."})
    for name in ("failure_threshold", "recovery_threshold"):
        if not 1 <= getattr(wanted, name) <= 720:
            raise ValidationError({name: "From 1 to 720."})
    for name in Wanted.__dataclass_fields__:
        setattr(monitor, name, getattr(wanted, name))
    # A cron line stays as its writer wrote it; the others are kept in the form that is read.
    kept = " ".join(wanted.schedule.split()) if wanted.kind == Monitor.Kind.CRON else found.text
    monitor.name, monitor.schedule, monitor.problem = wanted.name.strip(), kept, ""
    if not monitor.slug:
        monitor.slug = short_form(monitor.name, most=50)
        if not monitor.slug:
            raise ValidationError(
                {"name": "The address of a monitor is made of its name: give it a letter or a digit."}
            )


def _store(
    monitor: Monitor, wanted: Wanted, channels: Collection[Channel], action: str, *, actor: Any, now: datetime
) -> Monitor:
    check(monitor, wanted)
    put(monitor, wanted)
    monitor.full_clean(exclude=["project"], validate_constraints=False)
    channel_setup.demand_own(channels, monitor.project_id)
    with transaction.atomic():
        monitor.save()
        monitor.channels.set(channels)
        telling.mute(Notice.objects.filter(monitor_state__monitor=monitor), is_muted=monitor.is_muted)
        detail = detail_of(monitor)
        audit.record(action, actor=actor, project=monitor.project, obj=monitor, detail=detail, now=now)
    return monitor


def _locked(monitor: Monitor) -> list[MonitorState]:
    states = list(MonitorState.objects.select_for_update().filter(monitor=monitor).order_by("pk"))
    for state in states:
        state.monitor = monitor
    return states


def _switch(monitor: Monitor, action: str, *, on: bool, actor: Any, now: datetime) -> None:
    monitor.is_enabled = on
    monitor.save(update_fields=["is_enabled"])
    audit.record(action, actor=actor, project=monitor.project, obj=monitor, now=now)
