"""One web process: an event loop with its connections, and the threads that answer."""

import asyncio
import ipaddress
import logging
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import uvloop
from django.conf import settings

from events.ingest import background
from formaos_obs.front import limits
from formaos_obs.front.connection import Connection
from formaos_obs.front.ingest import Ingest
from formaos_obs.front.listening import Listener
from formaos_obs.front.requests import Request
from formaos_obs.front.routes import Lane, Routes
from formaos_obs.front.threads import Application, Site, base_environ

logger = logging.getLogger(__name__)

# What is under way may end within this time; the master waits a little longer, its own keeper longer still.
GRACE_SECONDS = 8.0
INGEST_THREADS = 2
# Apart from those of ingest, so that no flag waits for a disk.
FLAG_THREADS = 1


class Worker:
    """The connections of this process and who serves them."""

    def __init__(
        self, application: Application, loop: asyncio.AbstractEventLoop, listener: Listener, *, has_log: bool = False
    ) -> None:
        self.loop = loop
        self.listener = listener
        self.most = limits.most_connections()
        self.clock = loop.time
        self.routes = Routes()
        self.patience = limits.patience()
        self.budget = limits.Budget(settings.OBS_MAX_BODIES_BYTES)
        self.connections: dict[Connection, None] = {}
        self.has_log = has_log
        self.date = formatdate(usegmt=True)
        self.site = Site(application, call_soon=self.call_soon, clock=loop.time)
        self.ingest = Ingest(INGEST_THREADS, other=self.site.answer, call_soon=self.call_soon)
        self.flags = Ingest(FLAG_THREADS, other=self.site.answer, call_soon=self.call_soon, urls="analytics.urls")
        self.pages = ThreadPoolExecutor(settings.OBS_WEB_THREADS, "page")

    def call_soon(self, callback: Callable[..., object], *args: object) -> None:
        """Have the event loop call something, from any thread; after its end nobody is there to be answered."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(callback, *args)

    # --- what connections ask ---

    def environ_of(self, transport: asyncio.Transport) -> dict[str, Any]:
        peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        return base_environ(name=own[0], port=own[1], address=_plain(peer[0]) if peer else "")

    def opened(self, connection: Connection) -> None:
        self.connections[connection] = None
        if len(self.connections) > self.most:
            self._make_room()

    def closed(self, connection: Connection) -> None:
        self.connections.pop(connection, None)
        self.listener.released()

    def _make_room(self) -> None:
        """End a twentieth of the connections: idle ones first, then those that send, the next to be late first."""
        waiting = [one for one in self.connections if one.answering is None]
        waiting.sort(key=lambda one: (one.receiving is not None, one.deadline))
        for connection in waiting[: max(1, self.most // 20)]:
            connection.give_way()

    def serve(self, request: Request) -> None:
        assert request.route is not None
        request.dispatched_at = self.clock()
        match request.route.lane:
            case Lane.INGEST:
                self.ingest.submit(request)
            case Lane.FLAGS:
                self.flags.submit(request)
            case Lane.PAGES:
                self.pages.submit(self.site.page, request)
            case Lane.LOOP:
                self.site.page(request)

    def answered(self, request: Request, status: int) -> None:
        """Log the answer where that is asked for: without the query, which carries keys."""
        if self.has_log:
            path = request.url.partition(b"?")[0].decode("latin-1")
            os.write(1, f'obs "{request.environ["REQUEST_METHOD"]} {path}" {status}\n'.encode())

    # --- the process ---

    async def run(self, stopped: asyncio.Event) -> None:
        """Serve until `stopped`, and let what is under way end."""
        self.listener.start(self.loop, lambda: Connection(self))
        sweeping = self.loop.create_task(self._sweep())
        await stopped.wait()
        self.listener.stop()
        await self._end()
        sweeping.cancel()

    async def _sweep(self) -> None:
        """Once a second: end the phases that took too long."""
        while True:
            await asyncio.sleep(1.0)
            self.date = formatdate(usegmt=True)
            now = self.clock()
            for connection in [one for one in self.connections if one.deadline <= now]:
                connection.expire()

    async def _end(self) -> None:
        deadline = self.clock() + GRACE_SECONDS
        for connection in list(self.connections):
            connection.stop()
        while self.connections and self.clock() < deadline:
            await asyncio.sleep(0.02)
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0.02)  # until they are gone


def main(application: Application, listener: Listener, *, has_log: bool = False) -> None:
    """Be one web process, in a fork of the master."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    background.start()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    loop.run_until_complete(Worker(application, loop, listener, has_log=has_log).run(stopped))
    try:
        background.tick()  # refusals that were counted and not written yet
    except Exception:
        logger.exception("The last tick failed")
    sys.stdout.flush()
    sys.stderr.flush()
    # A page that takes longer than its grace must not hold up the end.
    os._exit(0)


def _plain(address: str) -> str:
    """An IPv4 address as it is, also where it came in through a socket of IPv6."""
    if not address.startswith("::ffff:"):
        return address
    mapped = ipaddress.IPv6Address(address.partition("%")[0]).ipv4_mapped
    return str(mapped) if mapped else address
