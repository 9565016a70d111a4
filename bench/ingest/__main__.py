"""Ingest: what a request and an event cost here, in a bare Django view, and in Bugsink, in one run.

    python -m bench.ingest [--seconds 10] [--without-bugsink] [--check]

Accepting and digesting are measured apart and then together; compare ratios, the machine may be shared. With `--check`
it exits 1 where an aim is missed.
"""

import argparse
import json
import shutil
import sys
import threading
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from bench.ingest import load, processes
from bench.ingest.bugsink import Bugsink
from bench.ingest.ours import ROOT, Ours
from bench.ingest.processes import Meter

Row = dict[str, float]


def accepting(url: str, listing: Path, meter: Meter, *, seconds: float) -> Row:
    load.run(url, listing, seconds=1)
    meter = Meter(*meter.pids)
    measured = load.run(url, listing, seconds=seconds)
    if measured.bad or measured.broken:
        print(f"  ! {measured.bad} answers were not 2xx, {measured.broken} requests broke", file=sys.stderr)
    return {
        "accept/s": measured.per_second,
        "p50 ms": measured.p50_ms,
        "p99 ms": measured.p99_ms,
        "accept CPU ms": meter.seconds() / measured.requests * 1000,
    }


def digesting(peer: Ours | Bugsink, start: Any, *database: int) -> Row:
    """Drain what was accepted: the rate and CPU from the moment the worker takes its first item."""
    waiting, before = peer.backlog(), peer.digested()
    worker = start()
    meter = Meter(*(process.pid for process in worker), *database)
    deadline = time.monotonic() + 60
    while peer.digested() == before:
        if time.monotonic() > deadline:
            sys.exit("The worker digests nothing; see its log.")
        time.sleep(0.02)
    first, began = peer.digested(), time.monotonic()
    peer.drained()
    took, done = time.monotonic() - began, peer.digested()
    used = meter.seconds()
    processes.stop(*worker)
    return {
        "backlog": waiting,
        "digest/s": (done - first) / max(took, 1e-9),
        "digest CPU ms": used / max(1, done - before) * 1000,
    }


def both(peer: Ours | Bugsink, running: list[Any], listing: Path, *database: int, seconds: float) -> Row:
    """Accept and digest at once, and wait until the last event is digested."""
    before, began = peer.digested(), time.monotonic()
    meter = Meter(*(process.pid for process in running), *database)
    load.run(peer.url, listing, seconds=seconds)
    peer.drained()
    took, done = time.monotonic() - began, peer.digested() - before
    return {"end to end/s": done / took, "CPU ms/event": meter.seconds() / max(1, done) * 1000}


def bare(ours: Ours, listing: Path, *, seconds: float) -> dict[str, Row]:
    port = processes.free_port()
    env = {"BENCH_POSTGRES": ours.socket_folder, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "bench.ingest.bare"}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "error",
               "--port", str(port), "--workers", "2", "--blocking-threads", "4",
               "bench.ingest.bare:application"]  # fmt: skip
    ours.execute("CREATE TABLE bench_raw (id bigserial, body bytea)")
    web = processes.start(command, cwd=ROOT, log=ours.folder / "bare.log", env=env)
    rows = {}
    try:
        for name, label in (("read", "bare view"), ("insert", "bare view + INSERT")):
            url = f"http://127.0.0.1:{port}/{name}/1/"
            processes.wait_for(url)
            rows[label] = accepting(url, listing, Meter(web.pid, ours.postgres), seconds=seconds)
    finally:
        processes.stop(web)
        ours.execute("DROP TABLE bench_raw")
    return rows


def measure_ours(ours: Ours, listing: Path, *, seconds: float) -> Row:
    web = ours.start("web")
    row = accepting(ours.url, listing, Meter(web[0].pid, ours.postgres), seconds=seconds)
    row |= digesting(ours, lambda: ours.start("worker", "beat"), ours.postgres)
    running = [*web, *ours.start("worker", "beat")]
    time.sleep(3)
    ours.execute("VACUUM FULL ingest_inbox")
    disk, events = ours.disk(), ours.digested()
    row |= both(ours, running, listing, ours.postgres, ours.redis, seconds=seconds)
    time.sleep(1)
    ours.execute("VACUUM FULL ingest_inbox")
    row["bytes/event"] = (ours.disk() - disk) / max(1, ours.digested() - events)
    row |= visible(ours, seconds=min(seconds, 15))
    processes.stop(*running)
    return row


