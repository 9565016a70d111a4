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
from alerts.incidents import following, links
from alerts.incidents.contract import Signal
from alerts.models import Monitor, MonitorState
from alerts.routing import holding, telling
from alerts.routing.telling import Report
from alerts.schedule import InvalidSchedule

DOWN, UP = "monitor_down", "monitor_up"
RUNS = 10  # the last ones, kept as evidence


def tell(state: MonitorState, before: str, *, now: datetime) -> None:
    """Say how it stands, if it is down or was before: to incidents, and to people."""
    down = MonitorState.Status.DOWN
    if down not in (before, state.status):
        return
    monitor, is_down = state.monitor, state.status == down
    labels = labels_of(state)
    if before != state.status and not (is_down and monitor.is_muted):
        is_held = monitor.is_muted or holding.load(monitor.project_id, now=now).of(0, labels) is not None
        following.follow([signal_of(state, is_silenced=is_held, now=now)], now=now)
    incident = following.of_alert("monitor", key_of(state)) if is_down else None
    told = Report(
        key=f"monitor:{state.pk}",
        source="monitor",
        labels=labels,
        message=message_of(state, DOWN if is_down else UP, now=now, incident=incident),
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
            for run in state.runs.filter(at__lte=now)[:RUNS]
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
        links=(("Acknowledge", links.acknowledging(monitor.project, incident)),) if incident else (),
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
