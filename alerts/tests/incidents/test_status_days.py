"""How a day is counted, coloured and said; in zones with changes of the clock, with and without data."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alerts.incidents.status import days, notices, setup, states
from alerts.incidents.status.days import Stretch
from alerts.incidents.status.states import Seconds, State
from alerts.models import AlertTransition, Monitor, MonitorTransition, StatusDay
from alerts.tests import make
from events.models import Project
from events.tests.cast import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
PAGE = {
    "slug": "shop", "title": "The shop", "description": "", "zone": "UTC", "is_published": True, "is_indexed": False,
    "takes_subscribers": True,
}  # fmt: skip


def stretch(start: float, end: float, state: State) -> Stretch:
    return Stretch(MIDNIGHT + start * MINUTE, MIDNIGHT + end * MINUTE, state)


@pytest.mark.parametrize(
    ("stretches", "expected", "colour", "uptime"),
    [
        ([], Seconds(), "unknown", None),
        ([stretch(0, 1440, State.OPERATIONAL)], Seconds(86_400), "good", 100.0),
        (  # at the same time the worst counts, once
            [stretch(0, 1440, State.OPERATIONAL), stretch(10, 40, State.MAJOR), stretch(30, 60, State.PARTIAL)],
            Seconds(86_400, 0, 1200, 1800), "major", 100 * (1 - (1800 + 0.3 * 1200) / 86_400),
        ),
        ([stretch(0, 60, State.OPERATIONAL), stretch(0, 0.5, State.MAJOR)], Seconds(3600, major=30), "good",
         100 * (1 - 30 / 3600)),
        ([stretch(0, 60, State.OPERATIONAL), stretch(0, 5, State.MAJOR)], Seconds(3600, major=300), "partial",
         100 * (1 - 300 / 3600)),
        ([stretch(0, 60, State.DEGRADED)], Seconds(3600, 3600), "degraded", 100.0),
        ([stretch(-60, 5000, State.PARTIAL)], Seconds(86_400, 0, 86_400), "partial", 70.0),
        (  # what was announced is no outage, and out of the denominator
            [stretch(0, 120, State.MAJOR), stretch(0, 120, State.MAINTENANCE), stretch(120, 240, State.OPERATIONAL)],
            Seconds(7200, maintenance=7200), "good", 100.0,
        ),
        ([stretch(0, 60, State.MAINTENANCE)], Seconds(maintenance=3600), "maintained", None),
    ],
)  # fmt: skip
def test_a_day_adds_up(stretches: Any, expected: Seconds, colour: str, uptime: float | None) -> None:
    found = days.seconds(stretches, MIDNIGHT, MIDNIGHT + 24 * HOUR)
    assert (found, states.colour(found)) == (expected, colour)
    assert states.uptime(found) == (None if uptime is None else pytest.approx(uptime))


@pytest.mark.parametrize(
    ("components", "indicator", "description"),
    [
        ([], "none", "All Systems Operational"),
        ([State.OPERATIONAL, State.DEGRADED], "minor", "Partially Degraded Service"),
        ([State.OPERATIONAL, State.PARTIAL], "major", "Partial System Outage"),
        ([State.OPERATIONAL, State.MAJOR], "major", "Partial System Outage"),
        ([State.MAJOR, State.MAJOR], "critical", "Major System Outage"),
        ([State.OPERATIONAL, State.MAINTENANCE], "maintenance", "Service Under Maintenance"),
        ([State.DEGRADED, State.MAINTENANCE], "minor", "Partially Degraded Service"),
    ],
)
def test_what_is_said_above_all(components: list[State], indicator: str, description: str) -> None:
    found = states.overall(components)
    assert (found.indicator, found.description) == (indicator, description)


def component(project: Project, *sources: str, now: datetime = NOW, **changes: Any) -> Any:
    page = setup.store_page(project, {**PAGE, **changes}, actor="test", now=now)
    return setup.store_component(
        page, None, name="Checkout", description="", sources=sources, position=0, actor="test", now=now
    )


def change(monitor: Monitor, before: str, after: str, at: datetime) -> None:
    MonitorTransition.objects.create(state=monitor.states.get(), before=before, after=after, at=at)


@pytest.mark.django_db
def test_days_come_from_monitors_and_rules_and_stay_when_these_go(project: Project) -> None:
    monitor = make.monitor(project)
    MonitorTransition.objects.all().delete()
    for before, after, hours in (("new", "up", 30), ("up", "down", 20), ("down", "up", 19.5), ("up", "paused", 18)):
        change(monitor, before, after, NOW - hours * HOUR)
    alert = make.firing(project, now=NOW - 10 * HOUR)["alert_id"]
    AlertTransition.objects.create(alert=alert, before="firing", after="ok", at=NOW - 9 * HOUR)
    rule = alert.rule
    made = component(project, f"monitor:{monitor.pk}", f"rule:{rule.pk}")
    known = {day.day: days.seconds for day in made.days.all() if day.known}
    assert set(known) == {date(2026, 11, 22), date(2026, 11, 23)}
    (yesterday, today) = made.days.filter(known__gt=0).order_by("day")
    assert (yesterday.known, yesterday.major) == (12 * 3600, 1800)  # 06:00 to 18:00, paused since
    assert (today.known, today.partial) == (10 * 3600, 3600)  # since the rule was made, at 02:00
    assert made.days.count() == days.SHOWN
    rule.delete()
    monitor.delete()
    days.count(made, now=NOW + 60 * HOUR)
    assert made.days.get(day=date(2026, 11, 22)).major == 1800, "a day that is over stays as it was counted"
    assert days.present(made, now=NOW) is State.OPERATIONAL


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Vienna", date(2026, 3, 29), 23),
        ("Europe/Vienna", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("Asia/Kathmandu", date(2026, 3, 8), 24),
        ("UTC", date(2028, 2, 29), 24),
    ],
)
def test_days_begin_in_the_pages_zone(project: Project, zone: str, day: date, hours: int) -> None:
    now = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=3)
    monitor = make.monitor(project, now=now - timedelta(days=10))
    made = component(project, f"monitor:{monitor.pk}", now=now, zone=zone)
    assert made.days.get(day=day).known == hours * 3600


@pytest.mark.django_db
def test_what_people_publish_counts_while_it_lasts(project: Project) -> None:
    made = component(project)
    code = made.public_id
    assert made.days.filter(known__gt=0).count() == 0
    wanted = notices.Wanted(title="Slow", body="We look.", components={code: "partial_outage"}, started_at=NOW - HOUR)
    notice = notices.publish(made.page, wanted, actor="test", now=NOW)
    assert days.present(made, now=NOW) is State.PARTIAL
    notices.update(notice, status="resolved", body="Done.", actor="test", now=NOW + HOUR)
    assert days.present(made, now=NOW + 2 * HOUR) is State.OPERATIONAL
    days.count(made, now=NOW + 3 * HOUR)
    assert StatusDay.objects.get(day=date(2026, 11, 23)).partial == 7200
    planned = notices.Wanted(
        title="New disks", body="Soon.", components={code: "x"}, scheduled_for=NOW + 5 * HOUR,
        scheduled_until=NOW + 6 * HOUR,
    )  # fmt: skip
    plan = notices.publish(made.page, planned, actor="test", now=NOW + 4 * HOUR)
    assert [notices.tick(now=NOW + n * HOUR) for n in (4.5, 5, 5.5)] == [0, 1, 0]
    assert days.present(made, now=NOW + 5.5 * HOUR) is State.MAINTENANCE
    assert [notices.tick(now=NOW + n * HOUR) for n in (6, 7)] == [1, 0]
    days.count(made, now=NOW + 7 * HOUR)
    assert StatusDay.objects.get(day=date(2026, 11, 23)).maintenance == 3600
    assert [one.status for one in plan.updates.all()] == ["completed", "in_progress", "scheduled"]
