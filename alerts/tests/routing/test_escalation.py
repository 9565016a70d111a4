"""Who comes next when nobody has looked after it."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.models import (
    Notice,
    Notification,
)  # fmt: skip
from alerts.routing import escalation, telling, tick
from alerts.routing.setup import Step
from alerts.tests import make
from alerts.tests.routing.stage import route, say, silence, stands, told
from events.models import Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_steps_are_taken_in_order_once_until_somebody_acknowledges(project: Project, bob: Any) -> None:
    first, second, boss = (make.channel(project, name=name) for name in ("first", "second", "boss"))
    steps = [Step(15, [second]), Step(30, [boss])]
    route(project, "Team", to=first, steps=steps, wait_seconds=0, interval_seconds=0, repeat_minutes=0)
    say(project, stands("x", now=NOW), now=NOW)
    notice = Notice.objects.get()
    ahead = escalation.next_step(notice)
    assert ahead is not None
    assert ([channel.name for channel in ahead[0].channels.all()], ahead[1]) == (["second"], NOW + 15 * MINUTE)
    for minutes, wanted in ((14, 1), (15, 2), (16, 2), (29, 2), (30, 3), (60, 3)):
        tick.run(now=NOW + minutes * MINUTE)
        assert len(told(project)) == wanted, minutes
    assert [channel for channel, _ in told(project)] == ["first", "second", "boss"]
    assert ["Escalated", "nobody has looked after it for 15 min"] in Notification.objects.order_by("pk")[1].payload[
        "details"
    ]
    # Whoever came in hears the end. It begins anew: the steps, too; and an acknowledgement stops them.
    say(project, stands("x", on=False, now=NOW), now=NOW + HOUR)
    say(project, stands("x", now=NOW + 2 * HOUR), now=NOW + 2 * HOUR)
    tick.run(now=NOW + 2 * HOUR + 15 * MINUTE)
    assert telling.acknowledge(Notice.objects.all(), actor=bob, now=NOW + 2 * HOUR + 16 * MINUTE) == 1
    tick.run(now=NOW + 4 * HOUR)
    assert [channel for channel, _ in told(project)][3:] == ["first", "second", "boss", "first", "second"]
    notice.refresh_from_db()
    assert (escalation.next_step(notice), notice.acknowledged_by) == (None, bob)


def test_steps_wait_while_news_is_held_back_and_none_is_missed_after_an_absence(project: Project) -> None:
    first, second = make.channel(project, name="first"), make.channel(project, name="second")
    steps = [Step(5, [first]), Step(10, [second])]
    route(project, "Team", to=first, steps=steps, wait_seconds=0, interval_seconds=0, repeat_minutes=0)
    silence(project, "x", start=NOW, length=HOUR)
    say(project, stands("x", now=NOW), now=NOW)
    tick.run(now=NOW + 30 * MINUTE)
    assert told(project) == []
    tick.run(now=NOW + 61 * MINUTE)
    assert [channel for channel, _ in told(project)] == ["first", "first", "second"]
