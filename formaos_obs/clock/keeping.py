"""The clock: sends what is due to the workers' queue. Every host may have one; one of them has its turn.

It is a thread of the worker where `up` runs everything, and a process of its own (`formaos_obs.clock`) elsewhere. It
imports no task: a name is all that it sends.
"""

import logging
import os
import platform
import signal
import threading
import time
from typing import Any

import redis
from celery import Celery, bootsteps
from django.conf import settings
from kombu.exceptions import OperationalError

from events.runtime import bell
from formaos_obs.clock.timetable import Timetable

logger = logging.getLogger(__name__)

# Seconds between two runs of what is woken. The digest works for half a second a run, so four runs a second keep two
# processes busy, and what else is due waits in the same queue for half a second at most, whatever the backlog.
REST = 0.25
LONGEST_WAIT = 5.0
# A turn that is not renewed for so long passes to the next clock that asks, which it does each STANDBY seconds. Shorter
# than what /readyz lets the heartbeat be late.
TURN_SECONDS = 15.0
STANDBY = 2.0
TURN = "obs:clock"


class Turn:
    """Which clock of an installation sends: the one whose host stands in Redis.

    A host, not a process, has it: who is started again after a kill goes on at once. Two that believe it for a moment
    repeat a tick, which is harmless.
    """

    def __init__(self, client: redis.Redis, *, holder: str) -> None:
        self._client = client
        self._holder = holder
        self._ours_until = float("-inf")

    def is_ours(self, *, at: float) -> bool:
        """Take the turn where it is free, renew it where it is ours. Raises RedisError."""
        if at < self._ours_until - TURN_SECONDS / 2:
            return True
        for_ms = int(TURN_SECONDS * 1000)
        is_ours = bool(self._client.set(TURN, self._holder, nx=True, px=for_ms))
        if not is_ours and self._client.get(TURN) == self._holder:
            is_ours = bool(self._client.pexpire(TURN, for_ms))
        self._ours_until = at + TURN_SECONDS if is_ours else float("-inf")
        return is_ours

    def pass_on(self) -> None:
        """Let another clock have it at once, where it is ours."""
        try:
            if self._ours_until > float("-inf") and self._client.get(TURN) == self._holder:
                self._client.delete(TURN)
        except redis.RedisError as error:
            logger.debug("The turn was not passed on: %s", type(error).__name__)


def this_host() -> str:
    """What tells this host from the others of an installation, also where several share a machine."""
    return f"{platform.node()}:{settings.OBS_VAR_DIR}"


class Clock:
    """Keeps one installation's time. Redis away is no reason to end: what is due is sent once it is back."""

    def __init__(self, app: Celery, *, holder: str = "") -> None:
        self._app = app
        self._entries: dict[str, dict[str, Any]] = app.conf.beat_schedule
        seconds = {name: float(entry["schedule"]) for name, entry in self._entries.items()}
        self._timetable = Timetable(seconds, woken_by=app.conf.woken_by, rest=REST)
        self._bells = bell.listener()
        self._turn = Turn(self._bells, holder=holder or this_host())
        self._is_stopping = threading.Event()

    def keep(self) -> None:
        """Send what is due while it is this clock's turn, until `stop`."""
        while not self._is_stopping.is_set():
            if not self._has_turn():
                self._is_stopping.wait(STANDBY)
                continue
            for name in self._timetable.take(at=time.monotonic()):
                self._send(name)
            self._listen(min(LONGEST_WAIT, self._timetable.wait(at=time.monotonic())))
        self.pass_on()

    def stop(self) -> None:
        self._is_stopping.set()

    def pass_on(self) -> None:
        """Let the clock of another host have its turn at once."""
        self._turn.pass_on()

    def _has_turn(self) -> bool:
        try:
            return self._turn.is_ours(at=time.monotonic())
        except redis.RedisError:
            return False

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
