"""The way out: a bounded queue and one thread that posts batches. Putting never waits, nothing here ever raises."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import socket
import threading
import time
import uuid
from collections import deque
from typing import Any
from urllib.parse import unquote, urlsplit

# The server takes 1,000 timings a batch; fewer keep one `json.dumps` well under a switch of threads (5 ms).
BATCH = 200
QUEUED = 5_000
EVERY_SECONDS = 2.0
TIMEOUT_SECONDS = 3.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
AT_EXIT_SECONDS = 0.5
PATH = "/api/v1/timings/"


class Sender:
    """Sends timings to the server that `dsn` names ("https://<key>@host/<project>"); without a good one it is off.

    `dropped` counts what did not fit, `failed` what was lost on the way, `sent` what the server took.
    """

    def __init__(
        self,
        dsn: str,
        *,
        release: str = "",
        environment: str = "",
        service: str = "",
        queued: int = QUEUED,
        every: float = EVERY_SECONDS,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.dropped = self.failed = self.sent = 0
        self._shared = {
            "release": release,
            "environment": environment,
            "service": service,
            "host": socket.gethostname(),
        }
        self._most = queued
        self._every = every
        self._timeout = timeout
        self._address, self._path, self._key, self._is_secure = _read(dsn)
        self._begin()
        if self.is_on:
            # Neither the thread nor the state of its locks comes along through a fork.
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self._begin)
            atexit.register(self.flush, AT_EXIT_SECONDS)

    def _begin(self) -> None:
        self._queue: deque[dict[str, Any]] = deque()
        self._pause = 0.0
        self._is_posting = False
        self._wake = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        return bool(self._address)

    def put(self, timing: dict[str, Any]) -> None:
        """Queue `timing`, or count it as dropped when the queue is full."""
        if len(self._queue) >= self._most:
            self.dropped += 1
            return
        self._queue.append(timing)
        if self._thread is None:
            self._start()

    def flush(self, timeout: float = TIMEOUT_SECONDS) -> bool:
        """Whether everything had left in time; for the end of a process, and for tests."""
        deadline = time.monotonic() + timeout
        self._wake.set()
        while (self._queue or self._is_posting) and time.monotonic() < deadline:
            time.sleep(0.005)
        return not (self._queue or self._is_posting)

    def _start(self) -> None:
        """Start the thread with the first timing, so that a server that forks its workers starts none in vain."""
        if not self._starting.acquire(blocking=False):
            return
        with contextlib.suppress(RuntimeError):  # the interpreter is ending
            thread = threading.Thread(target=self._run, name="obs-timings", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        while True:
            self._wake.wait(self._pause or self._every)
            self._wake.clear()
            while self._queue:
                self._is_posting = True
                batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                is_taken = self._post(batch)
                self._is_posting = False
                if is_taken:
                    self.sent += len(batch)
                    self._pause = 0.0
                    continue
                self.failed += len(batch)
                # Twice as long each time: a server that is down is not asked by every process every two seconds.
                self._pause = min(max(self._pause * 2, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
                break

    def _post(self, batch: list[dict[str, Any]]) -> bool:
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        connection = kind(self._address, timeout=self._timeout)
        try:
            body = json.dumps({"id": uuid.uuid4().hex, **self._shared, "timings": batch})
            headers = {"Content-Type": "application/json", "X-Obs-Key": self._key}
            connection.request("POST", self._path, body, headers)
            return connection.getresponse().status < 300
        except Exception:  # whatever goes wrong, the application goes on
            return False
        finally:
            with contextlib.suppress(Exception):
                connection.close()


def _read(dsn: str) -> tuple[str, str, str, bool]:
    """Address, path, key and whether it is TLS; an empty address for what is no DSN."""
    try:
        parts = urlsplit(dsn)
        if parts.scheme in ("http", "https") and parts.username and parts.hostname:
            address = parts.netloc.rpartition("@")[2]
            prefix = parts.path.rstrip("/").rpartition("/")[0]
            return address, f"{prefix}{PATH}", unquote(parts.username), parts.scheme == "https"
    except ValueError:
        pass
    return "", "", "", False
