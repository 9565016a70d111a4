"""Which web server: the same two views under each, requests per second and server CPU per request, in one run.

    python bench/servers.py [--seconds 3] [--rounds 3]

The contenders that are not installed are fetched with pip into var/bench/servers. Clients are one epoll loop with a
fixed number of connections, each with one request under way. Compare the ratios: the machine may be shared.
"""

import argparse
import os
import select
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
EXTRA = ROOT / "var" / "bench" / "servers"
CONTENDERS = ["gunicorn==27.0.1", "waitress==3.0.2"]
BODY = os.urandom(17_000)


def application(environ: dict, start_response: object) -> list[bytes]:
    """Reads the body to its end, answers three bytes."""
    stream = environ["wsgi.input"]
    if environ["REQUEST_METHOD"] == "POST":
        while stream.read(65_536):
            pass
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


def commands(port: int) -> dict[str, list[str]]:
    granian = [
        "granian",
        "--interface",
        "wsgi",
        "--http",
        "1",
        "--no-ws",
        "--log-level",
        "critical",
        "--port",
        str(port),
    ]
    gunicorn = ["gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "critical", "--keep-alive", "30"]
    app = "bench.servers:application"
    return {
        "granian 2 workers x 8 threads": [
            *granian,
            "--workers",
            "2",
            "--blocking-threads",
            "8",
            "--backpressure",
            "16",
            app,
        ],
        "granian 2 workers x 2 threads": [
            *granian,
            "--workers",
            "2",
            "--blocking-threads",
            "2",
            "--backpressure",
            "16",
            app,
        ],
        "granian 1 worker x 8 threads": [
            *granian,
            "--workers",
            "1",
            "--blocking-threads",
            "8",
            "--backpressure",
            "32",
            app,
        ],
        "gunicorn gthread 2 x 8": [*gunicorn, "--worker-class", "gthread", "--workers", "2", "--threads", "8", app],
        "gunicorn sync 2": [*gunicorn, "--worker-class", "sync", "--workers", "2", app],
        "waitress 16 threads": ["waitress", f"--listen=127.0.0.1:{port}", "--threads=16", app],
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def request(method: str) -> bytes:
    head = f"{method} / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    return head.encode() + (b"\r\n" if method == "GET" else b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)


def cpu_seconds(process: psutil.Process) -> float:
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        times = each.cpu_times()
        total += times.user + times.system
    return total


def load(port: int, message: bytes, *, connections: int, seconds: float) -> tuple[int, list[float]]:
    """Answers counted and their latencies; a connection that the server closes is opened again."""
    poll, sockets, sent, received = select.epoll(), {}, {}, {}

    def connect() -> None:
        client = socket.create_connection(("127.0.0.1", port), timeout=5)
        sockets[client.fileno()] = client
        poll.register(client.fileno(), select.EPOLLIN)
        sent[client.fileno()], received[client.fileno()] = time.perf_counter(), b""
        client.sendall(message)

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
            client.sendall(message)
    for client in sockets.values():
        client.close()
    return len(latencies), latencies


def measure(
    command: list[str], port: int, method: str, *, connections: int, seconds: float
) -> tuple[float, float, float]:
    """Requests per second, server CPU in ms per request, p99 in ms."""
    path = os.pathsep.join([str(ROOT), str(EXTRA)])
    environment = {**os.environ, "PYTHONPATH": path}
    process = psutil.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        load(port, request(method), connections=connections, seconds=0.5)
        before, started = cpu_seconds(process), time.perf_counter()
        count, latencies = load(port, request(method), connections=connections, seconds=seconds)
        spent, used = time.perf_counter() - started, cpu_seconds(process) - before
        return count / spent, 1000 * used / count, 1000 * sorted(latencies)[int(len(latencies) * 0.99)]
    finally:
        for each in [*process.children(recursive=True), process]:
            each.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    if not (EXTRA / "gunicorn").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(EXTRA), *CONTENDERS]
        subprocess.run([*pip, "packaging"], check=True)
    for method, label in (("GET", "GET, no body"), ("POST", "POST, 17 kB body read to its end")):
        results: dict[str, list[tuple[float, float, float]]] = {}
        for _ in range(options.rounds):  # interleaved, so that a noisy minute hits all of them
            for name in commands(0):
                port = free_port()
                figures = measure(
                    commands(port)[name], port, method, connections=options.connections, seconds=options.seconds
                )
                results.setdefault(name, []).append(figures)
        base = statistics.median(row[0] for row in results["gunicorn gthread 2 x 8"])
        print(
            f"\n{label}, {options.connections} connections, median of {options.rounds} rounds of {options.seconds:g} s"
        )
        print(f"{'':32}{'requests/s':>12}{'x gthread':>11}{'CPU ms':>9}{'p99 ms':>9}")
        for name, rows in results.items():
            rate, cpu, tail = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"{name:32}{rate:12,.0f}{rate / base:11.2f}{cpu:9.3f}{tail:9.1f}")


if __name__ == "__main__":
    main()
