"""Wakes the clock where work was made, so that it need not look each second.

`ring` costs its caller a microsecond: a thread of the process tells Redis, at most once in REST seconds. A topic stands
in a sorted set, so a hundred rings before the clock hears are one. A ring may be lost, with Redis or with the process:
the clock looks by itself every few seconds, and what there is to do is a row.
"""

import logging
import os
import threading
import time
from functools import partial
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

KEY = "obs:bells"
REST = 0.1
_LOST_SECONDS = 10.0  # a Redis that is silent for so long is asked anew; longer than any `hear`

INBOX = "inbox"  # items were accepted
SPOOL = "spool"  # PostgreSQL is back, and records wait on disk
TRANSITIONS = "transitions"  # something happened that somebody may have to hear of
NOTIFICATIONS = "notifications"  # there is something to deliver
CHECK_INS = "check_ins"  # jobs reported


class Bell:
    """The bell of this process; its thread starts with the first ring, also after a fork."""

    def __init__(self) -> None:
        self._rung: set[str] = set()
        self._has_rung = threading.Event()
        self._starting = threading.Lock()
        self._pid = 0

    def ring(self, topic: str) -> None:
        """Say that there is work of this kind, which others can see already. Never fails, never waits."""
        if self._pid != os.getpid():
            self._start()
        self._rung.add(topic)
        if not self._has_rung.is_set():
            self._has_rung.set()

    def _start(self) -> None:
        with self._starting:
            if self._pid != os.getpid():
                self._rung, self._has_rung = set(), threading.Event()
                threading.Thread(target=self._tell, name="bell", daemon=True).start()
                self._pid = os.getpid()

    def _tell(self) -> None:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
        while True:
            self._has_rung.wait()
            self._has_rung.clear()
            topics, self._rung = self._rung, set()
            try:
                client.zadd(KEY, dict.fromkeys(topics, 0))
            except redis.RedisError as error:
                logger.debug("A ring was lost: %s", type(error).__name__)
            time.sleep(REST)


_bell = Bell()
ring = _bell.ring


def ring_on_commit(topic: str) -> None:
    """Ring once the work can be seen: when this transaction commits, or now where there is none."""
    transaction.on_commit(partial(ring, topic))


def listener() -> redis.Redis:
    """The connection that `hear` waits on."""
    timeouts = {"socket_connect_timeout": 1.0, "socket_timeout": _LOST_SECONDS}
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True, **timeouts)


def hear(client: redis.Redis, *, seconds: float) -> str | None:
    """The topic that was rung, at once where one was before; None after `seconds`. Raises RedisError."""
    found: Any = client.bzpopmin(KEY, timeout=max(0.001, seconds))  # 0 would be for ever
    return str(found[1]) if found else None
