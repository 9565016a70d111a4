"""Where a probe stands, and what a look makes of it: pure, now is a parameter.

    new -> up | down;  up -> (failures in a row) -> down -> (good looks in a row) -> up

What is told begins where it began: a probe is down since the first of the looks that failed, and up again since the
first that did not. A look that fails is tried again within seconds, so that nobody hears of one lost packet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

# How soon the second look comes, and those after it.
SOON, LATER = timedelta(seconds=5), timedelta(seconds=15)
_ORIGIN = datetime(2020, 1, 1, tzinfo=UTC)


class Status(StrEnum):
    NEW = "new"
    UP = "up"
    DOWN = "down"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Plan:
    """How often is looked, and how many looks make a change."""

    interval: timedelta
    failures: int = 3
    recoveries: int = 2

    @property
    def longest_gap(self) -> timedelta:
        """After a longer pause nobody looked: a look or two may be late, more are a gap."""
        return 2 * self.interval + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    status: Status = Status.NEW
    since: datetime | None = None
    span_at: datetime | None = None
    last_at: datetime | None = None
    turning_at: datetime | None = None
    failures: int = 0
    successes: int = 0

    @property
    def is_turning(self) -> bool:
        """Whether the last look contradicts where it stands, and is to be confirmed."""
        if self.status is Status.DOWN:
            return self.successes > 0
        return self.failures > 0 and self.status is not Status.PAUSED


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that is over."""

    status: Status
    start: datetime
    end: datetime


def looked(standing: Standing, plan: Plan, *, at: datetime, is_ok: bool) -> tuple[Standing, tuple[Span, ...]]:
    """Where it stands after a look that began at `at`, and the stretches that ended with it."""
    if standing.status is Status.PAUSED:
        return standing, ()
    standing, closed = _after_gap(standing, plan, at=at)
    counted = replace(
        standing,
        last_at=at,
        failures=0 if is_ok else standing.failures + 1,
        successes=standing.successes + 1 if is_ok else 0,
        turning_at=_turning(standing, at=at, is_ok=is_ok),
    )
    target = _target(counted, plan, is_ok=is_ok)
    if target is counted.status:
        return counted, closed
    moved, over = _turned(counted, target, at=counted.turning_at or at)
    return moved, (*closed, *over)


def paused(standing: Standing, *, now: datetime) -> tuple[Standing, tuple[Span, ...]]:
    """Nothing is looked at; the stretch that went on ends with its last look."""
    over = _span(standing, standing.last_at)
    return Standing(status=Status.PAUSED, since=now, last_at=standing.last_at), over


def resumed(standing: Standing, *, now: datetime) -> Standing:
    """As if it had never been looked at."""
    return Standing(since=now, last_at=standing.last_at) if standing.status is Status.PAUSED else standing


def next_look(standing: Standing, plan: Plan, *, key: int, now: datetime, is_unknown: bool = False) -> datetime | None:
    """When the next look is due; `key` spreads the probes of one interval over it."""
    if standing.status is Status.PAUSED:
        return None
    slot = slot_after(now, plan.interval, key=key)
    if is_unknown:
        return min(slot, now + LATER)
    if not standing.is_turning:
        return slot
    return min(slot, now + (SOON if standing.failures == 1 else LATER))


def slot_after(moment: datetime, interval: timedelta, *, key: int) -> datetime:
    """The next moment of a grid that is the same after every start, each key with a place of its own in it."""
    digest = hashlib.blake2b(str(key).encode(), digest_size=8).digest()
    origin = _ORIGIN + interval * (int.from_bytes(digest) / 2**64)
    return origin + interval * ((moment - origin) // interval + 1)


def warning(days_left: float | None, thresholds: Sequence[int], told: int | None) -> tuple[int | None, int | None]:
    """(the number of days to tell of now, what was told so far): once a threshold, from the start after a renewal."""
    reached = [days for days in thresholds if days_left is not None and days_left <= days]
    if not reached:
        return None, None
    lowest = min(reached)
    return (None, told) if told is not None and told <= lowest else (lowest, lowest)


def _after_gap(standing: Standing, plan: Plan, *, at: datetime) -> tuple[Standing, tuple[Span, ...]]:
    """What was not looked at for long begins anew, and so does the counting: nobody knows what was in between."""
    last = standing.last_at
    if last is None or abs(at - last) <= plan.longest_gap:
        return replace(standing, span_at=standing.span_at or at), ()
    closed = _span(standing, min(last + plan.interval, max(at, last)))
    return replace(standing, span_at=at, failures=0, successes=0, turning_at=None), closed


def _turning(standing: Standing, *, at: datetime, is_ok: bool) -> datetime:
    same = standing.successes if is_ok else standing.failures
    return standing.turning_at if same and standing.turning_at else at


def _target(standing: Standing, plan: Plan, *, is_ok: bool) -> Status:
    if standing.status is Status.DOWN:
        return Status.UP if standing.successes >= plan.recoveries else Status.DOWN
    if is_ok:
        return Status.UP
    return Status.DOWN if standing.failures >= plan.failures else standing.status


def _turned(standing: Standing, status: Status, *, at: datetime) -> tuple[Standing, tuple[Span, ...]]:
    start = at if standing.span_at is None or standing.status in (Status.UP, Status.DOWN) else standing.span_at
    return replace(standing, status=status, since=at, span_at=start), _span(standing, at)


def _span(standing: Standing, end: datetime | None) -> tuple[Span, ...]:
    if standing.status not in (Status.UP, Status.DOWN) or standing.span_at is None or end is None:
        return ()
    return (Span(standing.status, standing.span_at, end),) if end > standing.span_at else ()
