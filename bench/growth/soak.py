"""Soak: an hour at a steady rate, and whether anything besides the facts grows.

    python -m bench.growth.soak [--seconds 3600] [--rate 300] [--every 60] [--check]

Sends a web shop's errors, transactions with spans, vitals, logs and product events over HTTP to `manage.py up` on a
folder of its own, batched as SDKs batch them. A line each `--every` seconds; at the end each of memory, disk, lag and
bloat with its growth over the last two thirds and the aim beside it, and whether every record that was answered with
2xx is stored. A run of less than a quarter of an hour is too short to judge what grows. With `--check` it exits 1 where
an aim is missed.
"""

from __future__ import annotations

import argparse
import http.client
import os
import queue
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")
os.environ.setdefault("OBS_VAR_DIR", tempfile.mkdtemp())

import django

django.setup()

from bench import ROOT  # noqa: E402
from bench.growth import sampling, traffic  # noqa: E402
from bench.growth.sampling import Sample  # noqa: E402
from chaos import reconcile, running  # noqa: E402
from chaos.ledger import Dsn  # noqa: E402

HOME = ROOT / "var" / "bench" / "soak-hour"
SENDERS = 8
JUDGED_SECONDS = 900
# Tables that hold something of every item for days, as they promise: they grow until the first of it is dropped.
KEPT = ("ingest_seen", "ingest_seen_span", "analytics_bucket")
_STORED = """
SELECT category, sum(quantity)::bigint FROM ingest_outcome WHERE outcome = 'stored' AND project_id = %s GROUP BY 1
"""
_FACTS = "SELECT fact, sum(rows)::bigint FROM events_segment WHERE project_id = %s GROUP BY 1"


@dataclass
class Told:
    """What the server said to what was sent: records by category, their facts, refusals by status (0: no answer)."""

    accepted: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    requests: int = 0
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, sent: traffic.Request, status: int) -> None:
        with self.lock:
            self.requests += 1
            self.bytes += len(sent.body)
            if 200 <= status < 300:
                self.accepted[sent.category] += sent.records
                self.facts[sent.fact] += sent.facts
            else:
                self.refused[status] += sent.records


class Sender(threading.Thread):
    """Sends what is due, one request at a time; all senders take from one queue of (moment that it is due, kind)."""

    def __init__(
        self, dsn: Dsn, due: queue.PriorityQueue[tuple[float, int]], told: Told, stop: threading.Event, *,
        rate: float, seed: int,
    ) -> None:  # fmt: skip
        super().__init__(daemon=True)
        self.dsn, self.due, self.told, self.rate = dsn, due, told, rate
        self.stop_event = stop
        self.random = random.Random(seed)
        self.connection = http.client.HTTPConnection(dsn.host, dsn.port, timeout=30)

    def run(self) -> None:
        while not self.stop_event.is_set():
            try:
                at, place = self.due.get(timeout=1)
            except queue.Empty:
                continue
            if self.stop_event.wait(max(0.0, at - time.monotonic())):
                return
            kind = traffic.KINDS[place]
            sent = kind.make(self.random, traffic.moment(self.random), self.dsn)
            self.due.put((at + sent.records / (self.rate * kind.share), place))
            self.told.note(sent, self._post(sent))

    def _post(self, sent: traffic.Request) -> int:
        try:
            self.connection.request("POST", sent.path, sent.body, sent.headers)
            answer = self.connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0
        return answer.status


def run(host: running.Host, options: argparse.Namespace) -> tuple[list[Sample], Told]:
    """Send for `--seconds` and sample meanwhile."""
    told, stop = Told(), threading.Event()
    due: queue.PriorityQueue[tuple[float, int]] = queue.PriorityQueue()
    began = time.monotonic()
    for place in range(len(traffic.KINDS)):
        due.put((began, place))
    senders = [Sender(host.dsn, due, told, stop, rate=options.rate, seed=seed) for seed in range(SENDERS)]
    for sender in senders:
        sender.start()
    samples: list[Sample] = []
    with psycopg.connect(running.owner_url(host.folder), autocommit=True) as database:
        while (past := time.monotonic() - began) < options.seconds:
            time.sleep(min(options.every, options.seconds - past))
            samples.append(sampling.take(host.folder, database, seconds=time.monotonic() - began))
            show(samples[-1], told)
    stop.set()
    for sender in senders:
        sender.join(60)
    return samples, told


def show(sample: Sample, told: Told) -> None:
    memory = " ".join(f"{sample.memory.get(name, 0):5.0f}" for name in ("web", "worker", "postgres", "redis"))
    print(
        f"{sample.seconds:6.0f} {sum(told.accepted.values()) / sample.seconds:7.1f} {sum(told.refused.values()):7,} |"
        f" {memory} {sum(sample.memory.values()):6.0f} | {sample.disk['segments']:7.1f} {sample.disk['postgres']:7.1f}"
        f" {sample.disk['wal']:6.0f} {sample.disk['spool']:5.1f} | {sample.lag_seconds:5.1f} {sample.waiting:6,}"
        f" {sample.tables['ingest_inbox']:6.1f} {sum(sample.dead.values()):8,} | {sample.load:5.1f}",
        flush=True,
    )


