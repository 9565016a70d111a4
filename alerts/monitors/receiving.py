"""What a job says of itself: its run is kept, its monitor moves, and who must know is told, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from alerts import schedule
from alerts.models import Monitor, MonitorRun, MonitorState, MonitorTransition
from alerts.monitors import standing, telling
from alerts.monitors.standing import Plan, Standing, Status
from alerts.schedule import InvalidSchedule

OPEN = MonitorRun.Status.IN_PROGRESS
OVERTAKEN = timedelta(hours=1)
_MOVES = [
    field.name for field in MonitorState._meta.concrete_fields if field.name not in ("id", "monitor", "environment")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A check-in or a ping. Without a `run_id` it is about the latest run that goes on, or a new one."""

    status: str
    at: datetime
    is_ping: bool = False
    run_id: uuid.UUID | None = None
    environment: str = ""
    duration_ms: float | None = None
    exit_code: int | None = None
    release: str = ""
    trace_id: str = ""
    body: str = ""


@transaction.atomic(savepoint=False)
def receive(monitor: Monitor, report: Report, *, now: datetime) -> MonitorRun | None:
    """The run as it is after this report; None for one that changes nothing, because another came first."""
    state = locked_state(monitor, report.environment, now=now)
    if report.status == MonitorRun.Status.LOG:
        return _written(MonitorRun(state=state, status=report.status, at=report.at), report)
    # Read once: the run that this is about is among them as a rule, and so is the next that takes too long.
    going_on = list(state.runs.filter(status=OPEN).order_by("-at", "-pk").defer("body"))
    run = _run_of(state, going_on, report)
    if run is not None and run.state_id != state.pk:
        return None  # another monitor's run, or the same one's in another environment
    if report.status == OPEN:
        return _begin(state, run, going_on, report, now=now)
    return _end(state, run, going_on, report, now=now)


def locked_state(monitor: Monitor, environment: str, *, now: datetime) -> MonitorState:
    """Where the monitor stands in this environment, locked until the transaction ends."""
    locked = MonitorState.objects.select_for_update().filter(monitor=monitor, environment=environment)
    state = locked.first()
    if state is None:
        values = {"status": Status.NEW if monitor.is_enabled else Status.PAUSED, "since": now}
        MonitorState.objects.get_or_create(monitor=monitor, environment=environment, defaults=values)
        state = locked.get()
    state.monitor = monitor
    return state


def plan_of(monitor: Monitor) -> Plan:
    """What is expected of the monitor; a schedule that cannot be read expects nothing."""
    try:
        found = schedule.read(monitor.kind, monitor.schedule, monitor.zone)
    except InvalidSchedule:
        found = None
    margin = timedelta(seconds=monitor.margin_seconds)
    return Plan(found, margin, monitor.failure_threshold, monitor.recovery_threshold)


def standing_of(state: MonitorState) -> Standing:
    return Standing(Status(state.status), state.since, state.due_at, state.failures, state.successes)


def put(
    state: MonitorState, after: Standing, plan: Plan, *, words: str = "", now: datetime, timeouts: Sequence[datetime]
) -> None:
    """Write down where it stands now, the change if there was one, and tell who must know."""
    before = state.status
    state.status, state.since, state.due_at = after.status, after.since, after.due_at
    state.failures, state.successes = after.failures, after.successes
    state.alert_after = standing.wakes_at(after, plan, timeouts)
    if before != after.status:
        at = after.since or now
        if after.status is Status.DOWN:
            state.down_at, state.words = at, words[:300]
        MonitorTransition.objects.create(state=state, before=before, after=after.status, at=at, words=words[:300])
    state.save(update_fields=_MOVES)
    telling.tell(state, before, now=now)


def open_timeouts(state: MonitorState) -> list[datetime]:
    """When the runs that go on take too long."""
    open_runs = state.runs.filter(status=OPEN, timeout_at__isnull=False)
    return [moment for moment in open_runs.order_by("timeout_at").values_list("timeout_at", flat=True)[:1] if moment]


