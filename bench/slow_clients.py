"""What slow and idle clients cost the others: idle connections and trickling bodies are opened, on this machine only.

    python bench/slow_clients.py [--idle 2000] [--trickling 500] [--seconds 8] [--short] [--check]

Measured before and during: /healthz, a page of a logged-in person, and ingest through wrk with 8 connections; then
ingest beside pages that wait ten seconds for a database. `--short` is a tenth of it all. With `--check` it exits 1
where an aim is missed.
"""

import argparse
import http.client
import resource
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.ingest import load, processes  # noqa: E402
from bench.ingest.ours import Ours  # noqa: E402

TRICKLE_SECONDS = 5.0
PAGE_WAITS = 10.0
_LOGIN = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
person, _ = get_user_model().objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
client = Client()
client.force_login(person)
print("COOKIE", f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
"""


@dataclass(frozen=True)
class Figures:
    """What others saw: seconds at worst, requests a second, milliseconds."""

    healthz: float
    page: float
    ingest: float
    p99: float


class Crowd:
    """Clients that keep their connections open; what the server closes is opened again, as such clients do."""

    def __init__(self, ours: Ours, *, idle: int, trickling: int) -> None:
        self.address = ("127.0.0.1", ours.port)
        path = ours.url.split(str(ours.port), 1)[1]
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\n"
        self.wanted = [b""] * idle + [head.encode()] * trickling
        self.clients: list[socket.socket] = []
        self.stopped = threading.Event()
        self.reopened = 0
        self.thread = threading.Thread(target=self._keep, daemon=True)

    def open(self) -> None:
        self.clients = [self._connect(head) for head in self.wanted]
        self.thread.start()

    def close(self) -> None:
        self.stopped.set()
        self.thread.join()
        for client in self.clients:
            client.close()

    def _connect(self, head: bytes) -> socket.socket:
        client = socket.create_connection(self.address, timeout=30)
        if head:
            client.sendall(head)
        client.setblocking(False)
        return client

    def _keep(self) -> None:
        while not self.stopped.wait(TRICKLE_SECONDS):
            for index, head in enumerate(self.wanted):
                if not self._is_there(self.clients[index], head):
                    self.clients[index].close()
                    self.clients[index] = self._connect(head)
                    self.reopened += 1

    @staticmethod
    def _is_there(client: socket.socket, head: bytes) -> bool:
        """Whether the server keeps it; one more byte of a body goes out."""
        try:
            if head:
                client.send(b"x")
            client.recv(4096)  # an answer, or the end: either way this request is over
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


class Prober:
    """Asks for an address again and again, each time on a connection of its own."""

    def __init__(self, port: int, path: str, *, cookie: str = "", pause: float = 0.05) -> None:
        self.port, self.path, self.pause = port, path, pause
        self.headers = {"Host": "127.0.0.1", **({"Cookie": cookie} if cookie else {})}
        self.worst = 0.0
        self.bad = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def once(self, *, timeout: float = 30) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", self.path, headers=self.headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            return 0
        finally:
            connection.close()

    def _ask(self) -> None:
        while not self.stopped.wait(self.pause):
            began = time.monotonic()
            status = self.once()
            self.worst = max(self.worst, time.monotonic() - began)
            self.bad += status != 200

    def __enter__(self) -> "Prober":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()


def measure(ours: Ours, listing: Path, page: str, cookie: str, *, seconds: float) -> Figures:
    with Prober(ours.port, "/healthz") as healthz, Prober(ours.port, page, cookie=cookie, pause=0.5) as pages:
        measured = load.run(ours.url, listing, seconds=seconds)
    if measured.bad or measured.broken or healthz.bad or pages.bad:
        bad = f"{measured.bad + measured.broken} of ingest, {healthz.bad} of /healthz, {pages.bad} of {page}"
        print(f"  ! answers that were not 200: {bad}", file=sys.stderr)
    return Figures(healthz.worst, pages.worst, measured.per_second, measured.p99_ms)


@contextmanager
def waiting_pages(ours: Ours, page: str, cookie: str, *, count: int) -> Iterator[Callable[[], int]]:
    """Pages that wait PAGE_WAITS for a table that somebody holds; how many have been answered."""
    probers = [Prober(ours.port, page, cookie=cookie) for _ in range(count)]
    with psycopg.connect(ours.database) as holder:
        holder.execute("LOCK TABLE events_project IN ACCESS EXCLUSIVE MODE")
        threads = [threading.Thread(target=prober.once, kwargs={"timeout": 60}, daemon=True) for prober in probers]
        for thread in threads:
            thread.start()
        yield lambda: sum(not thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()


def beside_pages(ours: Ours, listing: Path, page: str, cookie: str) -> load.Load:
    with waiting_pages(ours, page, cookie, count=4) as answered:
        measured = load.run(ours.url, listing, seconds=PAGE_WAITS)
        if answered():
            sys.exit("The pages did not wait; the measurement says nothing.")
    return measured


def memory(pid: int) -> float:
    """Resident megabytes of the web processes, shared pages once."""
    root = psutil.Process(pid)
    return sum(one.memory_full_info().pss for one in [root, *root.children(recursive=True)]) / 1e6


def report(rows: list[tuple[str, str, str, bool]]) -> bool:
    width = max(len(name) for name, *_ in rows)
    for name, figure, aim, is_met in rows:
        print(f"{name:{width}}  {figure:>22}  {aim:28}{'' if is_met else '  MISSED'}")
    return all(is_met for *_, is_met in rows)


def run(ours: Ours, listing: Path, options: argparse.Namespace) -> bool:
    cookie = ours.printed(_LOGIN, "COOKIE")
    page = "/p/bench/issues/"
    (web,) = ours.start("web")
    try:
        if Prober(ours.port, page, cookie=cookie).once() != 200:
            sys.exit(f"{page} cannot be opened.")
        load.run(ours.url, listing, seconds=1)
        before, memory_before = measure(ours, listing, page, cookie, seconds=options.seconds), memory(web.pid)
        crowd = Crowd(ours, idle=options.idle, trickling=options.trickling)
        crowd.open()
        during, memory_during = measure(ours, listing, page, cookie, seconds=options.seconds), memory(web.pid)
        crowd.close()
        time.sleep(1)
        alone = load.run(ours.url, listing, seconds=options.seconds)
        beside = beside_pages(ours, listing, page, cookie)
    finally:
        processes.stop(web)
    share = during.ingest / before.ingest
    print(f"{options.idle} idle connections and {options.trickling} trickling bodies; {crowd.reopened} opened again")
    quick, slow = before, during
    rows = [
        ("/healthz at worst", f"{quick.healthz:.2f} -> {slow.healthz:.2f} s", "at most 1 s", slow.healthz <= 1),
        ("a page at worst", f"{quick.page:.2f} -> {slow.page:.2f} s", "at most 2 s", slow.page <= 2),
        ("ingest", f"{quick.ingest:.0f} -> {slow.ingest:.0f}/s", "", True),
        ("  of before", f"{share:.2f}", "at least 0.8", share >= 0.8),
        ("  p99", f"{quick.p99:.1f} -> {slow.p99:.1f} ms", "", True),
        ("memory of web", f"{memory_before:.0f} -> {memory_during:.0f} MB", "", True),
    ]
    gap = beside.p99_ms - alone.p99_ms
    rows += [
        ("beside waiting pages", f"{alone.per_second:.0f} -> {beside.per_second:.0f}/s", "", True),
        ("  p99", f"{alone.p99_ms:.1f} -> {beside.p99_ms:.1f} ms", "at most 5 ms more", gap <= 5),
    ]
    return report(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=2000)
    parser.add_argument("--trickling", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.idle, options.trickling, options.seconds = 200, 50, 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    folder = ROOT / "var" / "bench" / "slow_clients"
    Ours.stop_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)
    listing, _ = load.prepare(folder / "corpus")
    ours = Ours(folder)
    try:
        is_met = run(ours, listing, options)
    finally:
        Ours.stop_servers(folder)
    if options.check and not is_met:
        sys.exit(1)


if __name__ == "__main__":
    main()