def besides(sample: Sample) -> float:
    """MB on disk besides facts and what KEPT tables hold."""
    return sum(sample.disk.values()) - sample.disk["segments"] - sum(sample.tables[name] for name in KEPT)


def judge(samples: list[Sample]) -> bool:
    """Print what grew in the last two thirds beside its aim; whether one is missed."""
    late = samples[len(samples) // 3 :]
    parts = [
        ("memory, MB of PSS", [(s.seconds, sum(s.memory.values())) for s in late], 0.05, 0.0),
        ("disk besides facts and what is kept, MB", [(s.seconds, besides(s)) for s in late], 0.05, 0.0),
        ("oldest that waits, seconds", [(s.seconds, s.lag_seconds) for s in late], 0.0, 2.0),
        ("inbox, MB", [(s.seconds, s.tables["ingest_inbox"]) for s in late], 0.2, 0.0),
        ("dead rows", [(s.seconds, float(sum(s.dead.values()))) for s in late], 0.2, 0.0),
    ]  # fmt: skip
    is_short = samples[-1].seconds < JUDGED_SECONDS
    missed = False
    print(f"\n{'the last two thirds':42}{'mean':>10}{'highest':>10}{'growth':>10}{'aim':>10}")
    for name, points, share, at_most in parts:
        mean, rises = sampling.growth(points)
        aim = share * mean + at_most
        is_late = rises > aim and not is_short
        missed |= is_late
        print(f"{name:42}{mean:10.1f}{max(v for _, v in points):10.1f}{rises:+10.1f}{aim:10.1f}{'  MISSED' * is_late}")
    for part in ("web", "worker", "postgres", "redis", "supervisor"):
        mean, rises = sampling.growth([(s.seconds, s.memory.get(part, 0.0)) for s in late])
        print(f"  memory of {part:30}{mean:10.1f}{'':10}{rises:+10.1f}")
    risen = {name: late[-1].tables[name] - late[0].tables.get(name, 0.0) for name in late[-1].tables}
    for name, rises in sorted(risen.items(), key=lambda pair: -pair[1])[:10]:
        mark = "  kept" if name in KEPT else ""
        print(f"  table {name:34}{late[-1].tables[name]:10.1f}{'':10}{rises:+10.1f}{mark}")
    if is_short:
        print("too short to judge what grows")
    return missed


def reckon(host: running.Host, told: Told) -> bool:
    """Wait until nothing waits, and print what was answered with 2xx beside what is stored; whether all of it is."""
    report = reconcile.settle([host.environment], seconds=900)
    with psycopg.connect(running.owner_url(host.folder)) as database:
        stored = dict(database.execute(_STORED, [host.dsn.project_id]).fetchall())
        facts = dict(database.execute(_FACTS, [host.dsn.project_id]).fetchall())
    lost = 0
    for title, accepted, found in (("records", told.accepted, stored), ("facts", told.facts, facts)):
        print(f"\n{title:16}{'accepted':>12}{'stored':>12}{'lost':>8}")
        for name, count in sorted(accepted.items()):
            missing = max(0, count - found.get(name, 0))
            lost += missing
            print(f"{name:16}{count:12,}{found.get(name, 0):12,}{missing:8,}")
    print(
        "facts besides: "
        + ", ".join(f"{name} {rows:,}" for name, rows in sorted(facts.items()) if name not in told.facts)
    )
    print(f"refused by status (0: no answer): {dict(told.refused)}")
    print(f"{told.requests:,} requests, {told.bytes / 1e6:,.0f} MB")
    print(f"accounting difference {report['difference']}, lost {lost}")
    return not lost and not report["difference"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--rate", type=float, default=300, help="Records a second.")
    parser.add_argument("--every", type=float, default=60, help="Seconds between samples.")
    parser.add_argument("--var", type=Path, default=HOME)
    parser.add_argument("--check", action="store_true", help="Exit 1 where an aim is missed.")
    options = parser.parse_args()
    folder = options.var.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    host = running.Host(folder, {"OBS_VAR_DIR": str(folder)})
    host.start()
    print(
        "seconds, accepted/s, refused | MB of PSS: web, worker, postgres, redis, all | MB on disk: facts, postgres,"
        " wal, spool | oldest that waits (s), waiting, inbox MB, dead rows | load", flush=True,
    )  # fmt: skip
    try:
        samples, told = run(host, options)
        is_kept = reckon(host, told)
    finally:
        host.stop()
    missed = judge(samples)
    print(f"\n{options.rate:g} records a second for {samples[-1].seconds:.0f} s, {os.cpu_count()} cores,"
          f" load {min(s.load for s in samples):.1f} to {max(s.load for s in samples):.1f}")  # fmt: skip
    print("kept" if is_kept else "BROKEN")
    sys.exit(1 if not is_kept or (options.check and missed) else 0)


if __name__ == "__main__":
    main()
