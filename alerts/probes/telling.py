"""What people are told of a probe: once when it is down, once when it is up, once a threshold of its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.incidents import following, links
from alerts.incidents.contract import Signal
from alerts.models import Probe, ProbeState
from alerts.probes import checks, standing
from alerts.routing import holding, telling
from alerts.routing.telling import Report
from alerts.schedule import spoken

DOWN, UP, CERTIFICATE = "probe_down", "probe_up", "certificate"


def tell(state: ProbeState, *, now: datetime) -> list[str]:
    """Say how it stands to incidents and to people, and of its certificate what they have not heard yet: the kinds that
    left at once. The caller saves the state."""
    is_down = state.status == ProbeState.Status.DOWN
    has_turned = is_down != (state.told_at is not None)
    days, told = standing.warning(_days_left(state, now=now), _thresholds(state), state.certificate_told)
    if days is None:
        state.certificate_told = told
    if not has_turned and days is None:
        state.is_owed = False
        return []
    probe = state.probe
    labels = labels_of(state)
    is_held = probe.is_muted or holding.load(probe.project_id, now=now).of(0, labels) is not None
    kinds = _turned(state, labels, is_held=is_held, now=now) if has_turned else []
    state.is_owed = days is not None and is_held
    if days is not None and not is_held:
        listeners = notify.listeners(probe.channels.all(), probe.project_id)
        notify.tell(listeners, message_of(state, CERTIFICATE, now=now), now=now)
        kinds, state.certificate_told = [*kinds, CERTIFICATE], told
    return kinds


def _turned(state: ProbeState, labels: Mapping[str, str], *, is_held: bool, now: datetime) -> list[str]:
    """It went down, or came up again."""
    probe, is_down = state.probe, state.status == ProbeState.Status.DOWN
    if not (is_down and probe.is_muted):
        following.follow([signal_of(state, is_silenced=is_held, now=now)], now=now)
    incident = following.of_alert("probe", key_of(state)) if is_down else None
    report = Report(
        key=key_of(state), source="probe", labels=labels,
        message=message_of(state, DOWN if is_down else UP, now=now, incident=incident), is_on=is_down,
        began_at=state.down_at or now, is_muted=probe.is_muted,
        named=list(probe.channels.values_list("pk", flat=True)),
    )  # fmt: skip
    state.told_at = (state.told_at or now) if is_down else None
    return list(telling.report(probe.project, [report], now=now).values())


def key_of(state: ProbeState) -> str:
    """What routing and incidents know it by."""
    return f"probe:{state.probe_id}"


def signal_of(state: ProbeState, *, is_silenced: bool, now: datetime) -> Signal:
    """What incidents must know of where the probe stands."""
    probe, is_down = state.probe, state.status == ProbeState.Status.DOWN
    at = (state.down_at if is_down else state.since) or now
    evidence = {
        "version": 1, "words": state.words, "target": plain_target(probe.kind, probe.target),
        "last_ok_at": state.last_ok_at.isoformat() if state.last_ok_at else "",
    }  # fmt: skip
    return Signal(
        project_id=probe.project_id, source="probe", source_id=probe.pk, key=key_of(state), title=probe.name,
        severity="error", at=at, is_on=is_down, words=state.words, link=link_of(probe), labels=labels_of(state),
        is_silenced=is_silenced, evidence=evidence,
    )  # fmt: skip


def labels_of(state: ProbeState) -> Mapping[str, str]:
    """What silences and routes tell it by."""
    return {"probe": state.probe.slug, "severity": "error"}


def link_of(probe: Probe) -> str:
    """The address of the probe's page, for people outside."""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:probe", args=[probe.project.slug, probe.pk])


def message_of(state: ProbeState, kind: str, *, now: datetime, incident: int | None = None) -> Message:
    """With `incident`, where it is acknowledged."""
    probe = state.probe
    began = state.down_at or state.since or now
    lasted = max(timedelta(0), (state.since or now) - began)
    ends = state.certificate_ends_at
    reasons = {DOWN: state.words, CERTIFICATE: _certificate_words(state, now=now), UP: ""}
    details = (
        ("Address", plain_target(probe.kind, probe.target)),
        ("Since", _clock(began) if kind == DOWN else ""),
        ("Last well", _clock(state.last_ok_at) if kind == DOWN else ""),
        ("Was down for", spoken(int(lasted.total_seconds())) if kind == UP else ""),
        ("Certificate ends", _clock(ends) if kind == CERTIFICATE else ""),
    )
    about = ends.isoformat() if kind == CERTIFICATE and ends else began.isoformat()
    return Message(
        kind=kind,
        dedup=notify.dedup_id("probe", probe.pk, about, kind, now.isoformat()),
        title=probe.name,
        project=probe.project.name,
        at=now.isoformat(),
        level={DOWN: "error", CERTIFICATE: "warning"}.get(kind, "info"),
        reason=reasons[kind],
        thread=notify.dedup_id("probe", probe.pk),
        link=link_of(probe),
        links=(("Acknowledge", links.acknowledging(probe.project, incident)),) if incident else (),
        details=tuple((label, value) for label, value in details if value),
    )


def plain_target(kind: str, target: str) -> str:
    """The address without the part of a URL in which secrets are sent."""
    return target.partition("?")[0] if kind == "http" else target


def _thresholds(state: ProbeState) -> list[int]:
    if "warn_days" not in checks.OF_KIND.get(state.probe.kind, ()):
        return []
    return [int(days) for days in state.probe.config.get("warn_days", ())]


def _days_left(state: ProbeState, *, now: datetime) -> float | None:
    ends = state.certificate_ends_at
    return None if ends is None else (ends - now) / timedelta(days=1)


def _certificate_words(state: ProbeState, *, now: datetime) -> str:
    left = _days_left(state, now=now)
    if left is None:
        return ""
    return f"{max(0.0, left):.0f} days are left." if left >= 2 else f"{max(0.0, left * 24):.0f} hours are left."


def _clock(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "never"
