"""Keeps the web processes: forks them from one that has imported everything, replaces those that die, stops them.

What is imported before the fork lies in memory once, however many processes there are.
"""

import ctypes
import gc
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

logger = logging.getLogger(__name__)

# Between the processes' own grace (worker.GRACE_SECONDS) and the 10 s of whoever keeps the master.
STOP_SECONDS = 9.0
# A process that lived this long is replaced at once, others after a moment.
STEADY_SECONDS = 2.0
RESPAWN_SECONDS = 0.5
FILES = 65_536
_PR_SET_PDEATHSIG = 1


class Master:
    """Runs `serve(index)` in `count` forks until SIGTERM or SIGINT."""

    def __init__(self, count: int, serve: Callable[[int], None]) -> None:
        self.count = count
        self.serve = serve
        self.running: dict[int, tuple[int, float]] = {}  # process id: index, start
        self.is_stopping = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for index in range(self.count):
            self._fork(index)
        while not self.is_stopping:
            self._replace_one()
        self._stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True
        raise InterruptedError  # out of waitpid, which Python would otherwise begin anew

    def _replace_one(self) -> None:
        try:
            pid, status = os.waitpid(-1, 0)
            index, started = self.running.pop(pid)
            logger.error("A web process ended with status %s", os.waitstatus_to_exitcode(status))
            if time.monotonic() - started < STEADY_SECONDS:
                time.sleep(RESPAWN_SECONDS)
            self._fork(index)
        except InterruptedError:
            return

    def _fork(self, index: int) -> None:
        master = os.getpid()
        pid = os.fork()
        if pid:
            self.running[pid] = index, time.monotonic()
            return
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            _die_with_parent(master)
            self.serve(index)
        except BaseException:
            logger.exception("A web process failed")
        finally:
            os._exit(1)

    def _stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.running and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.02)
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        for pid in self.running:
            os.kill(pid, number)

    def _reap(self) -> None:
        for pid in list(self.running):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self.running[pid]


def prepare() -> None:
    """What is done once, before the forks: files for many connections, and a heap that forks do not copy."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    # Decoding makes thousands of short-lived objects a request, which reference counting frees; looking for cycles
    # among them and through all that was imported cost a fifth of a request's CPU.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _die_with_parent(parent: int) -> None:
    """End as on SIGTERM when the master is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
