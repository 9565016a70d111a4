"""What people are told of a monitor, and when: once when it is down, once when it is up again, nothing in a silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.models import Monitor, MonitorState
from alerts.monitors import schedule
from alerts.monitors.schedule import InvalidSchedule
from alerts.rules.telling import is_silenced, silences

DOWN, UP = "monitor_down", "monitor_up"


def tell(state: MonitorState, *, now: datetime) -> str:
    """Into the outbox what people have not heard yet: its kind, "" for nothing. The caller saves the state."""
    is_down = state.status == MonitorState.Status.DOWN
    if is_down == (state.told_at is not None):
        state.is_owed = False
        return ""
    monitor = state.monitor
    if monitor.is_muted or is_silenced(labels_of(state), silences(monitor.project_id, now=now)):
        state.is_owed = True
        return ""
    kind = DOWN if is_down else UP
    listeners = notify.listeners(monitor.channels.all(), monitor.project_id)
    notify.tell(listeners, message_of(state, kind, now=now), now=now)
    state.told_at, state.is_owed = (now if is_down else None), False
    return kind


def labels_of(state: MonitorState) -> Mapping[str, str]:
    """What a silence may name."""
    return {"monitor": state.monitor.slug, "environment": state.environment}


def message_of(state: MonitorState, kind: str, *, now: datetime) -> Message:
    monitor = state.monitor
    began = state.down_at or state.since or now
    lasted = max(timedelta(0), (state.since or now) - began)
    details = (
        ("Schedule", in_words(monitor)),
        ("Last success", clock(state.last_ok_at, monitor.zone) if state.last_ok_at else "never"),
        ("Next expected", clock(state.due_at, monitor.zone)),
        ("Since", clock(began, monitor.zone) if kind == DOWN else ""),
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
        thread=notify.dedup_id("monitor", state.pk),
        link=settings.OBS_PUBLIC_URL + reverse("dashboard:monitor", args=[monitor.project.slug, monitor.pk]),
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
