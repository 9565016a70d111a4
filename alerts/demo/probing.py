"""The demo's probe: what a week of looks at its shop found, without asking anybody anything."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from alerts.delivery.http import Phases
from alerts.models import Probe, ProbeState
from alerts.probes import checks, probe_setup, rounds
from alerts.probes.found import Found
from alerts.probes.rounds import Claimed
from events.accounts import audit
from events.demo import Demo

WEEK, INTERVAL = timedelta(days=7), timedelta(minutes=15)
CERTIFICATE = timedelta(days=61)
ACTOR = "seed_demo"
_ADDRESS = "https://shop.example/health"  # of a name that is nobody's


@transaction.atomic  # a server that runs sees it paused, and has nothing to look at
def play(demo: Demo, *, now: datetime, down: tuple[datetime, datetime] | None = None) -> Probe | None:
    """A probe with its looks up to `now`, which failed while the shop was `down`; None where there is one already.

    It is muted, since the incident of the bad day is that of the rules, and paused at the end: nobody answers there.
    """
    if demo.project.probes.exists():
        return None
    dice = random.Random(f"probe {demo.project.slug}")  # noqa: S311  # a demo, not a secret
    at = max(demo.started, now - WEEK)
    probe = _made(demo, at=at)
    while at < now:
        is_down = down is not None and down[0] <= at < down[1]
        at = _look(probe, _found(dice, at=at, is_down=is_down), at=at) or now
    probe_setup.pause(probe, actor=ACTOR, now=now)
    return probe


def _made(demo: Demo, *, at: datetime) -> Probe:
    check = checks.clean({"kind": "http", "target": _ADDRESS, "timeout": 10.0})
    probe = Probe.objects.create(
        project=demo.project, name="Shop", slug="shop", kind=check.kind, target=check.target, created_at=at,
        interval_seconds=int(INTERVAL.total_seconds()), is_muted=True,
        config={**checks.config_of(check), "has_secrets": False},
    )  # fmt: skip
    ProbeState.objects.create(probe=probe, since=at, next_at=at)
    audit.record(
        "probe.create", actor=ACTOR, project=demo.project, obj=probe, detail=probe_setup.detail_of(probe), now=at
    )
    return probe


def _look(probe: Probe, found: Found, *, at: datetime) -> datetime | None:
    """Keeps what a look found; when the next is due."""
    state: Any = ProbeState.objects.get(probe=probe)
    claimed = Claimed(state.pk, uuid.uuid4(), at, rounds.standing_of(state).is_turning, None)
    ProbeState.objects.filter(pk=state.pk).update(claim=claimed.claim)
    rounds.keep(claimed, found, at=at, now=at)
    return ProbeState.objects.values_list("next_at", flat=True).get(pk=state.pk)


def _found(dice: random.Random, *, at: datetime, is_down: bool) -> Found:
    """An answer, slower when people work."""
    pace = 1.6 if 8 <= at.hour < 18 else 1.0
    dns, connect, tls = dice.uniform(2, 9), dice.uniform(11, 17), dice.uniform(18, 28)
    first = dice.lognormvariate(4.2, 0.35) * pace
    phases = Phases(dns=dns, connect=connect, tls=tls, first_byte=first)
    return Found(
        is_ok=not is_down, words="The status is 500, and not 200-299." if is_down else "",
        http_status=500 if is_down else 200, phases=phases, total_ms=dns + connect + tls + first + dice.uniform(1, 4),
        certificate_ends=(at + CERTIFICATE).timestamp(),
    )  # fmt: skip
