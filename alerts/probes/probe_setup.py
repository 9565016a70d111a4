"""Probes, as people manage them: each change is checked whole and audited in its own transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery import channel_setup, http
from alerts.delivery.http import Refused, Unreachable
from alerts.models import Channel, Probe, ProbeState
from alerts.probes import checks, looking, rounds, standing, telling
from alerts.probes.checks import SECRET, Check, InvalidCheck
from alerts.probes.found import Found
from alerts.routing import telling as routing
from events.accounts import audit
from events.models import Project
from events.models.secrets import Undecipherable
from events.values.texts import short_form

MOST = 1000  # of one project
SHORTEST, LONGEST = 30, 86_400
LONGEST_TIMEOUT = 30
_PLAIN = ("interval_seconds", "timeout_seconds", "failure_threshold", "recovery_threshold", "is_muted")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A probe as a person describes it; `check` are the fields of checks.Check, those left out as they are by default.

    Headers and body that are left out or empty stay as they are stored, unless `forgets_secrets`.
    """

    name: str
    kind: str
    target: str
    interval_seconds: int = 60
    timeout_seconds: int = 10
    failure_threshold: int = 3
    recovery_threshold: int = 2
    is_muted: bool = False
    check: Mapping[str, Any] = field(default_factory=dict)
    forgets_secrets: bool = False


def create(project: Project, wanted: Wanted, *, channels: Collection[Channel] = (), actor: Any, now: datetime) -> Probe:
    """A new probe, which is looked at at once. Raises ValidationError, by field."""
    if Probe.objects.filter(project=project).count() >= MOST:
        raise ValidationError({"name": f"A project has at most {MOST:,} probes; delete one first."})
    probe = Probe(project=project, created_at=now)
    with transaction.atomic():
        _store(probe, wanted, channels, "probe.create", actor=actor, now=now)
        ProbeState.objects.create(probe=probe, since=now, next_at=now)
    return probe


@transaction.atomic
def update(probe: Probe, wanted: Wanted, *, channels: Collection[Channel] = (), actor: Any, now: datetime) -> Probe:
    """The changed probe, looked at at once. Where it is another address now, what was known of the old one ends."""
    before = (probe.kind, probe.target)
    _store(probe, wanted, channels, "probe.update", actor=actor, now=now)
    routing.mute(telling.notices_of(probe), is_muted=probe.is_muted)
    state = ProbeState.objects.select_for_update().get(probe=probe)
    state.probe = probe
    if probe.is_enabled:
        if before != (probe.kind, probe.target):
            _begin_anew(state, now=now)
        state.next_at, state.claim = now, None
    state.save()
    return probe


@transaction.atomic
def pause(probe: Probe, *, actor: Any, now: datetime) -> None:
    """It is not looked at, and nobody is told, until it is resumed."""
    state = ProbeState.objects.select_for_update().get(probe=probe)
    after, spans = standing.paused(rounds.standing_of(state), now=now)
    rounds.put(state, after, spans)
    state.next_at, state.claim = None, None
    routing.forget(telling.notices_of(probe), now=now)  # whoever pauses it knows
    state.save()
    _switch(probe, "probe.pause", on=False, actor=actor, now=now)


@transaction.atomic
def resume(probe: Probe, *, actor: Any, now: datetime) -> None:
    """It is looked at at once, as if for the first time."""
    state = ProbeState.objects.select_for_update().get(probe=probe)
    rounds.put(state, standing.resumed(rounds.standing_of(state), now=now), ())
    if state.status != ProbeState.Status.PAUSED:
        state.next_at = now
    state.save()
    _switch(probe, "probe.resume", on=True, actor=actor, now=now)


@transaction.atomic
def delete(probe: Probe, *, actor: Any, now: datetime) -> None:
    """Removes the probe with its looks; what rollups counted of it stays."""
    audit.record("probe.delete", actor=actor, project=probe.project, obj=probe, detail=detail_of(probe), now=now)
    telling.notices_of(probe).delete()
    probe.delete()


def look_now(probe: Probe, *, actor: Any, now: datetime) -> bool | None:
    """One look at once: whether it was well, None where nothing is known of it. A paused probe is not looked at."""
    audit.record("probe.look", actor=actor, project=probe.project, obj=probe, now=now)
    entry = rounds.look_now(probe, now=now) if probe.is_enabled else None
    return None if entry is None or entry.status == entry.Status.UNKNOWN else entry.status == entry.Status.UP


def try_out(probe: Probe, wanted: Wanted, *, actor: Any, now: datetime) -> Found:
    """What a look finds with what is wanted, before it is stored. Raises ValidationError, by field."""
    check = check_of(probe, wanted)
    audit.record("probe.try", actor=actor, project=probe.project, detail={"kind": check.kind}, now=now)
    return looking.look(check, now=now)


def check_of(probe: Probe, wanted: Wanted) -> Check:
    """What would be looked at, stored secrets included, if it may be reached. Raises ValidationError, by field."""
    given = {name: value for name, value in wanted.check.items() if name not in SECRET or value}
    kept = {} if wanted.forgets_secrets else _kept_secrets(probe, wanted)
    try:
        check = checks.clean(
            {**kept, **given, "kind": wanted.kind, "target": wanted.target, "timeout": float(wanted.timeout_seconds)}
        )
        _demand_reachable(check)
    except InvalidCheck as error:
        raise ValidationError({error.field: error.reason}) from None
    return check


