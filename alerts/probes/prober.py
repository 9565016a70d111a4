"""The thread that looks: it lives in a worker's process beside the tasks, so that a slow target holds none of them.

The tick starts it when a probe is due soon, and it ends when none is. It alone talks to the database; looks run in
threads of their own, a bounded number at once, and hand over what they found. Killed with its process, it leaves claims
that run out: `rounds` says what that means.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from alerts.models import ProbeState
from alerts.probes import rounds
from alerts.probes.found import Found
from alerts.probes.rounds import Claimed

logger = logging.getLogger(__name__)

# So many looks at once. A minute of 1,000 probes that all time out after ten seconds needs 170 (bench/probes.py).
MOST_AT_ONCE = 300
AHEAD = timedelta(seconds=6)  # a tick and a little: the thread is there before what it is for
REST, LONGEST_WAIT = 0.05, 0.5

Clock = Callable[[], datetime]
Done = tuple[Claimed, datetime, Found]


@dataclass
class Prober:
    """Looks at what is due until nothing is within `ahead`. `on_look` hears of each: for benches."""

    clock: Clock = timezone.now
    most: int = MOST_AT_ONCE
    ahead: timedelta = AHEAD
    on_look: Callable[[Claimed, datetime], None] | None = None
    busy: int = 0
    _done: queue.SimpleQueue[Done] = field(default_factory=queue.SimpleQueue)

    def run(self, *, seconds: float | None = None) -> int:
        """Until nothing is due soon and no look goes on, or the time is up; how many looks were kept."""
        until = None if seconds is None else time.monotonic() + seconds
        kept = 0
        while until is None or time.monotonic() < until:
            kept += self.turn()
            following = rounds.next_due()
            if not self.busy and (following is None or following > self.clock() + self.ahead):
                break
            kept += self._take(self._wait(following))
        return kept

    def turn(self) -> int:
        """Begin what is due, and keep what has ended; how many were kept."""
        room = self.most - self.busy
        for claimed in rounds.claim(now=self.clock(), most=room) if room > 0 else ():
            self.busy += 1
            threading.Thread(target=self._look, args=(claimed,), name="look", daemon=True).start()
        return self._take(0.0)

    def _look(self, claimed: Claimed) -> None:
        at = self.clock()
        if self.on_look is not None:
            self.on_look(claimed, at)
        self._done.put((claimed, at, rounds.look(claimed, now=at)))

    def _take(self, wait: float) -> int:
        """Keep what has ended, waiting so many seconds for the first; not for long, because others are due."""
        kept, until = 0, time.monotonic() + wait + LONGEST_WAIT
        try:
            while time.monotonic() < until:
                claimed, at, found = self._done.get(timeout=wait) if wait else self._done.get_nowait()
                wait = 0.0
                self.busy -= 1
                kept += self._keep(claimed, at, found)
        except queue.Empty:
            pass
        return kept

    def _keep(self, claimed: Claimed, at: datetime, found: Found) -> bool:
        try:
            return rounds.keep(claimed, found, at=at, now=self.clock()) is not None
        except DatabaseError:
            raise
        except Exception as problem:  # one that cannot be kept must not stop those behind it; it is due again
            logger.warning("A look was not kept: %s", type(problem).__name__, exc_info=True)
            return False

    def _wait(self, following: datetime | None) -> float:
        if following is None:
            return LONGEST_WAIT
        return min(LONGEST_WAIT, max(REST, (following - self.clock()).total_seconds()))


_lock = threading.Lock()
_thread: threading.Thread | None = None


def tick(*, now: datetime) -> bool:
    """Tell what silences held back, and see to it that somebody looks when a probe is due soon; whether one is."""
    global _thread
    tell_owed(now=now)
    following = rounds.next_due()
    if following is None or following > now + AHEAD:
        return False
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="prober", daemon=True)
            _thread.start()
    return True


def tell_owed(*, now: datetime) -> int:
    """Tell what a silence held back that is over now; how much."""
    told = 0
    owed = ProbeState.objects.filter(is_owed=True, probe__is_muted=False).order_by("pk")
    for pk in list(owed.values_list("pk", flat=True)[:1000]):
        told += len(rounds.tell_one(pk, now=now))
    return told


def _work() -> None:
    try:
        Prober().run()
    except DatabaseError as problem:  # the tick starts the next one; what was claimed is due again
        logger.warning("The prober lost its database: %s", type(problem).__name__)
    finally:
        connection.close()
