"""What people are told of a monitor, and when: once when it is down, once when it is up again, nothing in a silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.incidents import following, links
from alerts.incidents.contract import Signal
from alerts.models import Monitor, MonitorState
from alerts.monitors import schedule
from alerts.monitors.schedule import InvalidSchedule
from alerts.rules.telling import is_silenced, silences

DOWN, UP = "monitor_down", "monitor_up"
RUNS = 10  # the last ones, kept as evidence


def tell(state: MonitorState, *, now: datetime) -> str:
    """Into the outbox what people have not heard yet: its kind, "" for nothing. The caller saves the state."""
    is_down = state.status == MonitorState.Status.DOWN
    was_owed = state.is_owed
    if is_down == (state.told_at is not None):
        state.is_owed = False
        if was_owed and not is_down:
            following.follow([signal_of(state, is_silenced=True, now=now)], now=now)
        return ""
    monitor = state.monitor
    is_held = monitor.is_muted or is_silenced(labels_of(state), silences(monitor.project_id, now=now))
    incidents = {}
    if not (is_down and monitor.is_muted):
        incidents = following.follow([signal_of(state, is_silenced=is_held, now=now)], now=now)
    if is_held:
        state.is_owed = True
        return ""
    kind = DOWN if is_down else UP
    listeners = notify.listeners(monitor.channels.all(), monitor.project_id)
    incident = incidents.get(key_of(state)) if is_down else None
    notify.tell(listeners, message_of(state, kind, now=now, incident=incident), now=now)
    state.told_at, state.is_owed = (now if is_down else None), False
    return kind


def labels_of(state: MonitorState) -> Mapping[str, str]:
    """What a silence may name."""
    return {"monitor": state.monitor.slug, "environment": state.environment}


def key_of(state: MonitorState) -> str:
    """What incidents know it by."""
    return f"monitor {state.pk}"


def signal_of(state: MonitorState, *, is_silenced: bool, now: datetime) -> Signal:
    """What incidents must know of where the monitor stands."""
    monitor, is_down = state.monitor, state.status == MonitorState.Status.DOWN
    at = (state.down_at if is_down else state.since) or now
    evidence = {
        "version": 1, "words": state.words, "schedule": in_words(monitor),
        "last_ok_at": state.last_ok_at.isoformat() if state.last_ok_at else "",
        "runs": [
            {"at": run.at.isoformat(), "status": run.status, "duration_ms": run.duration_ms}
            for run in state.runs.all()[:RUNS]
        ] if is_down else [],
    }  # fmt: skip
    return Signal(
        project_id=monitor.project_id, source="monitor", source_id=monitor.pk, key=key_of(state), row=state.pk,
        title=str(state), severity="error", at=at, is_on=is_down, words=state.words, link=link_of(monitor),
        labels=labels_of(state), is_silenced=is_silenced, evidence=evidence,
    )  # fmt: skip


def link_of(monitor: Monitor) -> str:
    """The address of the monitor's page, for people outside."""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:monitor", args=[monitor.project.slug, monitor.pk])


def message_of(state: MonitorState, kind: str, *, now: datetime, incident: int | None = None) -> Message:
    """With `incident`, where it is acknowledged."""
    monitor = state.monitor
    began = state.down_at or state.since or now
    lasted = max(timedelta(0), (state.since or now) - began)
    details = (
        ("Schedule", in_words(monitor)),
        ("Last success", clock(state.last_ok_at, monitor.zone) if state.last_ok_at else "never"),
        ("Next expected", clock(state.due_at, monitor.zone)),
        ("Since", clock(began, monitor.zone) if kind == DOWN else ""),
        ("Acknowledge", links.acknowledging(monitor.project, incident)),
        ("Was down for", schedule.spoken(int(lasted.total_seconds())) if kind == UP else ""),
    )
    return Message(
        kind=kind,
        dedup=notify.dedup_id("monitor", state.pk, began.isoformat(), kind, now.isoformat()),
        title=monitor.name,
        project=monitor.project.name,
        at=now.isoformat(),
        level="error" if kind == DOWN else "info",
        environment=state.environment,
        reason=state.words if kind == DOWN else "",
        link=link_of(monitor),
        details=tuple((label, value) for label, value in details if value),
    )


def in_words(monitor: Monitor) -> str:
    """The schedule as people say it; the text itself where it cannot be read."""
    try:
        return schedule.read(monitor.kind, monitor.schedule, monitor.zone).words
    except InvalidSchedule:
        return monitor.schedule


def clock(moment: datetime | None, zone: str) -> str:
    """A moment in the monitor's zone, which is named."""
    if moment is None:
        return ""
    try:
        return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"
    except (KeyError, ValueError, OSError):
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