def validate(probe: Probe, wanted: Wanted) -> Check:
    """Whether this could be stored, asked before it is. Raises ValidationError, by field."""
    _demand_numbers(wanted)
    slug = probe.slug or slug_of(wanted.name)
    if Probe.objects.filter(project_id=probe.project_id, slug=slug).exclude(pk=probe.pk).exists():
        raise ValidationError({"name": f"This project has a probe {slug!r} already; give this one another name."})
    return check_of(probe, wanted)


def slug_of(name: str) -> str:
    """What a probe is called in rules, silences and objectives. Raises ValidationError."""
    slug = short_form(name, most=50)
    if not slug:
        raise ValidationError({"name": "Rules know a probe by the letters and digits of its name: give it one."})
    return slug


def detail_of(probe: Probe) -> dict[str, Any]:
    """What the audit trail keeps of a probe: no value of a header, no body, no query of a URL."""
    named = {name: getattr(probe, name) for name in ("name", "kind", *_PLAIN)}
    target = telling.plain_target(probe.kind, probe.target)
    return {**named, "target": target, "config": probe.config, "headers": probe.header_names}


def _store(
    probe: Probe, wanted: Wanted, channels: Collection[Channel], action: str, *, actor: Any, now: datetime
) -> None:
    check = validate(probe, wanted)
    channel_setup.demand_own(channels, probe.project_id)
    probe.name, probe.slug = wanted.name.strip(), probe.slug or slug_of(wanted.name)
    probe.kind, probe.target = check.kind, check.target
    for name in _PLAIN:
        setattr(probe, name, getattr(wanted, name))
    secrets = {name: getattr(check, name) for name in SECRET if getattr(check, name)}
    probe.config = {**checks.config_of(check), "has_secrets": bool(secrets)}
    probe.secrets = json.dumps({name: dict(one) if name == "headers" else one for name, one in secrets.items()})
    probe.header_names = sorted(check.headers)
    probe.full_clean(exclude=["project", "secrets", "header_names", "config"], validate_constraints=False)
    with transaction.atomic():
        probe.save()
        probe.channels.set(channels)
        audit.record(action, actor=actor, project=probe.project, obj=probe, detail=detail_of(probe), now=now)


def _begin_anew(state: ProbeState, *, now: datetime) -> None:
    after, spans = standing.paused(rounds.standing_of(state), now=now)
    rounds.put(state, standing.resumed(after, now=now) if state.probe.is_enabled else after, spans)
    state.last_ok_at, state.words = None, ""
    routing.forget(telling.notices_of(state.probe), now=now)
    state.certificate_ends_at = state.certificate_told = None


def _kept_secrets(probe: Probe, wanted: Wanted) -> dict[str, Any]:
    """Stored for one place, they go to no other: whoever changes the host types them again."""
    if not probe.pk or not probe.config.get("has_secrets") or wanted.kind != "http" or probe.kind != "http":
        return {}
    if _origin(probe.target) != _origin(wanted.target):
        return {}
    try:
        kept = rounds.check_of(probe)
    except Undecipherable:
        return {}
    return {name: getattr(kept, name) for name in SECRET}


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        found = http.parse(url.strip())
    except Refused:
        return None
    return found.scheme, found.host, found.port


def _demand_reachable(check: Check) -> None:
    """A name that does not resolve yet passes; what counts is the check when it is looked at."""
    place = "resolver" if check.kind == "dns" else "target"
    try:
        with suppress(Unreachable):
            if check.kind == "http":
                http.check(check.target)
            elif check.kind != "dns":
                http.addresses_of(checks.address(check.target))
            elif check.resolver:
                http.addresses_of(checks.address(check.resolver, "resolver", port=53))
    except Refused as error:
        raise InvalidCheck(place, str(error)) from None


def _demand_numbers(wanted: Wanted) -> None:
    if not SHORTEST <= wanted.interval_seconds <= LONGEST:
        raise ValidationError({"interval_seconds": "From 30 seconds to one day."})
    if not 1 <= wanted.timeout_seconds <= LONGEST_TIMEOUT:
        raise ValidationError({"timeout_seconds": f"From 1 to {LONGEST_TIMEOUT} seconds."})
    if timedelta(seconds=wanted.timeout_seconds) > timedelta(seconds=wanted.interval_seconds) * 0.8:
        raise ValidationError({"timeout_seconds": "At most four fifths of the time between two looks."})
    if not 2 <= wanted.failure_threshold <= 100:
        raise ValidationError({"failure_threshold": "From 2 to 100: one failed look alone alarms nobody."})
    if not 1 <= wanted.recovery_threshold <= 100:
        raise ValidationError({"recovery_threshold": "From 1 to 100."})
    if not wanted.name.strip():
        raise ValidationError({"name": "It needs a name, such as Shop."})


def _switch(probe: Probe, action: str, *, on: bool, actor: Any, now: datetime) -> None:
    probe.is_enabled = on
    probe.save(update_fields=["is_enabled"])
    audit.record(action, actor=actor, project=probe.project, obj=probe, now=now)
