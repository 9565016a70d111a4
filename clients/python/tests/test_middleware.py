"""The middleware in a Django application: what it measures, and that nothing of it is ever noticed."""

import asyncio
import json
import time
import tomllib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory
from django.urls import path
from django.utils import timezone

from analytics import engine
from analytics.periods import Period
from clients.python.tests.conftest import KEY, Receiver
from events.digest import loop
from events.models import IngestKey, Project
from events.tests.arrivals import Arrived, stored

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


class Kept:
    """A sender that keeps."""

    is_on = True

    def __init__(self) -> None:
        self.timings: list[dict[str, Any]] = []

    def put(self, timing: dict[str, Any]) -> None:
        self.timings.append(timing)


def queries(request: HttpRequest, count: int) -> HttpResponse:
    with connection.cursor() as cursor:
        for _ in range(count):
            cursor.execute("SELECT pg_sleep(0.002)")
    return HttpResponse("done")


def one_query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.001)")


def one_query_elsewhere() -> None:
    try:
        one_query()
    finally:
        connection.close()


async def asynchronous(request: HttpRequest, count: int) -> HttpResponse:
    elsewhere = sync_to_async(one_query_elsewhere, thread_sensitive=False)
    for _ in range(count):
        await Project.objects.acount()
        await sync_to_async(one_query)()
        await asyncio.gather(elsewhere(), elsewhere())
    return HttpResponse("done")


def status(request: HttpRequest, code: int) -> HttpResponse:
    return HttpResponse(status=code)


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("broken")


urlpatterns = [
    path("queries/<int:count>/", queries),
    path("asynchronous/<int:count>/", asynchronous),
    path("status/<int:code>/", status),
    path("broken/", broken),
]


@pytest.fixture(autouse=True)
def unwatched() -> Iterator[None]:
    """Leaves the connection of the tests as it was."""
    from formaos_obs_client import middleware

    yield
    connection_created.disconnect(dispatch_uid="formaos_obs_client")
    connection.execute_wrappers[:] = [each for each in connection.execute_wrappers if each is not middleware.timed]


@pytest.fixture
def kept(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Kept:
    from formaos_obs_client import middleware

    made = Kept()
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["formaos_obs_client.Middleware"]
    monkeypatch.setattr(middleware, "Sender", lambda *args, **kwargs: made)
    return made


def test_it_tells_route_method_status_time_and_database(kept: Kept, db: None) -> None:
    client = Client()
    assert client.get("/queries/3/?secret=1").content == b"done"
    assert client.post("/status/429/").status_code == 429
    assert client.get("/nowhere/").status_code == 404
    asked, limited, missing = kept.timings
    assert (asked["route"], asked["method"], asked["status"]) == ("/queries/<int:count>/", "GET", 200)
    assert asked["db_count"] == 3
    assert 6 <= asked["db_ms"] <= asked["duration_ms"] < 1000
    assert (limited["route"], limited["method"], limited["status"]) == ("/status/<int:code>/", "POST", 429)
    assert (missing["route"], missing["status"], missing["db_count"]) == ("(no route)", 404, 0)
    assert "secret" not in json.dumps(kept.timings)


def test_an_error_is_the_applications_and_counts_as_500(kept: Kept) -> None:
    with pytest.raises(ValueError, match="broken"):
        Client().get("/broken/")
    assert Client(raise_request_exception=False).get("/broken/").status_code == 500
    assert [timing["status"] for timing in kept.timings] == [500, 500]


def test_the_queue_and_the_trace_come_from_headers(kept: Kept) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    Client().get(
        "/status/204/",
        headers={"x-request-start": f"t={time.time() - 0.25:.6f}", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"},
    )
    (timing,) = kept.timings
    assert timing["queue_ms"] == pytest.approx(250, abs=100)
    assert timing["trace_id"] == trace


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("t=1795427460.5", 1500),
        ("1795427460.5", 1500),
        ("t=1795427460500", 1500),
        ("1795427460500000", 1500),
        ("t=1795427463", None),
        ("t=17", None),
        ("soon", None),
        ("", None),
        ("t=nan", None),
        ("t=inf", None),
    ],
)
def test_queue_headers_of_all_proxies_are_read(header: str, expected: float | None) -> None:
    from formaos_obs_client.middleware import queue_ms

    assert queue_ms(header, 1795427462.0) == (None if expected is None else pytest.approx(expected, abs=1))


@pytest.mark.parametrize("header", ["", "00", "00-xyz-1-01", f"00-{'G' * 32}-1-01"])
def test_a_bad_trace_is_none(header: str) -> None:
    from formaos_obs_client.middleware import trace_id

    assert trace_id(header) is None


def test_a_failing_sender_is_not_noticed(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kept, "put", lambda self, timing: 1 / 0)
    assert Client().get("/status/204/").status_code == 204


