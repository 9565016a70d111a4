"""The clock: sends what is due to the workers' queue. One per installation; a second one only repeats ticks.

It is a thread of the worker where `up` runs everything, and a process of its own (`formaos_obs.clock`) elsewhere. It
imports no task: a name is all that it sends.
"""

import logging
import os
import signal
import threading
import time
from typing import Any

import redis
from celery import Celery, bootsteps
from kombu.exceptions import OperationalError

from events.runtime import bell
from formaos_obs.clock.timetable import Timetable

logger = logging.getLogger(__name__)

# Seconds between two runs of what is woken. The digest works for half a second a run, so four runs a second keep two
# processes busy, and what else is due waits in the same queue for half a second at most, whatever the backlog.
REST = 0.25
LONGEST_WAIT = 5.0


class Clock:
    """Keeps one installation's time. Redis away is no reason to end: what is due is sent once it is back."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._entries: dict[str, dict[str, Any]] = app.conf.beat_schedule
        seconds = {name: float(entry["schedule"]) for name, entry in self._entries.items()}
        self._timetable = Timetable(seconds, woken_by=app.conf.woken_by, rest=REST)
        self._bells = bell.listener()
        self._is_stopping = threading.Event()

    def keep(self) -> None:
        """Send what is due, until `stop`."""
        while not self._is_stopping.is_set():
            for name in self._timetable.take(at=time.monotonic()):
                self._send(name)
            self._listen(min(LONGEST_WAIT, self._timetable.wait(at=time.monotonic())))

    def stop(self) -> None:
        self._is_stopping.set()

    def _send(self, name: str) -> None:
        entry = self._entries[name]
        try:
            self._app.send_task(entry["task"], **entry["options"])
        except (OperationalError, OSError) as error:
            logger.warning("%s could not be sent: %s", name, type(error).__name__)

    def _listen(self, seconds: float) -> None:
        """Wait until something may be due: for so long, or until a bell is heard."""
        if seconds <= 0:
            return
        try:
            topic = bell.hear(self._bells, seconds=seconds)
        except redis.RedisError:
            self._is_stopping.wait(min(seconds, 1.0))
            return
        if topic is not None:
            self._timetable.ring(topic, at=time.monotonic())


class KeepsClock(bootsteps.StartStopStep):
    """`celery worker --clock`: the worker's main process keeps the clock in a thread."""

    # Started once the pool was forked, so that no child is a copy of a process with this thread in it.
    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, clock: bool = False, **options: Any) -> None:
        self.enabled = clock
        super().__init__(worker, **options)

    def create(self, worker: Any) -> "_Thread":
        return _Thread(Clock(worker.app))


class _Thread(threading.Thread):
    """A clock beside the worker. A worker whose clock broke ends, so that it is started again whole."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(name="clock", daemon=True)
        self._clock = clock

    def run(self) -> None:
        try:
            self._clock.keep()
        except Exception:
            logger.exception("The clock broke")
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        self._clock.stop()
