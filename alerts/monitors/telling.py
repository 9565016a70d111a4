"""What people are told of a monitor, and when: once when it is down, once when it is up again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from alerts import schedule
from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.models import Monitor, MonitorState
from alerts.routing import telling
from alerts.routing.telling import Report
from alerts.schedule import InvalidSchedule

DOWN, UP = "monitor_down", "monitor_up"


def tell(state: MonitorState, before: str, *, now: datetime) -> None:
    """Say how it stands, if it is down or was before."""
    down = MonitorState.Status.DOWN
    if down not in (before, state.status):
        return
    monitor, is_down = state.monitor, state.status == down
    told = Report(
        key=f"monitor:{state.pk}",
        source="monitor",
        labels=labels_of(state),
        message=message_of(state, DOWN if is_down else UP, now=now),
        is_on=is_down,
        began_at=state.down_at or now,
        is_muted=monitor.is_muted,
        named=list(monitor.channels.values_list("pk", flat=True)),
        monitor_state=state,
    )
    telling.report(monitor.project, [told], now=now)


def labels_of(state: MonitorState) -> Mapping[str, str]:
    """What silences and routes tell it by."""
    return {"monitor": state.monitor.slug, "environment": state.environment, "severity": "error"}


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
