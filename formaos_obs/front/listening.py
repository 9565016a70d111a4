"""The listening sockets, which all processes share, and how these deal connections out among themselves."""

import asyncio
import logging
import mmap
import socket
import struct
from collections.abc import Callable

logger = logging.getLogger(__name__)

BACKLOG = 2048
# A process that has more connections than another leaves a new one to it for this long.
YIELD_SECONDS = 0.001
# No file descriptors are left: what is open must end first.
EXHAUSTED_SECONDS = 0.1
_COUNT = struct.Struct("q")


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on every address that `host` names. Raises OSError."""
    sockets = []
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in dict.fromkeys(found):
        one = socket.socket(family, kind, protocol)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address[0] == "::" else 1)
        one.bind(address)
        one.listen(BACKLOG)
        one.setblocking(False)
        sockets.append(one)
    return sockets


class Shares:
    """How many connections each process has, in memory that all of them see."""

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self._memory = mmap.mmap(-1, _COUNT.size * processes)

    def set(self, index: int, count: int) -> None:
        _COUNT.pack_into(self._memory, index * _COUNT.size, count)

    def has_least(self, index: int) -> bool:
        counts = [_COUNT.unpack_from(self._memory, at * _COUNT.size)[0] for at in range(self.processes)]
        return counts[index] <= min(counts)


class Listener:
    """Takes connections for one process: one at a time, and none that another process should have."""

    def __init__(self, sockets: list[socket.socket], shares: Shares, index: int) -> None:
        self.sockets = sockets
        self.shares = shares
        self.index = index
        self.count = 0
        self.is_stopped = False

    def start(self, loop: asyncio.AbstractEventLoop, factory: Callable[[], asyncio.Protocol]) -> None:
        self.loop = loop
        self.factory = factory
        self.tasks: set[asyncio.Task[object]] = set()
        self.shares.set(self.index, 0)
        for one in self.sockets:
            loop.add_reader(one, self._offered, one)

    def stop(self) -> None:
        """Take no more; what waits in the kernel is for the other processes."""
        self.is_stopped = True
        for one in self.sockets:
            self.loop.remove_reader(one)
            one.close()

    def released(self) -> None:
        """One connection that was taken has ended."""
        self.count -= 1
        self.shares.set(self.index, self.count)

    def _offered(self, one: socket.socket) -> None:
        if self.shares.has_least(self.index):
            self._take(one)
        else:
            self._wait(one, YIELD_SECONDS)

    def _wait(self, one: socket.socket, seconds: float) -> None:
        self.loop.remove_reader(one)
        self.loop.call_later(seconds, self._again, one)

    def _again(self, one: socket.socket) -> None:
        if not self.is_stopped:
            self.loop.add_reader(one, self._offered, one)
            self._take(one)  # nobody else did

    def _take(self, one: socket.socket) -> None:
        try:
            client, _ = one.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:
            logger.exception("No connection can be taken")
            self._wait(one, EXHAUSTED_SECONDS)
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.count += 1
        self.shares.set(self.index, self.count)
        task = self.loop.create_task(self.loop.connect_accepted_socket(self.factory, client))
        self.tasks.add(task)
        task.add_done_callback(self._connected)

    def _connected(self, task: asyncio.Task[object]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.released()  # it was gone before it began
