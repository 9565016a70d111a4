"""The web server's HTTP: what it takes, how it answers, and what ends a connection."""

import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from formaos_obs.front.listening import Shares
from formaos_obs.front.threads import FileWrapper
from formaos_obs.tests.fronts import Environ, answer, rest, running, until

Start = Callable[..., Any]
HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"


class Whole(list[bytes]):
    """An answer that is no stream, as Django's are."""

    streaming = False


class Stream:
    """An answer that says that it is a stream, as Django's do."""

    streaming = True

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)


def echo(environ: Environ, start: Start) -> Whole:
    """What arrived, as JSON."""
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    said["body"] = environ["wsgi.input"].read().decode("latin-1")
    body = json.dumps(said).encode()
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return Whole([body])


def heard(got: bytes) -> dict[str, str]:
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), got
    found: dict[str, str] = json.loads(body)
    return found


def post(path: str = "/", *headers: str) -> bytes:
    return HEAD.format(path=path, headers="".join(f"{header}\r\n" for header in headers)).encode()


def test_a_body_with_a_length_arrives_whole() -> None:
    with running(echo) as front, front.connect() as client:
        client.sendall(post("/a/%C3%A4?b=%20c", "Content-Length: 11", "Content-Type: text/x"))
        client.sendall(b"hello ")
        client.sendall(b"world")
        found = heard(answer(client))
    assert (found["REQUEST_METHOD"], found["PATH_INFO"].encode("latin-1").decode()) == ("POST", "/a/ä")
    assert (found["QUERY_STRING"], found["body"]) == ("b=%20c", "hello world")
    assert (found["CONTENT_LENGTH"], found["CONTENT_TYPE"], found["REMOTE_ADDR"]) == ("11", "text/x", "127.0.0.1")


