"""The thread that looks: it lives in a worker's process beside the tasks, so that a slow target holds none of them.

The tick starts it when a probe is due before long, and it ends when none is. It alone talks to the database; looks run
in threads of their own, a bounded number at once, and hand over what they found. Killed with its process, it leaves
claims that run out: `rounds` says what that means.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from alerts.probes import rounds
from alerts.probes.rounds import Claimed, Done

logger = logging.getLogger(__name__)

# So many looks at once. 1,000 probes a minute that all take the longest timeout, 30 s, need 500.
MOST_AT_ONCE = 600
# The thread is there long before what it is for: a tick may wait in the queue of a busy worker, a look may not.
AHEAD = timedelta(seconds=75)
# So many looks are kept in one transaction, and so long nothing is done while looks go on.
MOST_AT_A_TIME = 50
REST, LONGEST_WAIT = 0.2, 5.0

Clock = Callable[[], datetime]


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
            wait = REST
            if not self.busy:
                following = rounds.next_due()
                if following is None or following > self.clock() + self.ahead:
                    break
                wait = max(0.0, min(LONGEST_WAIT, (following - self.clock()).total_seconds()))
            time.sleep(wait)
        return kept

    def turn(self) -> int:
        """Begin what is due, and keep what has ended; how many were kept."""
        room = self.most - self.busy
        for claimed in rounds.claim(now=self.clock(), most=room) if room > 0 else ():
            self.busy += 1
            threading.Thread(target=self._look, args=(claimed,), name="look", daemon=True).start()
        done = self._ended()
        self.busy -= len(done)
        return len(rounds.keep_all(done, now=self.clock())) if done else 0

    def _look(self, claimed: Claimed) -> None:
        at = self.clock()
        if self.on_look is not None:
            self.on_look(claimed, at)
        self._done.put(Done(claimed, at, rounds.look(claimed, now=at)))

    def _ended(self) -> list[Done]:
        """What has ended, a bounded number: others are due."""
        done: list[Done] = []
        with suppress(queue.Empty):
            while len(done) < MOST_AT_A_TIME:
                done.append(self._done.get_nowait())
        return done


_lock = threading.Lock()
_thread: threading.Thread | None = None


def tick(*, now: datetime) -> bool:
    """See to it that somebody looks when a probe is due before long; whether one is."""
    global _thread
    following = rounds.next_due()
    if following is None or following > now + AHEAD:
        return False
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="prober", daemon=True)
            _thread.start()
    return True


def _work() -> None:
    try:
        Prober().run()
    except DatabaseError as problem:  # the tick starts the next one; what was claimed is due again
        logger.warning("The prober lost its database: %s", type(problem).__name__)
    finally:
        connection.close()
