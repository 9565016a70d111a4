"""A web process in a thread of the test, serving whatever application the test writes."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop
from django.test import override_settings

from formaos_obs.front.listening import Listener, Shares, bind
from formaos_obs.front.worker import Worker

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Front:
    """Where it listens, and how to stop it."""

    def __init__(self, application: Application) -> None:
        self.sockets = bind("127.0.0.1", 0)
        self.port = self.sockets[0].getsockname()[1]
        self.loop = uvloop.new_event_loop()
        self.worker = Worker(application, self.loop, Listener(self.sockets, Shares(1), 0))
        self.thread = threading.Thread(target=self._run)
        self.stopped = asyncio.Event()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.worker.run(self.stopped))

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Ask for the end; `join` waits for it."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.stopped.set)

    def join(self) -> None:
        self.thread.join(30)
        assert not self.thread.is_alive()
        if not self.loop.is_closed():
            self.loop.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def exchange(self, sent: bytes) -> bytes:
        """All that comes back to these bytes, until the server closes."""
        with self.connect() as client:
            client.sendall(sent)
            return rest(client)

    def get(self, path: str = "/", *, headers: str = "") -> bytes:
        return self.exchange(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n".encode())


@contextmanager
def running(application: Application, **changes: Any) -> Iterator[Front]:
    """Serve until the block ends, under changed settings."""
    with override_settings(**changes):
        front = Front(application)
        front.start()
        try:
            yield front
        finally:
            front.stop()
            front.join()


def until(is_so: Callable[[], Any], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


def rest(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65_536), b""))


def answer(client: socket.socket) -> bytes:
    """One answer with a length, head and body."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(client)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += _more(client)
    return head + b"\r\n\r\n" + body


def _more(client: socket.socket) -> bytes:
    part = client.recv(65_536)
    if not part:
        raise ConnectionError("the server closed")
    return part