def test_a_body_in_chunks_arrives_whole_and_its_trailers_are_not_believed() -> None:
    with running(echo) as front, front.connect() as client:
        client.sendall(post("/", "Transfer-Encoding: chunked") + b"6\r\nhello \r\n5\r\nworld\r\n")
        client.sendall(b"0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        found = heard(answer(client))
    assert (found["body"], found["CONTENT_LENGTH"]) == ("hello world", "11")
    assert not {"HTTP_TRANSFER_ENCODING", "HTTP_X_FORWARDED_FOR"} & found.keys()


def test_headers_reach_the_application_as_they_are_meant() -> None:
    with running(echo) as front:
        found = heard(
            front.get(
                headers="X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\nX_Forwarded_For: 192.0.2.3\r\n"
            )
        )
    assert found["HTTP_X_FORWARDED_FOR"] == "192.0.2.1, 192.0.2.2"


def test_a_client_that_expects_100_continue_is_told_to_go_on() -> None:
    with running(echo) as front, front.connect() as client:
        client.sendall(post("/", "Content-Length: 2", "Expect: 100-continue"))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ok")
        assert heard(answer(client))["body"] == "ok"


@pytest.mark.parametrize(
    "headers", [("Content-Length: 99000000", "Expect: 100-continue"), ("Content-Length: 99000000",)]
)
def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(headers: tuple[str, ...]) -> None:
    with running(echo) as front:
        assert front.exchange(post("/", *headers)).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_is_refused_once_it_is_too_large() -> None:
    chunk = b"10000\r\n%s\r\n" % (b"x" * 65_536)
    with running(echo, DATA_UPLOAD_MAX_MEMORY_SIZE=100_000) as front:
        got = front.exchange(post("/", "Transfer-Encoding: chunked") + chunk * 3)
    assert got.startswith(b"HTTP/1.1 413 ")


def test_a_connection_serves_one_request_after_the_other() -> None:
    with running(echo) as front, front.connect() as client:
        for path in ("/a", "/b"):
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            assert heard(answer(client))["PATH_INFO"] == path


def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    first = threading.Event()

    def application(environ: Environ, start: Start) -> Whole:
        if environ["PATH_INFO"] == "/0":
            first.wait(20)
        return echo(environ, start)

    paths = [f"/{number}" for number in range(20)]
    with running(application, OBS_WEB_THREADS=4) as front, front.connect() as client:
        for path in paths[:-1]:
            client.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx".encode())
        client.sendall(f"GET {paths[-1]} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        first.set()
        got = rest(client)
    bodies = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in got.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [body["PATH_INFO"] for body in bodies] == paths


def test_an_old_client_gets_one_answer_and_the_end() -> None:
    with running(echo) as front:
        assert b"Connection: close" in front.exchange(b"GET / HTTP/1.0\r\n\r\n")
        with front.connect() as client:
            client.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert b"Connection: keep-alive" in answer(client)


def test_head_has_the_headers_of_get_and_no_body() -> None:
    with running(echo) as front:
        got = front.exchange(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"Content-Length: " in head
    assert body == b""


def test_a_client_that_stops_sending_still_gets_its_answer() -> None:
    with running(echo) as front, front.connect() as client:
        client.sendall(b"GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert heard(rest(client))["PATH_INFO"] == "/half"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: %s\r\n\r\n" % (b"x" * 70_000), 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: %s" % (b"x" * 70_000), 431),
        (b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"x" * 70_000), 414),
        (b"GET /%s" % (b"x" * 70_000), 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n%s\r\n" % b"".join(b"A%d: x\r\n" % n for n in range(150)), 431),
    ],
    ids=itertools.count(),
)
def test_what_is_no_request_is_refused_and_the_connection_ends(sent: bytes, status: int) -> None:
    with running(echo) as front:
        assert front.exchange(sent).startswith(b"HTTP/1.1 %d " % status)
        assert heard(front.get("/next"))["PATH_INFO"] == "/next"


def test_an_offer_of_another_protocol_is_answered_in_this_one() -> None:
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
    with running(echo) as front:
        assert heard(front.exchange(f"GET /up HTTP/1.1\r\nHost: a\r\n{offer}\r\n".encode()))["PATH_INFO"] == "/up"


def test_a_failure_of_the_application_is_a_500_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    def application(environ: Environ, start: Start) -> Whole:
        if environ["PATH_INFO"] == "/bad":
            raise RuntimeError("broken")
        return echo(environ, start)

    with running(application) as front:
        assert front.get("/bad").startswith(b"HTTP/1.1 500 ")
        assert heard(front.get("/good"))["PATH_INFO"] == "/good"
    assert "broken" in caplog.text


def test_a_stream_is_sent_in_chunks_and_to_an_old_client_until_the_end() -> None:
    def application(environ: Environ, start: Start) -> Stream:
        start("200 OK", [])
        return Stream([b"one ", b"", b"two"])

    with running(application) as front:
        assert front.get().endswith(
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"
        )
        assert front.exchange(b"GET / HTTP/1.0\r\n\r\n").endswith(b"Connection: close\r\n\r\none two")
        assert front.exchange(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"close\r\n\r\n")


def test_an_answer_that_something_wrapped_is_sent_whole_also_where_no_thread_may_wait() -> None:
    def application(environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", [])
        return iter([b"one ", b"two"])

    with running(application) as front:
        for path in ("/healthz", "/page"):
            assert front.get(path).endswith(b"Content-Length: 7\r\nConnection: close\r\n\r\none two")


def test_a_stream_that_breaks_off_does_not_look_whole(caplog: pytest.LogCaptureFixture) -> None:
    def parts() -> Iterator[bytes]:
        yield b"one"
        raise RuntimeError("broken")

    def application(environ: Environ, start: Start) -> Stream:
        start("200 OK", [])
        return Stream(parts())

    with running(application) as front:
        got = front.get()
    assert got.endswith(b"\r\n\r\n3\r\none\r\n")  # the chunk that ends an answer never came
    assert "broken" in caplog.text


def test_a_stream_is_made_no_faster_than_it_is_read() -> None:
    made, is_closed = [], threading.Event()

    def parts() -> Iterator[bytes]:
        try:
            for number in range(2000):
                made.append(number)
                yield b"x" * 100_000
        finally:
            is_closed.set()

    def application(environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", [])
        return parts()

    with running(application) as front:
        with front.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            until(lambda: any(one.waiters for one in front.worker.connections))
            assert not is_closed.is_set()
        assert is_closed.wait(20)
    assert len(made) < 1000  # of 200 MB what the buffers of both kernels take


def test_a_file_is_sent_whole_and_a_slow_reader_of_one_holds_no_thread(tmp_path: Path) -> None:
    content = bytes(range(256)) * 200_000
    (tmp_path / "file").write_bytes(content)

    def application(environ: Environ, start: Start) -> Any:
        if environ["PATH_INFO"] != "/file":
            return echo(environ, start)
        start("200 OK", [("Content-Length", str(len(content)))])
        return environ["wsgi.file_wrapper"]((tmp_path / "file").open("rb"), 4096)

    with running(application, OBS_WEB_THREADS=1) as front, front.connect() as slow:
        slow.sendall(b"GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        slow.recv(10)
        assert heard(front.get("/other"))["PATH_INFO"] == "/other"
        assert front.get("/file").partition(b"\r\n\r\n")[2] == content
        assert rest(slow).endswith(content[-1000:])


def test_a_file_without_a_length_is_sent_by_a_thread(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")

    def application(environ: Environ, start: Start) -> FileWrapper:
        start("200 OK", [])
        return FileWrapper((tmp_path / "file").open("rb"))

    with running(application) as front:
        assert front.get().endswith(b"Content-Length: 7\r\nConnection: close\r\n\r\ncontent")


def test_what_is_under_way_ends_before_the_server_does() -> None:
    began, go_on = threading.Event(), threading.Event()

    def application(environ: Environ, start: Start) -> Whole:
        began.set()
        go_on.wait(20)
        return echo(environ, start)

    with running(application) as front, front.connect() as client, front.connect() as idle:
        client.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
        assert began.wait(20)
        front.stop()
        assert idle.recv(1) == b""  # one that waits for nothing is closed at once
        go_on.set()
        got = rest(client)
        assert heard(got)["PATH_INFO"] == "/last"
        front.join()
        with pytest.raises(ConnectionRefusedError):
            front.connect()


def test_a_process_with_more_connections_than_another_leaves_a_new_one_to_it() -> None:
    shares = Shares(2)
    shares.set(0, 3)
    assert (shares.has_least(0), shares.has_least(1)) == (False, True)
    shares.set(1, 3)
    assert (shares.has_least(0), shares.has_least(1)) == (True, True)
