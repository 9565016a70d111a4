"""Which web server: the same work under each, requests per second, server CPU per request, and what slow clients do.

    python bench/choices/servers.py [--seconds 3] [--rounds 3]

The work is a POST of 17 kB that a thread answers, once the body is there. Contenders that are not installed are fetched
with pip into var/bench/servers. The client is one epoll loop with a fixed number of connections, each with one request
under way. Last, beside 200 idle connections and 200 bodies that never end, one GET is timed. Compare the ratios: the
machine may be shared.
"""

import argparse
import asyncio
import os
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
EXTRA = ROOT / "var" / "bench" / "servers"
CONTENDERS = ["gunicorn==27.0.1", "gunicorn_h1c==0.6.10", "waitress==3.0.2", "packaging"]
BODY = os.urandom(17_000)
CROWD = 200
PATIENCE = 5.0
threads = ThreadPoolExecutor(2)


def application(environ: dict, start_response: Callable) -> list[bytes]:
    """WSGI: reads the body to its end, answers three bytes."""
    stream = environ["wsgi.input"]
    if environ["REQUEST_METHOD"] == "POST":
        while stream.read(65_536):
            pass
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


def answer(body: bytes) -> bytes:
    return b"ok\n"


async def asgi(scope: dict, receive: Callable, send: Callable) -> None:
    """ASGI: awaits the body, has a thread answer."""
    if scope["type"] != "http":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"].endswith("shutdown"):
                return
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    said = await asyncio.get_running_loop().run_in_executor(threads, answer, b"".join(parts))
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


async def rsgi(scope: Any, protocol: Any) -> None:
    """Granian's own interface: the same."""
    body = await protocol()
    said = await asyncio.get_running_loop().run_in_executor(threads, answer, body)
    protocol.response_bytes(200, [("content-type", "text/plain")], said)


def front(port: int) -> None:
    """This server's own, with the application above."""
    os.environ |= {"OBS_VAR_DIR": str(EXTRA / "front"), "DJANGO_SETTINGS_MODULE": "formaos_obs.settings"}
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from formaos_obs.front import master, worker
    from formaos_obs.front.listening import Listener, Shares, bind

    sockets, shares = bind("127.0.0.1", port), Shares(2)
    master.prepare()
    master.Master(2, lambda index: worker.main(application, Listener(sockets, shares, index))).run()


def commands(port: int) -> dict[str, list[str]]:
    granian = ["-m", "granian", "--http", "1", "--no-ws", "--log-level", "critical", "--port", str(port)]
    granian += ["--workers", "2"]
    gunicorn = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "critical", "--keep-alive", "30"]
    gunicorn += ["--workers", "2"]
    uvicorn = ["-m", "uvicorn", "--port", str(port), "--log-level", "critical", "--no-access-log", "--workers", "2"]
    gthread = ["--worker-class", "gthread", "--threads", "8"]
    asgi_loop = ["--worker-class", "asgi", "--asgi-loop", "uvloop"]
    waitress = ["-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=16"]
    wsgi_8 = ["--interface", "wsgi", "--blocking-threads", "8", "--backpressure", "16"]
    wsgi_2 = ["--interface", "wsgi", "--blocking-threads", "2", "--backpressure", "16"]
    own_rsgi = ["--interface", "rsgi", "--loop", "uvloop", "--backpressure", "4096"]
    return {
        "formaos_obs.front": [str(Path(__file__)), "--front", str(port)],
        "granian WSGI 2 x 8": [*granian, *wsgi_8, "bench.choices.servers:application"],
        "granian WSGI 2 x 2": [*granian, *wsgi_2, "bench.choices.servers:application"],
        "granian RSGI, uvloop": [*granian, *own_rsgi, "bench.choices.servers:rsgi"],
        "uvicorn, uvloop, httptools": [*uvicorn, "bench.choices.servers:asgi"],
        "gunicorn asgi, uvloop": [*gunicorn, *asgi_loop, "bench.choices.servers:asgi"],
        "gunicorn gthread 2 x 8": [*gunicorn, *gthread, "bench.choices.servers:application"],
        "waitress 16 threads": [*waitress, "bench.choices.servers:application"],
    }  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Any path that this server's threads of ingest take and that is no endpoint, for `formaos_obs.front`.