def _begin(
    state: MonitorState, run: MonitorRun | None, going_on: Sequence[MonitorRun], report: Report, *, now: datetime
) -> MonitorRun | None:
    if run is not None and run.status != OPEN:
        return None  # its end came before its beginning
    length = timedelta(seconds=state.monitor.max_runtime_seconds)
    if run is None:
        run = MonitorRun(state=state, run_id=report.run_id, status=OPEN, at=report.at)
    elif report.is_ping:
        run.at = report.at  # of two beginnings without an end, the latter counts
    run.timeout_at = report.at + length
    run = _written(run, report)
    before, plan = standing_of(state), plan_of(state.monitor)
    after = before
    if not report.is_ping:
        after = standing.begun(before, plan, at=_in_order(state, report))
        state.last_at = _in_order(state, report)
    put(state, after, plan, now=now, timeouts=_timeouts(going_on, run))
    return run


def _end(
    state: MonitorState, run: MonitorRun | None, going_on: Sequence[MonitorRun], report: Report, *, now: datetime
) -> MonitorRun | None:
    has_begun = run is not None
    if run is None:
        run = MonitorRun(state=state, run_id=report.run_id, at=report.at)
    elif run.status == MonitorRun.Status.TIMEOUT:
        if not report.is_ping:  # it was told already; only its length was not known
            run.ended_at, run.duration_ms = report.at, _duration(run, report)
            run.save()
            return run
    elif run.status != OPEN:
        return None  # an end that was sent again
    if has_begun:
        run.ended_at, run.duration_ms = report.at, _duration(run, report)
    else:
        run.ended_at, run.duration_ms = report.at, report.duration_ms
        run.at = report.at - timedelta(milliseconds=report.duration_ms or 0)
    run.status, run.timeout_at = report.status, None
    run = _written(run, report)
    is_ok, at = report.status == MonitorRun.Status.OK, _in_order(state, report)
    before, plan = standing_of(state), plan_of(state.monitor)
    if report.is_ping and before.status is Status.PAUSED:
        before = standing.resumed(before, now=now)
        Monitor.objects.filter(pk=state.monitor_id).update(is_enabled=True)
    after = standing.ended(before, plan, at=at, is_ok=is_ok, has_begun=has_begun and not report.is_ping)
    state.last_at = at
    if is_ok:
        state.last_ok_at = at
    words = "" if is_ok else f"it failed with exit status {report.exit_code}" if report.exit_code else "it said so"
    put(state, after, plan, words=words, now=now, timeouts=_timeouts(going_on, run))
    return run


def _written(run: MonitorRun, report: Report) -> MonitorRun:
    for name in ("release", "trace_id", "body"):
        if value := getattr(report, name):
            setattr(run, name, value)
    if report.exit_code is not None:
        run.exit_code = report.exit_code
    run.save()
    return run


def _run_of(state: MonitorState, going_on: Sequence[MonitorRun], report: Report) -> MonitorRun | None:
    """The run that this report is about, if there is one already; those that go on have the latest first."""
    if report.run_id is not None:
        named = next((run for run in going_on if run.run_id == report.run_id), None)
        of_project = MonitorRun.objects.filter(state__monitor__project_id=state.monitor.project_id)
        runs = state.runs.all() if report.is_ping else of_project  # the ids of check-ins are a project's
        return named or runs.filter(run_id=report.run_id).first()
    if report.is_ping:
        # A run without a name is begun anew by a beginning without one; an end without one ends whatever goes on.
        nameless = next((run for run in going_on if run.run_id is None), None)
        if nameless or report.status == OPEN:
            return nameless
    return next(iter(going_on), None)


def _timeouts(going_on: Sequence[MonitorRun], changed: MonitorRun) -> list[datetime]:
    """When the first of the runs that still go on takes too long, the one that changed among them."""
    runs = {run.pk: run for run in (*going_on, changed)}.values()
    return sorted(run.timeout_at for run in runs if run.status == OPEN and run.timeout_at)[:1]


def _duration(run: MonitorRun, report: Report) -> float:
    if report.duration_ms is not None:
        return report.duration_ms
    return abs((report.at - run.at).total_seconds() * 1000)


def _in_order(state: MonitorState, report: Report) -> datetime:
    """When it was said, as far as the schedule counts: a report that was overtaken turns nothing back.

    One that is hours behind was not overtaken: the clock was set back.
    """
    last = state.last_at
    return last if last is not None and report.at < last < report.at + OVERTAKEN else report.at
