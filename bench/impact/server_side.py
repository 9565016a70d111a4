"""A Django view with and without monitoring: latency at a steady rate, CPU per request."""

import http.client
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ingest.processes import Meter, free_port, start, stop, wait_for

ROOT = Path(__file__).resolve().parents[2]
KEY = "0" * 32
RATE = 150  # requests a second, well below what one worker can do: latency, not saturation


@dataclass(frozen=True)
class Cost:
    """Milliseconds; `cpu` is of the application's process, per request."""

    p50: float
    p99: float
    cpu: float


@contextmanager
def receiver(mode: str) -> Iterator[str]:
    """The DSN of a monitoring server in that mode; of nobody for `gone`."""
    port = free_port()
    dsn = f"http://{KEY}@127.0.0.1:{port}/1"
    if mode == "gone":
        yield dsn
        return
    running = start([sys.executable, "-m", "bench.impact.receiver", str(port), mode], cwd=ROOT, log=Path(os.devnull))
    try:
        if mode == "hung":
            time.sleep(1)
        else:
            wait_for(f"http://127.0.0.1:{port}/")
        yield dsn
    finally:
        stop(running)


@contextmanager
def application(monitor: str, dsn: str) -> Iterator[tuple[int, int]]:
    """Port and process id of the sample application under that monitor."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1"]
    command += ["--blocking-threads", "4", "--port", str(port), "--log-level", "error"]
    environment = {
        "IMPACT_MONITOR": monitor, "IMPACT_DSN": dsn, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}",
        "DJANGO_SETTINGS_MODULE": "",
    }  # fmt: skip
    running = start([*command, "bench.impact.application:application"], cwd=ROOT, log=Path(os.devnull), env=environment)
    try:
        wait_for(f"http://127.0.0.1:{port}/orders/1/")
        yield port, running.pid
    finally:
        stop(running)


def measure(ports: dict[str, tuple[int, int]], *, seconds: float) -> dict[str, Cost]:
    """The cost of each application; their requests take turns, so that a noisy moment hits all of them."""
    connections = {name: http.client.HTTPConnection("127.0.0.1", port, timeout=10) for name, (port, _) in ports.items()}
    meters = {name: Meter(pid) for name, (_, pid) in ports.items()}
    took: dict[str, list[float]] = {name: [] for name in ports}
    deadline = time.perf_counter() + seconds * len(ports)
    number = 0
    while time.perf_counter() < deadline:
        for name, connection in connections.items():
            started = time.perf_counter()
            connection.request("GET", f"/orders/{number}/")
            connection.getresponse().read()
            took[name].append((time.perf_counter() - started) * 1000)
            time.sleep(max(0.0, 1 / RATE - (time.perf_counter() - started)))
        number += 1
    for connection in connections.values():
        connection.close()
    return {
        name: Cost(
            statistics.median(times),
            statistics.median(map(p99, blocks(times))),
            meters[name].seconds() * 1000 / len(times),
        )
        for name, times in took.items()
    }


def blocks(times: list[float]) -> list[list[float]]:
    """Blocks of 100: the median of their p99 says what is usual, where a busy machine's worst second would decide."""
    return [times[start : start + 100] for start in range(0, max(len(times) - 99, 1), 100)]


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)] if len(times) < 100 else sorted(times)[98]


def run(*, seconds: float, modes: tuple[str, ...]) -> list[str]:
    """The lines of the table."""
    lines = [f"Django view, {RATE} requests a second, milliseconds added to the unmonitored view (its own: first row)"]
    lines.append(f"{'server':8}{'monitor':10}{'p50':>9}{'p99':>9}{'CPU':>9}")
    for mode in modes:
        with ExitStack() as running:
            dsn = running.enter_context(receiver(mode))
            monitored = {name: running.enter_context(application(name, dsn)) for name in ("none", "ours", "sentry")}
            costs = measure(monitored, seconds=seconds)
        bare = costs.pop("none")
        lines.append(f"{mode:8}{'none':10}{bare.p50:9.3f}{bare.p99:9.3f}{bare.cpu:9.3f}")
        lines += [
            f"{mode:8}{name:10}{cost.p50 - bare.p50:+9.3f}{cost.p99 - bare.p99:+9.3f}{cost.cpu - bare.cpu:+9.3f}"
            for name, cost in costs.items()
        ]
    return lines
