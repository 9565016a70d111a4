"""Claiming what is due, looking, and writing down what was found: a probe in one transaction.

A claim moves the moment at which the probe is due behind the longest time that a look may take. A look that was killed
has changed nothing, and its probe is due again at that moment; one that ends when its claim is gone is dropped.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction

from alerts.models import Probe, ProbeLook, ProbeSpan, ProbeState
from alerts.probes import checks, looking, own_network, standing, telling
from alerts.probes.checks import Check
from alerts.probes.found import Found, failed
from alerts.probes.standing import Plan, Span, Standing, Status
from events.models.secrets import Undecipherable
from events.scrubbing import scrub_text

logger = logging.getLogger(__name__)

# What a look may take beyond its timeout: names that resolve slowly, a machine that is busy.
GRACE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One look to be done; `check` is None where the stored secrets cannot be read."""

    state_id: int
    claim: uuid.UUID
    due_at: datetime
    is_retry: bool
    check: Check | None


@dataclass(frozen=True, slots=True)
class Done:
    """A look that began at `at`, and what it found."""

    claimed: Claimed
    at: datetime
    found: Found


@transaction.atomic
def claim(*, now: datetime, most: int) -> list[Claimed]:
    """Up to `most` probes that are due, the longest due first; nobody else looks at them meanwhile."""
    due = (
        ProbeState.objects.filter(next_at__lte=now, probe__project__deleted_at=None)
        .select_related("probe")
        .defer("probe__secrets")
    )
    states = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("next_at")[:most])
    found = [_claimed(state, now=now) for state in states]
    ProbeState.objects.bulk_update(states, ["claim", "next_at"])
    return found


def next_due() -> datetime | None:
    """When the next probe is due."""
    waiting = ProbeState.objects.filter(next_at__isnull=False, probe__project__deleted_at=None).order_by("next_at")
    return waiting.values_list("next_at", flat=True).first()


def look(claimed: Claimed, *, now: datetime) -> Found:
    """What is found; touches no database, so that any thread may do it."""
    if claimed.check is None:
        return failed("Its stored headers cannot be read: the key that wrote them is not configured any more.")
    found = looking.look(claimed.check, now=now)
    return replace(found, is_unknown=found.is_silent and not own_network.is_there())


def keep(claimed: Claimed, found: Found, *, at: datetime, now: datetime) -> ProbeLook | None:
    """Write down one look; None where its claim is gone."""
    return next(iter(keep_all([Done(claimed, at, found)], now=now)), None)


@transaction.atomic
def keep_all(done: Sequence[Done], *, now: datetime) -> list[ProbeLook]:
    """Write down looks; left out are those whose claim is gone: paused, changed, or too late.

    One whose message cannot be written stops none of the others: it is as if it had been killed, and due again.
    """
    by_state = {one.claimed.state_id: one for one in done}
    states = ProbeState.objects.select_related("probe__project").defer("probe__secrets").filter(pk__in=by_state)
    looks = []
    for state in states.select_for_update(of=("self",)).order_by("pk"):
        one = by_state[state.pk]
        if state.claim != one.claimed.claim:
            continue
        try:
            looks.append(_kept(state, one, now=now))
        except DatabaseError:
            raise
        except Exception as problem:
            logger.warning("A look was not kept: %s", type(problem).__name__, exc_info=True)
    return ProbeLook.objects.bulk_create(looks)


