"""Which days of a period are read from what is kept of them, and which are walked along the events.

Today, and a day that just changed, are walked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, timedelta
from typing import Any, NamedTuple

from analytics.models import FillState
from analytics.periods import Period
from events.facts import derived, segments
from events.facts.schema import Fact
from events.models import FactChange, Segment
from events.runtime import remembered, together


class Days(NamedTuple):
    """Spans of kept days, in `segments`, and spans that are walked; `rows` of both."""

    kept: tuple[Period, ...]
    walked: tuple[Period, ...]
    segments: frozenset[int] = frozenset()
    rows: int = 0


def of(project_id: int, fact: Fact, period: Period, *, version: str) -> Days:
    """The days of a period, of a fact that is worked out of another, as its `version` has it."""
    versions, changes = _state(project_id, fact, period)
    if version not in versions:
        return walked(period)
    listed = _listed(project_id, fact.name, period)
    of_day = {one.day: one for one in listed if not derived.is_touched(one, changes)}
    missing: Counter[date] = Counter()
    for one in _listed(project_id, fact.source, period):
        if one.day not in of_day:
            missing[one.day] += one.rows
    return Days(
        _spans(of_day, period), _spans(missing, period), frozenset(one.pk for one in of_day.values()),
        sum(one.rows for one in of_day.values()) + sum(missing.values()),
    )  # fmt: skip


def walked(period: Period) -> Days:
    """All of it walked."""
    return Days((), (period,))


def still_hold(days: Days) -> bool:
    """Whether all days that were read were those that count; a change may have come between."""
    return not days.segments or Segment.objects.filter(pk__in=days.segments).count() == len(days.segments)


def _state(project_id: int, fact: Fact, period: Period) -> tuple[set[str], list[FactChange]]:
    """The version that days are kept by, and what came or went and is not counted yet. A look that compares asks for
    the period before as well."""
    since = derived.begins(period.start.astimezone(UTC).date()) - derived.BREAK
    key = ("days", project_id, fact.name)
    known = remembered.noted(key)
    if known is None or since < known[0]:
        first = since - period.length - timedelta(days=1)
        found = together.asked(
            filled=FillState.objects.filter(project_id=project_id, rollup=fact.name),
            changes=FactChange.objects.filter(project_id=project_id, fact=fact.source, max_at__gt=first),
        )
        known = (first, {one.version for one in found["filled"]}, found["changes"])
        remembered.note(key, known)
    return known[1], known[2]


def _listed(project_id: int, fact: str, period: Period) -> list[Segment]:
    """The segments of all days that the period touches; a visit may reach beyond its day."""
    days = [at.astimezone(UTC).date() for at in (period.start, period.end)]
    start, end = derived.begins(days[0]), derived.begins(days[1] + timedelta(days=1))
    found = segments.select(project_id, fact, start=start - timedelta(days=1), end=end + timedelta(days=1))
    return [one for one in found if days[0] <= one.day <= days[1]]


def _spans(days: Collection[date], period: Period) -> tuple[Period, ...]:
    """Days that follow each other, as spans within the period."""
    found: list[Period] = []
    for day in sorted(days):
        start, end = derived.begins(day), derived.begins(day + timedelta(days=1))
        if found and found[-1].end == start:
            found[-1] = Period(found[-1].start, end)
        else:
            found.append(Period(start, end))
    within = (Period(max(one.start, period.start), min(one.end, period.end)) for one in found)
    return tuple(one for one in within if one.start < one.end)


def hull(spans: Collection[Period]) -> Period:
    return Period(min(one.start for one in spans), max(one.end for one in spans))


def within(spans: Collection[Period], bound: dict[str, Any]) -> str:
    """Holds of the moments of kept days; a day in between may have a segment that does not count."""
    for place, span in enumerate(spans):
        bound[f"since_{place}"], bound[f"until_{place}"] = span
    terms = (f'(e."at" >= $since_{place} AND e."at" < $until_{place})' for place in range(len(spans)))
    return f"({' OR '.join(terms)})"
