"""Slow and idle clients: they cost no thread, they end in time, and nobody else waits for them."""

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.db import connections

from events.ingest import accounting
from events.models import IngestKey, OutcomeCount
from events.tests.sdk import server
from formaos_obs.front import limits
from formaos_obs.tests.fronts import Environ, Front, answer, rest, running, until
from formaos_obs.tests.test_front import Whole, echo, heard, post

Start = Callable[..., Any]
INGEST = "/tunnel/none/"  # goes to the threads of ingest, and there to the application


def begin(front: Front, path: str = "/", *, length: int = 100, sent: bytes = b"x") -> socket.socket:
    """A connection whose body has begun."""
    client = front.connect()
    client.sendall(post(path, f"Content-Length: {length}") + sent)
    return client


def test_idle_connections_and_begun_bodies_hold_up_nobody() -> None:
    with running(echo, OBS_WEB_THREADS=1) as front, ExitStack() as open_ones:
        for _ in range(200):
            open_ones.enter_context(front.connect())
            open_ones.enter_context(begin(front, INGEST))
            open_ones.enter_context(begin(front, "/login/"))
        until(lambda: len(front.worker.connections) == 600)
        assert front.get("/healthz").startswith(b"HTTP/1.1 200 ")
        assert heard(front.get("/page"))["PATH_INFO"] == "/page"
        assert heard(front.exchange(post(INGEST, "Content-Length: 2", "Connection: close") + b"ok"))["body"] == "ok"


def test_a_body_that_trickles_ends_in_408() -> None:
    with running(echo, OBS_BODY_SECONDS=0.1) as front, begin(front) as client:
        assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_trickles_ends_in_408() -> None:
    with running(echo, OBS_HEAD_SECONDS=0.1) as front, front.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_asks_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.1)
    with running(echo) as front:
        with front.connect() as client:
            assert rest(client) == b""
        with front.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer(client)
            assert rest(client) == b""


def test_a_reader_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STALLED_SECONDS", 0.1)
    is_closed = threading.Event()

    def parts() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            is_closed.set()

    def application(environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", [])
        return parts()

    with running(application) as front, front.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert is_closed.wait(20)


def test_a_page_that_takes_long_does_not_hold_up_ingest_nor_ingest_a_page() -> None:
    go_on = threading.Event()

    def application(environ: Environ, start: Start) -> Whole:
        if environ["QUERY_STRING"] == "slow":
            go_on.wait(20)
        return echo(environ, start)

    with running(application, OBS_WEB_THREADS=1) as front, front.connect() as page:
        page.sendall(b"GET /page?slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert heard(front.exchange(post(INGEST, "Connection: close")))["PATH_INFO"] == INGEST
        go_on.set()
        assert heard(rest(page))["PATH_INFO"] == "/page"
        go_on.clear()
        with ExitStack() as waiting:
            for _ in range(20):
                waiting.enter_context(front.connect()).sendall(post(f"{INGEST}?slow"))
            assert heard(front.get("/page"))["PATH_INFO"] == "/page"
            go_on.set()


def test_past_the_bytes_that_are_held_the_body_that_came_first_gives_way() -> None:
    with running(echo, OBS_MAX_BODIES_BYTES=1000) as front, ExitStack() as open_ones:
        first = open_ones.enter_context(begin(front, length=2000, sent=b"a" * 600))
        until(lambda: front.worker.budget.held == 600)
        second = open_ones.enter_context(begin(front, length=700, sent=b"b" * 600))
        got = rest(first)
        assert got.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: " in got
        second.sendall(b"b" * 100)
        assert heard(answer(second))["body"] == "b" * 700
        assert (front.worker.budget.held, front.worker.budget.evicted) == (0, 1)


def test_bodies_are_given_back_however_their_connections_end() -> None:
    with running(echo) as front:
        begin(front, sent=b"x" * 50).close()
        until(lambda: not front.worker.connections)
        front.exchange(post("/", "Content-Length: 5", "Connection: close") + b"12345")
        assert front.worker.budget.held == 0


def test_past_the_most_connections_idle_ones_end_first() -> None:
    with running(echo) as front, ExitStack() as open_ones:
        front.worker.most = 10
        busy = open_ones.enter_context(begin(front))
        until(lambda: len(front.worker.connections) == 1)
        idle = [open_ones.enter_context(front.connect()) for _ in range(9)]
        until(lambda: len(front.worker.connections) == 10)
        last = open_ones.enter_context(front.connect())
        assert select.select([*idle, busy, last], [], [], 20)[0] == idle[:1]
        assert idle[0].recv(1) == b""
        busy.sendall(b"x" * 99)
        assert heard(answer(busy))["PATH_INFO"] == "/"
        last.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
        assert heard(answer(last))["PATH_INFO"] == "/last"


@pytest.fixture
def web(db: None, transactional_db: None, clean_redis: Any, tmp_path: Path) -> Iterator[server.Server]:
    """The real server, impatient."""
    environment = {
        "DATABASE_URL": server.database_url(connections["default"].settings_dict),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "OBS_BODY_SECONDS": "1",
    }
    with server.serve(tmp_path / "web", workers=2, threads=2, **environment) as running_server:
        yield running_server


@pytest.mark.django_db(transaction=True)
def test_a_slow_or_broken_body_is_refused_as_sdks_read_it_and_counted(web: server.Server, key: IngestKey) -> None:
    port = int(web.url.rpartition(":")[2])
    auth = f"X-Sentry-Auth: Sentry sentry_key={key.public_key}, sentry_version=7"
    path = f"/api/{key.project_id}/envelope/"
    head = post(path, auth, "Content-Length: 100").replace(b"Host: a", b"Host: 127.0.0.1")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(head + b"{}")
        got = rest(client)
    assert got.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nAccess-Control-Allow-Origin: *" in got
    assert json.loads(got.partition(b"\r\n\r\n")[2]) == {"detail": "the body took longer than 1 s"}
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(head + b"{}")
    until(lambda: len(web.answers(path)) == 2)
    counted = OutcomeCount.objects.filter(project_id=key.project_id, outcome="invalid", category="request")
    until(lambda: set(counted.values_list("reason", "quantity")) == {("slow", 1), ("truncated", 1)})
    assert accounting.report(project_id=key.project_id).difference == 0


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_is_replaced_and_connections_are_dealt_evenly(web: server.Server) -> None:
    port = int(web.url.rpartition(":")[2])
    master = next(
        process for process in psutil.process_iter(["cmdline", "environ"])
        if "formaos_obs.front" in (process.info["cmdline"] or ()) and len(process.children()) == 2
        and (process.info["environ"] or {}).get("PORT") == str(port)
    )  # fmt: skip
    victim, other = master.children()
    victim.kill()
    until(lambda: len(master.children()) == 2 and victim not in master.children())

    def shares() -> list[int]:
        held = [process.net_connections("tcp") for process in master.children()]
        return [sum(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port for one in ones) for ones in held]

    def are_dealt_evenly() -> bool:
        with ExitStack() as open_ones:
            for _ in range(20):
                open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            until(lambda: sum(shares()) == 20)
            dealt = min(shares()) >= 8
        until(lambda: sum(shares()) == 0)
        return dealt

    until(are_dealt_evenly)  # not before the new process listens
    assert other.is_running()
