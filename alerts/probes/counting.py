"""Looks become facts, from which rollups, objectives and rules are asked: a batch in one transaction.

Second tries are left out: an outage counts as often as the interval says, and a lost packet once.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction

from alerts.models import ProbeLook
from events.facts import segments

BATCH = 5000
_PHASES = ("dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "total_ms")


def run(*, now: datetime) -> int:
    """Count all looks that are not counted yet; how many."""
    counted = 0
    while batch := _count(now=now):
        counted += batch
    return counted


@transaction.atomic
def _count(*, now: datetime) -> int:
    waiting = ProbeLook.objects.filter(is_counted=False).select_related("probe").defer("probe__secrets")
    looks = list(waiting.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:BATCH])
    rows: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for look in looks:
        named = {"probe": look.probe.slug, "kind": look.probe.kind, "status": look.status, "at": look.at}
        measured = {name: getattr(look, name) for name in (*_PHASES, "http_status")}
        rows[look.probe.project_id, "probes"].append({**named, **measured})
    segments.write(rows, now=now)
    ProbeLook.objects.filter(pk__in=[look.pk for look in looks]).update(is_counted=True)
    return len(looks)
