"""Where a monitor stands in one environment, and what a report or silence makes of it: pure, now is a parameter.

    new -> up -> late (due) -> down (due and its margin over) -> up

A report satisfies the slot that is due. One that comes shortly before satisfies the slot ahead: clocks of senders run
a second fast, and beats fire early. One that comes long before satisfies none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.schedule import Schedule

# So many missed slots are made up for at one look; a clock that jumps by a year writes no novel.
MOST_MISSES = 20


class Status(StrEnum):
    NEW = "new"
    UP = "up"
    LATE = "late"
    DOWN = "down"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is expected; no schedule where it cannot be read: then nothing is ever late."""

    schedule: Schedule | None
    margin: timedelta = timedelta(minutes=1)
    failures: int = 1
    recoveries: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    status: Status = Status.NEW
    since: datetime | None = None
    due_at: datetime | None = None
    failures: int = 0
    successes: int = 0


@dataclass(frozen=True, slots=True)
class Absence:
    """While the server itself was away: what was due then may have been reported, and lost."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot without a report, judged at `at`; unknown where nobody could have heard one."""

    due_at: datetime
    at: datetime
    is_unknown: bool = False


def begun(standing: Standing, plan: Plan, *, at: datetime) -> Standing:
    """A run began and says so, which satisfies its slot: from now on its length counts."""
    if standing.status is Status.PAUSED:
        return standing
    moved = replace(standing, due_at=due_after(standing, plan, at))
    return _to(moved, Status.UP, at) if moved.status in (Status.LATE, Status.NEW) else moved


def ended(standing: Standing, plan: Plan, *, at: datetime, is_ok: bool, has_begun: bool = False) -> Standing:
    """A run ended. The beginning of one that `has_begun` satisfied its slot, so its end is early for none."""
    if standing.status is Status.PAUSED:
        return standing
    moved = replace(standing, due_at=due_after(standing, plan, at, may_be_early=not has_begun))
    if not is_ok:
        return failed(moved, plan, at=at)
    moved = replace(moved, failures=0, successes=moved.successes + 1)
    if moved.status is Status.DOWN and moved.successes < plan.recoveries:
        return moved
    return _to(moved, Status.UP, at)


def failed(standing: Standing, plan: Plan, *, at: datetime) -> Standing:
    """One more failure, be it a bad end, a run that took too long, or a slot without a report."""
    if standing.status is Status.PAUSED:
        return standing
    moved = replace(standing, failures=standing.failures + 1, successes=0)
    if moved.status is Status.DOWN or moved.failures >= plan.failures:
        return _to(moved, Status.DOWN, at)
    return _to(moved, Status.UP, at)


def waited(
    standing: Standing, plan: Plan, *, now: datetime, absence: Absence | None = None
) -> tuple[Standing, list[Slot]]:
    """What silence up to now makes of it, and the slots that it left empty, the oldest first."""
    slots: list[Slot] = []
    while standing.status is not Status.PAUSED and (due := standing.due_at) is not None and due <= now:
        over = due + plan.margin
        if over > now:
            return (_to(standing, Status.LATE, due) if standing.status is Status.UP else standing), slots
        if is_unknown := absence is not None and due < absence.end and over > absence.start:
            following = _after(plan, max(due, now))
            standing = _to(standing, Status.UP, over) if standing.status is Status.LATE else standing
        else:
            following = _after(plan, due if len(slots) + 1 < MOST_MISSES else now)
            standing = failed(standing, plan, at=over)
        slots.append(Slot(due, over, is_unknown))
        standing = replace(standing, due_at=following)
    return standing, slots


def paused(standing: Standing, *, now: datetime) -> Standing:
    return replace(_to(standing, Status.PAUSED, now), due_at=None, failures=0, successes=0)


def resumed(standing: Standing, *, now: datetime) -> Standing:
    """As if it had never reported: what it missed while it was paused was nobody's loss."""
    return _to(standing, Status.NEW, now) if standing.status is Status.PAUSED else standing


def replanned(standing: Standing, plan: Plan, last_at: datetime | None, *, now: datetime) -> Standing:
    """Under a new schedule, which counts from the last report and asks for nothing that is over."""
    if standing.status is Status.PAUSED or last_at is None:
        return replace(standing, due_at=None)
    due = _after(plan, last_at)
    if due is not None and due <= now:
        due = _after(plan, now)
    return replace(_to(standing, Status.UP, now) if standing.status is Status.LATE else standing, due_at=due)


def wakes_at(standing: Standing, plan: Plan, timeouts: Sequence[datetime] = ()) -> datetime | None:
    """The next moment at which silence changes something."""
    if standing.status is Status.PAUSED:
        return None
    moments = list(timeouts)
    if standing.due_at is not None:
        turns_late = standing.status is Status.UP and plan.margin
        moments.append(standing.due_at if turns_late else standing.due_at + plan.margin)
    return min(moments, default=None)


def due_after(standing: Standing, plan: Plan, at: datetime, *, may_be_early: bool = True) -> datetime | None:
    """When the next report is due after one at `at`."""
    ahead = _after(plan, at)
    if plan.schedule is None or plan.schedule.kind != "cron" or ahead is None:
        return ahead
    due = standing.due_at or ahead
    if due <= at:
        return ahead  # it was due, and here it is
    return _after(plan, due) if may_be_early and due - at <= _early(plan, due) else due


def _early(plan: Plan, due: datetime) -> timedelta:
    """By how much a report may come before its slot: the margin, or half the way to the next where that is less."""
    following = _after(plan, due)
    return plan.margin if following is None else min(plan.margin, (following - due) / 2)


def _after(plan: Plan, moment: datetime) -> datetime | None:
    return None if plan.schedule is None else plan.schedule.after(moment)


def _to(standing: Standing, status: Status, at: datetime) -> Standing:
    return standing if standing.status is status else replace(standing, status=status, since=at)
