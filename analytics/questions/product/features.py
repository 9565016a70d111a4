"""How a feature, which is a set of events, is used: by how many of all, since when, how often, and who stays.

A person is new in the bucket of the first use in all that is stored, returning in one after a bucket with use,
resurrecting in one after a bucket without; dormant in the first bucket without use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import engine
from analytics.periods import Period
from analytics.questions.product import acts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.calendar import Calendar
from events.models import Project

MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Bucket:
    """People of one bucket. `active` did anything, `users` used the feature: new, returning and resurrecting ones."""

    start: datetime
    is_whole: bool
    active: int
    users: int
    new: int
    returning: int
    resurrecting: int
    dormant: int


@dataclass(frozen=True, slots=True)
class Feature:
    """People of the period: `users` of all `active`, `new` for the first time. `often[k]` people used it in k + 1
    buckets. `stickiness` is the mean of a whole bucket's users, of all users of the period: daily of monthly active
    people, where buckets are days and the period is a month."""

    active: int
    users: int
    new: int
    uses: int
    buckets: tuple[Bucket, ...]
    often: tuple[int, ...]
    stickiness: float | None

    @property
    def share(self) -> float | None:
        return self.users / self.active if self.active else None


def features(project: Project, *, events: Sequence[str], scope: Scope, calendar: Calendar) -> Feature:
    """The use of the feature that these events (names, paths) are; of EVERY, what anybody does. `calendar` begins with
    a bucket more, which tells who returned in the next; the period begins with that next one. Raises BadQuestion."""
    if not 1 <= len(events) <= MOST_EVENTS:
        raise BadQuestion(f"A feature is from one to {MOST_EVENTS} events.")
    bound: dict[str, Any] = {"end": scope.period.end}
    used = " OR ".join(acts.meant(f"event_{n}", event, bound, scope.actions) for n, event in enumerate(events))
    # Bucket 0 is the one before the period, and -1 is all that lies before it.
    sql = f"""
        WITH met AS (
            SELECT {acts.who()} AS who, {calendar.place(acts.us())} AS place,
                   count(*) FILTER (WHERE {used}) AS uses
            FROM events e WHERE {acts.counted(scope, bound, in_period=False)} GROUP BY 1, 2
        ), used AS (
            SELECT who, place, uses, lag(place) OVER w AS before, lead(place) OVER w AS after
            FROM met WHERE uses > 0 WINDOW w AS (PARTITION BY who ORDER BY place)
        ), often AS (SELECT who, count(*) AS buckets, sum(uses) AS uses FROM used WHERE place > 0 GROUP BY who)
        SELECT 'active' AS kind, place, count(*) AS people FROM met WHERE place > 0 GROUP BY place
        UNION ALL SELECT 'users', place, count(*) FROM used WHERE place > 0 GROUP BY place
        UNION ALL SELECT 'new', place, count(*) FROM used WHERE place > 0 AND before IS NULL GROUP BY place
        UNION ALL SELECT 'returning', place, count(*) FROM used WHERE place > 0 AND before = place - 1 GROUP BY place
        UNION ALL SELECT 'dormant', place + 1, count(*) FROM used
                  WHERE place >= 0 AND (after IS NULL OR after > place + 1) GROUP BY place
        UNION ALL SELECT 'often', buckets, count(*) FROM often GROUP BY buckets
        UNION ALL SELECT 'uses', 0, coalesce(sum(uses), 0)::BIGINT FROM often
        UNION ALL SELECT 'everybody', 0, count(DISTINCT who) FROM met WHERE place > 0
    """
    with engine.read(project.pk, {"events": (None, scope.period.end)}, with_persons=True) as facts:
        found = {(row["kind"], row["place"]): row["people"] for row in facts.ask(sql, bound)}
    whole = calendar.whole(Period(calendar.edges[1], scope.period.end))
    buckets = tuple(_bucket(found, calendar, place, is_whole=whole[place]) for place in range(1, len(whole)))
    often = tuple(found.get(("often", count), 0) for count in range(1, len(whole)))
    users = sum(often)
    return Feature(
        active=found["everybody", 0],
        users=users,
        new=sum(bucket.new for bucket in buckets),
        uses=found["uses", 0],
        buckets=buckets,
        often=often,
        stickiness=stickiness(buckets, users=users),
    )


def stickiness(buckets: Sequence[Bucket], *, users: int) -> float | None:
    """The mean of a whole bucket's users, of all users of the period."""
    known = [bucket.users for bucket in buckets if bucket.is_whole]
    return sum(known) / len(known) / users if known and users else None


def _bucket(found: Mapping[tuple[str, int], int], calendar: Calendar, place: int, *, is_whole: bool) -> Bucket:
    active, users, new, returning, dormant = (
        found.get((kind, place), 0) for kind in ("active", "users", "new", "returning", "dormant")
    )
    return Bucket(calendar.edges[place], is_whole, active, users, new, returning, users - new - returning, dormant)
