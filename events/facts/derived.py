"""Facts that are worked out of others, one segment a day: when a segment holds no longer.

Who works one out says with `lasts_until` how far it looked: a change after that, or a break before it, is none of its.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from events.facts import segments
from events.facts.schema import FACTS
from events.models import FactChange, Segment

# What lies so far apart has nothing to do with each other.
BREAK = timedelta(minutes=30)
# The farthest that a row reaches from its own moment.
LONGEST = timedelta(days=1)


def begins(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def is_touched(segment: Segment, changes: Iterable[FactChange]) -> bool:
    """Whether what changed may be of the rows of a derived segment; `max_at` is how far the last of them reaches."""
    since, until = segment.min_at - BREAK, segment.max_at + BREAK
    return any(change.min_at < until and change.max_at > since for change in changes)


def outdate(project_id: int, fact: str, changes: Iterable[FactChange], *, now: datetime) -> int:
    """Retire, in the caller's transaction, the segments worked out of facts that changed; how many."""
    names = [name for name, one in FACTS.items() if one.source == fact]
    changed = list(changes)
    if not names or not changed:
        return 0
    first = (min(change.min_at for change in changed) - LONGEST).astimezone(UTC).date()
    last = (max(change.max_at for change in changed) + BREAK).astimezone(UTC).date()
    listed = Segment.objects.filter(project_id=project_id, fact__in=names, day__gte=first, day__lte=last)
    # One by one: another may be retiring one of them. In the order of their ids, so that none waits for the other.
    touched = [segment for segment in listed.order_by("pk") if is_touched(segment, changed)]
    return sum(segments.retire([segment], now=now) for segment in touched)
