"""What people are told of a probe: once when it is down, once when it is up, once a threshold of its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.models import ProbeState
from alerts.monitors.schedule import spoken
from alerts.probes import checks, standing
from alerts.rules.telling import is_silenced, silences

DOWN, UP, CERTIFICATE = "probe_down", "probe_up", "certificate"


def tell(state: ProbeState, *, now: datetime) -> list[str]:
    """Into the outbox what people have not heard yet: its kinds. The caller saves the state."""
    is_down = state.status == ProbeState.Status.DOWN
    has_turned = is_down != (state.told_at is not None)
    days, told = standing.warning(_days_left(state, now=now), _thresholds(state), state.certificate_told)
    if days is None:
        state.certificate_told = told
    if not has_turned and days is None:
        state.is_owed = False
        return []
    probe = state.probe
    if probe.is_muted or is_silenced(labels_of(state), silences(probe.project_id, now=now)):
        state.is_owed = True
        return []
    kinds = [DOWN if is_down else UP] if has_turned else []
    if days is not None:
        kinds.append(CERTIFICATE)
    listeners = notify.listeners(probe.channels.all(), probe.project_id)
    for kind in kinds:
        notify.tell(listeners, message_of(state, kind, now=now), now=now)
    state.told_at = (state.told_at or now) if is_down else None
    state.certificate_told, state.is_owed = told, False
    return kinds


def labels_of(state: ProbeState) -> Mapping[str, str]:
    """What a silence may name."""
    return {"probe": state.probe.slug}


def message_of(state: ProbeState, kind: str, *, now: datetime) -> Message:
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
        link=settings.OBS_PUBLIC_URL + reverse("dashboard:probe", args=[probe.project.slug, probe.pk]),
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