POST = b"POST /tunnel/none HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def cpu_seconds(process: psutil.Process) -> float:
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        times = each.cpu_times()
        total += times.user + times.system
    return total


def load(port: int, *, connections: int, seconds: float) -> list[float]:
    """The latencies of all answers; a connection that the server closes is opened again."""
    poll, sockets, sent, received = select.epoll(), {}, {}, {}

    def connect() -> None:
        client = socket.create_connection(("127.0.0.1", port), timeout=5)
        sockets[client.fileno()] = client
        poll.register(client.fileno(), select.EPOLLIN)
        sent[client.fileno()], received[client.fileno()] = time.perf_counter(), b""
        client.sendall(POST)

    for _ in range(connections):
        connect()
    latencies: list[float] = []
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        for number, _ in poll.poll(0.1):
            client = sockets[number]
            try:
                data = client.recv(4096)
            except ConnectionResetError:
                data = b""
            received[number] += data
            if data and not received[number].endswith(b"\r\n\r\nok\n"):
                continue
            if data:
                latencies.append(time.perf_counter() - sent[number])
            if not data or b"connection: close" in received[number].lower():
                poll.unregister(number)
                client.close()
                del sockets[number]
                connect()
                continue
            sent[number], received[number] = time.perf_counter(), b""
            client.sendall(POST)
    for client in sockets.values():
        client.close()
    return latencies


def beside_a_crowd(port: int) -> float:
    """Seconds until a GET is answered beside idle connections and bodies that never end; PATIENCE where it is not."""
    with ExitStack() as crowd:
        for begun in (b"", POST[:200]):
            for _ in range(CROWD):
                client = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
                client.sendall(begun)
        began = time.perf_counter()
        client = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
        client.sendall(GET)
        try:
            return time.perf_counter() - began if client.recv(100) else PATIENCE
        except TimeoutError:
            return PATIENCE


def measure(command: list[str], port: int, *, connections: int, seconds: float) -> tuple[float, float, float, float]:
    """Requests per second, server CPU in ms per request, p99 in ms, seconds of a GET beside the crowd."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(EXTRA)])}
    process = psutil.Popen([sys.executable, *command], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        load(port, connections=connections, seconds=0.5)
        before, started = cpu_seconds(process), time.perf_counter()
        latencies = load(port, connections=connections, seconds=seconds)
        spent, used = time.perf_counter() - started, cpu_seconds(process) - before
        tail = 1000 * sorted(latencies)[int(len(latencies) * 0.99)]
        return len(latencies) / spent, 1000 * used / len(latencies), tail, beside_a_crowd(port)
    finally:
        for each in [*process.children(recursive=True), process]:
            each.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--front", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.front:
        return front(options.front)
    if not (EXTRA / "gunicorn_h1c").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(EXTRA), *CONTENDERS]
        subprocess.run(pip, check=True)
    results: dict[str, list[tuple[float, float, float, float]]] = {}
    for _ in range(options.rounds):  # interleaved, so that a noisy minute hits all of them
        for name in commands(0):
            port = free_port()
            figures = measure(commands(port)[name], port, connections=options.connections, seconds=options.seconds)
            results.setdefault(name, []).append(figures)
    rounds = f"median of {options.rounds} rounds of {options.seconds:g} s"
    print(
        f"POST of 17 kB, {options.connections} connections, {rounds}; a GET beside {CROWD} idle and {CROWD} trickling"
    )
    print(f"{'':30}{'requests/s':>12}{'CPU ms':>9}{'p99 ms':>9}{'GET s':>9}")
    for name, rows in results.items():
        rate, cpu, tail, crowd = (statistics.median(column) for column in zip(*rows, strict=True))
        waited = "never" if crowd >= PATIENCE else f"{crowd:.3f}"
        print(f"{name:30}{rate:12,.0f}{cpu:9.3f}{tail:9.1f}{waited:>9}")


if __name__ == "__main__":
    main()