def apart(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What a coroutine returns, in a thread of its own: the browser of the session keeps a running loop in this one."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(lambda: asyncio.run(work())).result()


async def answered(application: ASGIHandler, path: str) -> int:
    """The status of a GET as an ASGI server asks for it."""
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    asked = ApplicationCommunicator(application, scope)
    await asked.send_input({"type": "http.request"})
    start = await asked.receive_output(10)
    await asked.receive_output(10)
    await asked.wait(10)
    return int(start["status"])


@pytest.mark.django_db(transaction=True)
def test_asynchronous_requests_at_the_same_time_count_their_own_queries(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The threads of the requests end with them, and their connections with the threads.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    counts = [0, 1, 2, 3, 5, 8]

    async def at_once() -> list[int]:
        application = ASGIHandler()
        return await asyncio.gather(*(answered(application, f"/asynchronous/{count}/") for count in counts))

    assert apart(at_once) == [200] * len(counts)
    timings = sorted(kept.timings, key=lambda timing: timing["db_count"])
    # Each `count` is one of the ORM, one of the view's own, and two in threads beside one another.
    assert [timing["db_count"] for timing in timings] == [4 * count for count in counts]
    for timing in timings:
        assert timing["db_ms"] >= timing["db_count"] * 0.75  # three of four sleep a millisecond
    assert {timing["route"] for timing in timings} == {"/asynchronous/<int:count>/"}


@pytest.mark.django_db(transaction=True)
def test_synchronous_views_of_an_asynchronous_server_count_too(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)

    async def ask() -> int:
        return await answered(ASGIHandler(), "/queries/3/")

    assert apart(ask) == 200
    (timing,) = kept.timings
    assert timing["db_count"] == 3
    assert 6 <= timing["db_ms"] <= timing["duration_ms"]


@pytest.mark.django_db(transaction=True)
def test_queries_outside_of_requests_and_the_wrappers_of_others_are_left_alone(kept: Kept) -> None:
    seen = []

    def other(execute: Any, *arguments: Any) -> Any:
        seen.append(arguments[0])
        return execute(*arguments)

    connection.close()
    with connection.execute_wrapper(other):
        Client().get("/queries/1/")  # connects again, inside the block
    connection.cursor().execute("SELECT 2")
    Client().get("/queries/2/")
    assert len([sql for sql in seen if "pg_sleep" in sql]) == 1
    assert other not in connection.execute_wrappers
    assert [timing["db_count"] for timing in kept.timings] == [1, 2]


def test_without_a_dsn_it_takes_itself_out(settings: Any) -> None:
    from formaos_obs_client import Middleware

    with pytest.raises(MiddlewareNotUsed):
        Middleware(lambda request: HttpResponse())


def added(sender: Any) -> float:
    """The 99th of a hundred: how many ms of a request are the middleware's, not the view's."""
    from formaos_obs_client import Middleware

    inner = 0.0

    def view(request: HttpRequest) -> HttpResponse:
        nonlocal inner
        started = time.perf_counter()
        time.sleep(0.0002)  # lets the sender's thread in, as a view's own waiting does
        inner = time.perf_counter() - started
        return HttpResponse()

    middleware = Middleware(view, sender=sender)
    request = RequestFactory().get("/")
    took = []
    for _ in range(2000):
        started = time.perf_counter()
        middleware(request)
        took.append((time.perf_counter() - started - inner) * 1000)
    return sorted(took)[int(len(took) * 0.99)]


@pytest.mark.parametrize("mode", ["up", "slow", "hung", "gone"])
def test_it_adds_less_than_a_millisecond_whatever_the_server_does(
    receiver: Receiver, gone: str, mode: str, db: None
) -> None:
    from formaos_obs_client import Sender

    receiver.mode = mode
    sender = Sender(gone if mode == "gone" else receiver.dsn, every=0.01, timeout=0.5)
    assert added(sender) <= 1.0


def test_an_asynchronous_request_costs_no_more_and_its_failures_are_not_noticed_either(receiver: Receiver) -> None:
    from formaos_obs_client import Middleware, Sender

    receiver.mode = "hung"
    sender = Sender(receiver.dsn, every=0.01, timeout=0.5)
    broken = Kept()
    broken.put = lambda timing: 1 / 0  # type: ignore[assignment,method-assign,return-value]
    request = AsyncRequestFactory().get("/")

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    async def visits() -> list[float]:
        assert (await Middleware(view, sender=broken)(request)).status_code == 200  # type: ignore[arg-type]
        middleware, took = Middleware(view, sender=sender), []
        for _ in range(2000):
            started = time.perf_counter()
            await middleware(request)
            took.append((time.perf_counter() - started) * 1000)
            if len(took) % 10 == 0:
                await asyncio.sleep(0)
        return took

    took = apart(visits)
    assert sorted(took)[int(len(took) * 0.99)] <= 1.0


@pytest.mark.django_db(transaction=True)
def test_our_server_takes_what_it_sends(
    project: Project, key: IngestKey, live_server: Any, settings: Any, arrived: Arrived
) -> None:
    from formaos_obs_client import Middleware, Sender

    sender = Sender(f"http://{key.public_key}@{live_server.url.partition('//')[2]}/{project.pk}", release="shop@1.2")
    middleware = Middleware(lambda request: HttpResponse(status=429), sender=sender)
    for _ in range(3):
        middleware(RequestFactory().get("/"))
    assert sender.flush()
    assert (sender.sent, sender.failed) == (3, 0)
    assert loop.run(now=timezone.now()).failed == 0
    now = timezone.now()
    with engine.read(project.pk, {"requests": Period(now - timedelta(hours=1), now + timedelta(hours=1))}) as facts:
        rows = facts.ask("SELECT route, status, release, is_rate_limited, db_count, duration_ms FROM requests r", {})
    assert len(rows) == 3
    row = rows[0]
    assert (row["route"], row["status"], row["release"]) == ("(no route)", 429, "shop@1.2")
    assert row["is_rate_limited"]
    assert key.public_key != KEY
    arrived(PROJECT["name"], PROJECT["version"], stored(project))
