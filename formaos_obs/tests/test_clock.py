"""What is on the timetable is sent when it is due, at once where a bell was rung, and also where the ring was lost."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from celery import Celery
from django.conf import settings as django_settings

from events.runtime import bell
from formaos_obs.celery import app as the_app
from formaos_obs.clock.keeping import TURN, TURN_SECONDS, Clock, Turn
from formaos_obs.clock.timetable import Timetable


def _table(**seconds: float) -> Timetable:
    return Timetable(seconds, woken_by={"inbox": "digest"}, rest=0.25)


def test_all_is_due_at_first_and_then_after_its_interval() -> None:
    table = _table(digest=5, sweep=600)
    assert table.take(at=100.0) == ["digest", "sweep"]
    assert table.wait(at=100.0) == 5.0
    assert table.take(at=104.9) == []
    assert table.take(at=105.0) == ["digest"]
    assert table.take(at=700.0) == ["digest", "sweep"]


def test_a_ring_makes_it_due_at_once_and_puts_off_the_next_look() -> None:
    table = _table(digest=5)
    table.take(at=100.0)
    table.ring("inbox", at=102.0)
    assert table.wait(at=102.0) == 0.0
    assert table.take(at=102.0) == ["digest"]
    assert table.wait(at=102.0) == 5.0


def test_a_burst_of_rings_is_one_run_and_one_after_its_rest() -> None:
    table = _table(digest=5)
    table.take(at=100.0)
    runs = []
    for number in range(1000):  # ten seconds of rings, then silence
        at = 110.0 + number / 1000
        table.ring("inbox", at=at)
        runs += [at for _ in table.take(at=at)]
    runs += [at for at in (111.0, 111.25, 111.5, 112.0) for _ in table.take(at=at)]
    assert runs == pytest.approx([110.0, 110.25, 110.5, 110.75, 111.0])


def test_a_ring_that_nobody_knows_is_no_work() -> None:
    table = _table(digest=5)
    table.take(at=100.0)
    table.ring("of a newer version", at=101.0)
    assert table.wait(at=101.0) == 4.0


def test_what_wakes_and_what_is_woken_exist() -> None:
    topics = {
        value for name, value in vars(bell).items() if name.isupper() and isinstance(value, str) and name != "KEY"
    }
    assert the_app.conf.woken_by.keys() == topics
    assert set(the_app.conf.woken_by.values()) <= the_app.conf.beat_schedule.keys()


class Sent:
    """What stands in a queue of this test's own."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    def tasks(self) -> Counter[str]:
        return Counter(json.loads(raw)["headers"]["task"] for raw in self.client.lrange("clock-test", 0, -1))

    def wait(self, is_so: Callable[[Counter[str]], bool]) -> Counter[str]:
        deadline = time.monotonic() + 20
        while not is_so(self.tasks()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert is_so(self.tasks()), self.tasks()
        return self.tasks()


@pytest.fixture
def sent(clean_redis: redis.Redis) -> Sent:
    return Sent(clean_redis)


@pytest.fixture
def start(sent: Sent) -> Iterator[Callable[..., Clock]]:
    """Starts a clock of these seconds by line; `digest` is woken by the inbox, `deliver` by notifications."""
    started: list[tuple[Clock, threading.Thread]] = []

    def begin(**seconds: float) -> Clock:
        app = Celery("clock-test", broker=django_settings.CELERY_BROKER_URL, set_as_current=False)
        app.conf.task_default_queue = "clock-test"
        app.conf.beat_schedule = {
            name: {"task": name, "schedule": each, "options": {"ignore_result": True}} for name, each in seconds.items()
        }
        app.conf.woken_by = {bell.INBOX: "digest", bell.NOTIFICATIONS: "deliver"}
        clock = Clock(app)
        thread = threading.Thread(target=clock.keep, daemon=True)
        thread.start()
        started.append((clock, thread))
        return clock

    yield begin
    for clock, thread in started:
        clock.stop()
        bell.ring(bell.SPOOL)  # ends its wait
        thread.join(20)
        assert not thread.is_alive()


def test_a_ring_is_heard_at_once(sent: Sent, start: Any) -> None:
    start(digest=600, deliver=600)
    sent.wait(lambda tasks: tasks == {"digest": 1, "deliver": 1})
    bell.ring(bell.INBOX)
    assert sent.wait(lambda tasks: tasks["digest"] == 2) == {"digest": 2, "deliver": 1}


def test_what_was_rung_before_the_clock_listened_is_heard(sent: Sent, start: Any) -> None:
    bell.ring(bell.INBOX)
    while not sent.client.exists(bell.KEY):
        time.sleep(0.01)
    start(digest=600)
    assert sent.wait(lambda tasks: tasks["digest"] == 2)


def test_a_lost_ring_delays_and_loses_nothing(sent: Sent, start: Any) -> None:
    sent.client.set(bell.KEY, "not a sorted set, so that nobody can ring")
    start(digest=1, deliver=600)
    sent.wait(lambda tasks: tasks["digest"] >= 1)
    bell.ring(bell.INBOX)
    bell.ring(bell.NOTIFICATIONS)
    assert sent.wait(lambda tasks: tasks["digest"] >= 3)["deliver"] == 1


def test_a_clock_outlives_a_redis_that_hangs_up(sent: Sent, start: Any) -> None:
    start(digest=600)
    sent.wait(lambda tasks: tasks["digest"] == 1)
    sent.client.client_kill_filter(_type="normal", skipme=True)
    bell.ring(bell.INBOX)
    assert sent.wait(lambda tasks: tasks["digest"] == 2)


def test_one_clock_of_several_hosts_sends_and_another_goes_on_when_it_stops(sent: Sent, clean_redis: Any) -> None:
    first, second, again = (Turn(bell.listener(), holder=name) for name in ("one", "two", "one"))
    assert first.is_ours(at=0.0)
    assert not second.is_ours(at=0.0)
    assert again.is_ours(at=0.0), "the same host, started again after a kill, waits for nothing"
    second.pass_on()
    assert not second.is_ours(at=1.0), "what is another's is not given away"
    first.pass_on()
    assert second.is_ours(at=1.0)
    assert not first.is_ours(at=TURN_SECONDS), "who was away for long asks before it sends"
    assert 0 < clean_redis.pttl(TURN) <= TURN_SECONDS * 1000, "the turn of a host that died ends"


def test_a_clock_waits_for_its_turn(sent: Sent, clean_redis: Any, start: Any) -> None:
    clean_redis.set(TURN, "another host", px=60_000)
    start(digest=600)
    bell.ring(bell.INBOX)
    while not clean_redis.exists(bell.KEY):
        time.sleep(0.01)
    assert sent.tasks() == {}
    assert clean_redis.exists(bell.KEY), "a bell is left to the clock that sends"
    clean_redis.delete(TURN)
    sent.wait(lambda tasks: tasks["digest"] >= 1)


def test_ringing_without_redis_neither_fails_nor_waits(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere"
    lost = bell.Bell()
    for _ in range(10_000):
        lost.ring(bell.INBOX)
    assert lost._has_rung.is_set() or not lost._rung
