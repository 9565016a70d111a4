"""The tick under bad luck: two at once, one that dies before it commits, one monitor that cannot be judged."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from alerts import schedule
from alerts.models import Monitor, MonitorRun, MonitorState, MonitorTransition, Notification, Watch
from alerts.monitors import monitor_setup, receiving, watch
from alerts.monitors.monitor_setup import Wanted
from alerts.monitors.receiving import Report
from alerts.routing import telling
from alerts.tests import make
from events.models import Project

T = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
OVER = T + timedelta(days=1, hours=1)


def reported(project: Project, count: int) -> None:
    """So many monitors that reported once, and whose next report is over at OVER."""
    make.channel(project)
    for number in range(count):
        wanted = Wanted(name=f"Job {number}", kind="simple", schedule="1 d")
        monitor = monitor_setup.create(project, wanted, actor="test", now=T)
        receiving.receive(monitor, Report(status="ok", at=T, is_ping=True), now=T)
    Watch.objects.update_or_create(pk=1, defaults={"looked_at": OVER})


def facts() -> tuple[int, int, int]:
    """Messages, missed runs, and changes to down."""
    return (
        Notification.objects.filter(kind="monitor_down").count(),
        MonitorRun.objects.filter(status="missed").count(),
        MonitorTransition.objects.filter(after="down").count(),
    )


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_tell_of_each_monitor_once(project: Project) -> None:
    reported(project, 12)
    start = threading.Barrier(2)

    def run() -> None:
        start.wait(30)
        try:
            watch.run(now=OVER)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert facts() == (12, 12, 12)


@pytest.mark.django_db
def test_a_tick_that_dies_before_it_commits_loses_and_doubles_nothing(project: Project, monkeypatch: Any) -> None:
    reported(project, 2)

    def die(*args: Any, **rest: Any) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(telling.notify, "tell", die)
        with pytest.raises(SystemExit):
            watch.run(now=OVER)
    assert facts() == (0, 0, 0)
    watch.run(now=OVER)
    watch.run(now=OVER)
    assert facts() == (2, 2, 2)


@pytest.mark.django_db
def test_a_monitor_that_cannot_be_judged_stops_none_behind_it(project: Project, monkeypatch: Any) -> None:
    reported(project, 3)
    bad = Monitor.objects.get(name="Job 0")
    plan_of = receiving.plan_of

    def plan(monitor: Monitor) -> Any:
        if monitor.pk == bad.pk:
            raise ValueError("no")
        return plan_of(monitor)

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "plan_of", plan)
        watch.run(now=OVER)
    assert facts() == (2, 2, 2)
    assert MonitorState.objects.get(monitor=bad).alert_after == OVER + watch.LATER
    watch.run(now=OVER + watch.LATER)
    assert facts() == (3, 3, 3)


@pytest.mark.django_db
def test_a_clock_that_jumps_on_and_back_alarms_nobody(project: Project) -> None:
    reported(project, 1)
    Watch.objects.update(looked_at=T)
    watch.run(now=T + timedelta(days=400))
    watch.run(now=T)
    watch.run(now=T + timedelta(minutes=1))
    assert facts() == (0, 0, 0)
    assert schedule.spoken(int(watch.LONGEST_PAUSE.total_seconds())) == "2 min"
