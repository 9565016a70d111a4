"""What people are told of a probe: once when it is down, once when it is up, once a threshold of its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from alerts.delivery import notify
from alerts.delivery.messages import Message
from alerts.incidents import following, links
from alerts.incidents.contract import Signal
from alerts.models import Notice, Probe, ProbeState
from alerts.probes import checks, standing
from alerts.routing import holding, telling
from alerts.routing.telling import Report
from alerts.schedule import spoken

DOWN, UP, CERTIFICATE = "probe_down", "probe_up", "certificate"


def tell(state: ProbeState, before: str, *, now: datetime) -> None:
    """Say how it stands, if it is down or was, and what is new of its certificate; the caller saves the state."""
    down, is_down = ProbeState.Status.DOWN, state.status == ProbeState.Status.DOWN
    reports = []
    if down in (before, state.status):
        if before != state.status:
            _follow(state, now=now)
        kind = DOWN if is_down else UP
        reports.append(_report(state, kind, key=_key(state.probe), is_on=is_down, now=now))
    reports += _of_certificate(state, now=now)
    if reports:
        telling.report(state.probe.project, reports, now=now)


def _follow(state: ProbeState, *, now: datetime) -> None:
    """Incidents hear of what went down or came up; nobody wants to hear of a muted one that goes down."""
    probe, is_down = state.probe, state.status == ProbeState.Status.DOWN
    if is_down and probe.is_muted:
        return
    labels = labels_of(state)
    is_held = probe.is_muted or holding.load(probe.project_id, now=now).of(0, labels) is not None
    evidence = {
        "version": 1, "words": state.words, "target": plain_target(probe.kind, probe.target),
        "last_ok_at": state.last_ok_at.isoformat() if state.last_ok_at else "",
    }  # fmt: skip
    signal = Signal(
        project_id=probe.project_id, source="probe", source_id=probe.pk, key=_key(probe), title=probe.name,
        severity="error", at=(state.down_at if is_down else state.since) or now, is_on=is_down, words=state.words,
        link=link_of(probe), labels=labels, is_silenced=is_held, evidence=evidence,
    )  # fmt: skip
    following.follow([signal], now=now)


def link_of(probe: Probe) -> str:
    """The address of the probe's page, for people outside."""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:probe", args=[probe.project.slug, probe.pk])


def notices_of(probe: Probe) -> QuerySet[Notice]:
    """All that people may have to hear of it."""
    of_certificate = Q(key__startswith=f"{CERTIFICATE}:{probe.pk}:")
    return Notice.objects.filter(Q(key=_key(probe)) | of_certificate, project_id=probe.project_id)


def labels_of(state: ProbeState) -> Mapping[str, str]:
    """What silences, maintenance and routes tell it by."""
    return {"probe": state.probe.slug, "severity": "error"}


def _of_certificate(state: ProbeState, *, now: datetime) -> list[Report]:
    """One notice a threshold: what was told of the one before is over, which is no news."""
    before = state.certificate_told
    _, told = standing.warning(_days_left(state, now=now), _thresholds(state), before)
    if told == before:
        return []
    state.certificate_told = told
    changed = [(days, is_on) for days, is_on in ((before, False), (told, True)) if days is not None]
    return [
        _report(state, CERTIFICATE, key=f"{CERTIFICATE}:{state.probe_id}:{days}", is_on=is_on, now=now)
        for days, is_on in changed
    ]


def _report(state: ProbeState, kind: str, *, key: str, is_on: bool, now: datetime) -> Report:
    probe, is_passing = state.probe, kind == CERTIFICATE
    labels = {**labels_of(state), "severity": "warning"} if is_passing else labels_of(state)
    return Report(
        key=key,
        source="probe",
        labels=labels,
        message=message_of(state, kind, now=now),
        is_on=is_on,
        began_at=now if is_passing else state.down_at or now,
        is_muted=probe.is_muted,
        named=list(probe.channels.values_list("pk", flat=True)),
        is_passing=is_passing,
    )


def _key(probe: Probe) -> str:
    return f"probe:{probe.pk}"


def message_of(state: ProbeState, kind: str, *, now: datetime) -> Message:
    probe = state.probe
    incident = following.of_alert("probe", _key(probe)) if kind == DOWN else None
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
