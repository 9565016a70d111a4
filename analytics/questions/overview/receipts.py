"""What a project received, when last, and how long it is usually silent."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Max, Q

from analytics import engine
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project, Segment

RECEIVED = {
    "requests": "requests",
    "errors": "errors",
    "events": "product events",
    "sessions": "sessions",
    "vitals": "web vitals",
    "logs": "log lines",
    "spans": "spans",
    "metrics": "readings of hosts",
    "check_ins": "check-ins",
}
"""Fact -> what people call it; of those that senders send by themselves, which probes of ours are not."""

HOUR = timedelta(hours=1)
# Silence is judged by the longest pause of so many days, once that much of it is known.
LOOKED_AT = timedelta(days=7)
KNOWN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Receipts:
    """`last_at` is of the newest fact, whatever the period; `kinds` are what the period has any of, in words."""

    last_at: datetime | None
    kinds: tuple[str, ...]
    facts: tuple[str, ...]


def receipts(project: Project, *, period: Period, now: datetime) -> Receipts:
    """Return what was received, from the catalogue of segments alone. A sender's clock in the future counts as now."""
    within = Q(min_at__lt=period.end, max_at__gte=period.start)
    rows = (
        Segment.objects.filter(project=project, fact__in=RECEIVED)
        .values_list("fact")
        .annotate(last=Max("max_at"), within=Max("max_at", filter=within))
    )
    found = {fact: (last, met) for fact, last, met in rows}
    newest = max((last for last, _ in found.values()), default=None)
    facts = tuple(fact for fact in RECEIVED if fact in found)
    return Receipts(
        min(newest, now) if newest else None, tuple(RECEIVED[fact] for fact in facts if found[fact][1]), facts
    )


def usual_silence(project: Project, *, until: datetime, facts: Collection[str]) -> timedelta | None:
    """Return the longest pause of the days before `until`, in whole hours; None when less than a day is known.

    Raises EngineError when the facts cannot be read.
    """
    period = Period(until - LOOKED_AT, until)
    sql = " UNION ".join(
        f"""SELECT epoch_us(f."at") // {filters.width(HOUR)} AS hour FROM {fact} f"""
        for fact in RECEIVED
        if fact in facts
    )
    if not sql:
        return None
    with engine.read(project.pk, dict.fromkeys(facts, period)) as read:
        return longest_pause(row["hour"] for row in read.ask(sql))


def longest_pause(hours: Iterable[int]) -> timedelta | None:
    """Return the longest run of hours without anything between those given; None when they span less than a day."""
    known = sorted(set(hours))
    if not known or (known[-1] - known[0]) * HOUR < KNOWN:
        return None
    return max(later - earlier - 1 for earlier, later in pairwise(known)) * HOUR