def _kept(state: ProbeState, one: Done, *, now: datetime) -> ProbeLook:
    """The state after a look, saved, and the look, which the caller saves."""
    found, at = one.found, one.at
    entry = _look_of(state, one.claimed, found, at=at)
    plan, after = plan_of(state.probe), standing_of(state)
    spans: tuple[Span, ...] = ()
    if not found.is_unknown:
        after, spans = standing.looked(after, plan, at=at, is_ok=found.is_ok)
    following = standing.next_look(after, plan, key=state.probe_id, now=now, is_unknown=found.is_unknown)
    if found.is_unknown:
        ProbeState.objects.filter(pk=state.pk).update(claim=None, next_at=following)
        return entry
    before = state.status
    is_news = bool(spans) or Status.DOWN in (before, after.status) or found.certificate_ends is not None
    with transaction.atomic() if is_news else nullcontext():
        put(state, after, spans)
        if found.is_ok:
            state.last_ok_at = at
        if not found.is_ok or after.status is not Status.DOWN:  # what is not up again yet keeps why it is down
            state.words = entry.words
        if found.certificate_ends is not None:
            state.certificate_ends_at = datetime.fromtimestamp(found.certificate_ends, tz=UTC)
        telling.tell(state, before, now=now)
        state.claim, state.next_at = None, following
        state.save()
    return entry


def look_now(probe: Probe, *, now: datetime) -> ProbeLook | None:
    """One look at once, whatever was due; None where somebody else changed the probe meanwhile."""
    with transaction.atomic():
        states = ProbeState.objects.select_related("probe").defer("probe__secrets").select_for_update(of=("self",))
        state = states.get(probe=probe)
        claimed = _claimed(state, now=now)
        state.save(update_fields=["claim", "next_at"])
    return keep(claimed, look(claimed, now=now), at=now, now=now)


def plan_of(probe: Probe) -> Plan:
    return Plan(timedelta(seconds=probe.interval_seconds), probe.failure_threshold, probe.recovery_threshold)


def standing_of(state: ProbeState) -> Standing:
    return Standing(
        Status(state.status), state.since, state.span_at, state.last_at, state.turning_at, state.failures,
        state.successes,
    )  # fmt: skip


def put(state: ProbeState, after: Standing, spans: tuple[Span, ...]) -> None:
    """Where it stands now onto the state, which the caller saves, and the stretches that are over as rows."""
    words = state.words if state.status == Status.DOWN else ""
    if spans:
        ProbeSpan.objects.bulk_create(
            ProbeSpan(probe_id=state.probe_id, status=one.status, start=one.start, end=one.end, words=words)
            for one in spans
        )
    if after.status is Status.DOWN and state.status != Status.DOWN:
        state.down_at = after.since
    for name in Standing.__dataclass_fields__:
        setattr(state, name, getattr(after, name))


def check_of(probe: Probe) -> Check:
    """What is looked at, with its secrets. Raises Undecipherable."""
    secrets: dict[str, Any] = {}
    if probe.config.get("has_secrets"):
        kept = Probe.objects.filter(pk=probe.pk).values_list("secrets", flat=True).first()
        secrets = json.loads(kept or "{}")
    return checks.stored(probe.kind, probe.target, float(probe.timeout_seconds), probe.config, secrets)


def _claimed(state: ProbeState, *, now: datetime) -> Claimed:
    due_at, probe = state.next_at or now, state.probe
    state.claim = uuid.uuid4()
    state.next_at = now + timedelta(seconds=probe.timeout_seconds) + GRACE
    try:
        check = check_of(probe)
    except Undecipherable:
        check = None
    return Claimed(state.pk, state.claim, due_at, standing_of(state).is_turning, check)


def _look_of(state: ProbeState, claimed: Claimed, found: Found, *, at: datetime) -> ProbeLook:
    statuses = ProbeLook.Status
    phases = found.phases
    return ProbeLook(
        probe_id=state.probe_id,
        status=statuses.UNKNOWN if found.is_unknown else statuses.UP if found.is_ok else statuses.DOWN,
        at=at,
        is_retry=claimed.is_retry,
        words=scrub_text(found.words.replace("\0", ""))[:300] if found.words else "",
        http_status=found.http_status,
        redirects=found.redirects,
        dns_ms=phases.dns,
        connect_ms=phases.connect,
        tls_ms=phases.tls,
        first_byte_ms=phases.first_byte,
        total_ms=found.total_ms,
        is_counted=claimed.is_retry or found.is_unknown,
    )
