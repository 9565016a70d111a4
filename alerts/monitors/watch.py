"""The tick of monitors: takes what was reported, then finds what was not, a monitor in one transaction.

A monitor is claimed by its row's lock, so any number of workers may watch; killed, it is as if it had not begun.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from alerts import schedule
from alerts.models import CheckIn, MonitorRun, MonitorState, Watch
from alerts.monitors import check_ins, receiving, retention, standing, telling
from alerts.monitors.standing import Absence, Plan, Slot, Standing, Status
from events.models import InboxItem

logger = logging.getLogger(__name__)

# When a monitor that could not be judged is tried again.
LATER = timedelta(minutes=1)
# Ticks come every ten seconds. After a longer pause, reports of that time may have been lost with the server.
LONGEST_PAUSE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Watched:
    """What one tick did."""

    reports: int = 0
    looks: int = 0


def run(*, now: datetime, seconds: float = 20.0) -> Watched:
    """Take what was reported and look at what is due, until nothing is or the time is up."""
    deadline = time.monotonic() + seconds
    absence = look(now=now)
    reports, looks = check_ins.take(now=now, until=deadline), 0
    behind = _behind()
    while time.monotonic() < deadline and _next(absence, behind, now=now):
        looks += 1
    return Watched(reports, looks)


@transaction.atomic
def look(*, now: datetime) -> Absence | None:
    """Note that the watch looks; its last absence, if there was one. A clock that jumps on was away, too."""
    watch, is_first = Watch.objects.select_for_update().get_or_create(pk=1, defaults={"looked_at": now})
    if not is_first and now - watch.looked_at > LONGEST_PAUSE:
        watch.away_from, watch.away_to = watch.looked_at, now
    watch.looked_at = now
    watch.save()
    return Absence(watch.away_from, watch.away_to) if watch.away_from and watch.away_to else None


def _behind() -> list[int]:
    """Projects whose check-ins are accepted and not taken yet: silence of theirs means nothing so far."""
    accepted = InboxItem.objects.filter(kind="check_in").values_list("project_id", flat=True)
    return list(accepted.union(CheckIn.objects.values_list("project_id", flat=True))[:1000])


@transaction.atomic
def _next(absence: Absence | None, behind: list[int], *, now: datetime) -> bool:
    """Look at one monitor that is due; whether there was one."""
    due = MonitorState.objects.filter(alert_after__lte=now, monitor__project__deleted_at=None).exclude(
        monitor__project__in=behind
    )
    claimed = due.select_related("monitor__project").select_for_update(skip_locked=True, of=("self",))
    state = claimed.order_by("alert_after").first()
    if state is None:
        return False
    try:
        with transaction.atomic():
            judge(state, absence, now=now)
    except DatabaseError:
        raise
    except Exception as problem:  # one that cannot be judged must not stop those behind it
        logger.warning("The monitor %s cannot be judged: %s", state.monitor_id, type(problem).__name__, exc_info=True)
        MonitorState.objects.filter(pk=state.pk).update(alert_after=now + LATER)
    return True


def judge(state: MonitorState, absence: Absence | None, *, now: datetime) -> None:
    """What silence up to now makes of a locked state: runs that take too long, and slots without a report."""
    plan = receiving.plan_of(state.monitor)
    after, words = _overrun(state, plan, receiving.standing_of(state), now=now)
    after, slots = standing.waited(after, plan, now=now, absence=absence)
    for slot in slots:
        status = MonitorRun.Status.UNKNOWN if slot.is_unknown else MonitorRun.Status.MISSED
        MonitorRun.objects.create(state=state, status=status, at=slot.due_at, ended_at=slot.at)
    missed = [slot for slot in slots if not slot.is_unknown]
    if missed:
        words = _missed_words(state, missed[0])
    receiving.put(state, after, plan, words=words, now=now, timeouts=receiving.open_timeouts(state))
    if slots:
        retention.bound(state)


def _overrun(state: MonitorState, plan: Plan, before: Standing, *, now: datetime) -> tuple[Standing, str]:
    """Runs that go on too long have failed, unless a later one came to its end."""
    after, words = before, ""
    for run in state.runs.filter(status=receiving.OPEN, timeout_at__lte=now).order_by("timeout_at"):
        over = run.timeout_at or now
        run.status, run.timeout_at = MonitorRun.Status.TIMEOUT, None
        run.save(update_fields=["status", "timeout_at"])
        ended = [MonitorRun.Status.OK, MonitorRun.Status.ERROR]
        if after.status is Status.PAUSED or state.runs.filter(status__in=ended, at__gt=run.at).exists():
            continue
        after = standing.failed(after, plan, at=over)
        length = schedule.spoken(state.monitor.max_runtime_seconds)
        words = f"its run of {telling.clock(run.at, state.monitor.zone)} takes longer than {length}"
    return after, words


def _missed_words(state: MonitorState, slot: Slot) -> str:
    monitor = state.monitor
    margin = schedule.spoken(monitor.margin_seconds)
    return f"nothing came: expected at {telling.clock(slot.due_at, monitor.zone)}, {margin} are over"