def measure_bugsink(peer: Bugsink, listing: Path, *, seconds: float) -> Row:
    web = peer.start_web()
    row = accepting(peer.url, listing, Meter(web.pid), seconds=seconds)
    row |= digesting(peer, lambda: [peer.start_worker()])
    worker = peer.start_worker()
    time.sleep(2)
    disk, events = peer.disk(), peer.digested()
    row |= both(peer, [web, worker], listing, seconds=seconds)
    row["bytes/event"] = (peer.disk() - disk) / max(1, peer.digested() - events)
    processes.stop(web, worker)
    return row


def visible(ours: Ours, *, seconds: float) -> Row:
    """Seconds from the answer to an issue that can be seen, at 100 events/s of background load."""
    stop, lags = threading.Event(), []

    def background() -> None:
        while not stop.wait(0.01):
            post(ours.url, {"message": "background", "level": "info"})

    threads = [threading.Thread(target=background, daemon=True)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        name = f"probe-{uuid.uuid4().hex}"
        post(ours.url, {"message": "probe", "fingerprint": [name]})
        began = time.monotonic()
        seen = ours.ask("SELECT count(*) FROM events_issue")
        while ours.ask("SELECT count(*) FROM events_issue") == seen and time.monotonic() < began + 10:
            time.sleep(0.02)
        lags.append(time.monotonic() - began)
    stop.set()
    lags.sort()
    return {"visible p50 s": lags[len(lags) // 2], "visible max s": lags[-1]}


def post(url: str, event: dict[str, Any]) -> None:
    event_id = uuid.uuid4().hex
    body = "\n".join(
        [json.dumps({"event_id": event_id}), '{"type":"event"}', json.dumps(event | {"event_id": event_id})]
    )
    urllib.request.urlopen(urllib.request.Request(url, body.encode(), method="POST"), timeout=10).read()


def show(rows: dict[str, Row]) -> None:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    width = max(map(len, rows)) + 2
    for name in columns:
        print(f"{name:16}", *(f"{row[name]:>14.2f}" if name in row else f"{'':>14}" for row in rows.values()))
    print(f"{'':16}", *(f"{label[:14]:>14}" for label in rows), f"{'':{width}}".rstrip())


def judge(rows: dict[str, Row]) -> bool:
    """Print each figure that has an aim beside it; whether one was missed."""
    here, insert, peer = rows["this server"], rows["bare view + INSERT"], rows.get("Bugsink")
    found = [
        ("accept, of bare + INSERT", here["accept/s"] / insert["accept/s"], ">=", 0.6),
        ("p99 ms, 8 connections", here["p99 ms"], "<=", 15.0),
        ("CPU ms/event in all", here["CPU ms/event"], "<=", 1.5),
        ("kB on disk/event", here["bytes/event"] / 1000, "<=", 6.0),
        ("visible max s", here["visible max s"], "<=", 2.0),
    ]
    if peer:
        found.append(("digest, x Bugsink", here["digest/s"] / peer["digest/s"], ">=", 10.0))
        found.append(("end to end, x Bugsink", here["end to end/s"] / peer["end to end/s"], ">=", 5.0))
    missed = False
    for name, value, sign, aim in found:
        late = value < aim if sign == ">=" else value > aim
        missed |= late
        print(f"{name:26}{value:>10.2f}   aim {sign} {aim:g}{'  MISSED' if late else ''}")
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--without-bugsink", action="store_true")
    parser.add_argument("--check", action="store_true", help="Exit 1 where an aim is missed.")
    options = parser.parse_args()
    folder = ROOT / "var" / "bench" / "ingest"
    Ours.stop_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)
    listing, mean = load.prepare(folder / "corpus")
    print(f"corpus: {mean / 1000:.1f} kB mean, {load.CONNECTIONS} connections, {options.seconds:g} s per measurement")
    ours = Ours(folder)
    try:
        rows = bare(ours, listing, seconds=options.seconds)
        rows["this server"] = measure_ours(ours, listing, seconds=options.seconds)
    finally:
        Ours.stop_servers(folder)
    if not options.without_bugsink:
        rows["Bugsink"] = measure_bugsink(Bugsink(folder), listing, seconds=options.seconds)
    show(rows)
    missed = judge(rows)
    sys.exit(1 if options.check and missed else 0)


if __name__ == "__main__":
    main()
