"""Several hosts with folders of their own, which share PostgreSQL, Redis and a bucket in bad hands.

Killed are the web and worker processes of each host, Redis and PostgreSQL. A fifth into the run the bucket is away, at
its middle PostgreSQL; while it is, the last host loses all its processes, and comes back to its folder afterwards.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from chaos import reconcile, running
from chaos.blows import Killer, hold_postgres_down
from chaos.bucket import Bucket
from chaos.ledger import Ledger
from chaos.running import ROOT, Host

SECRET = "chaos-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"
OF_HOST = ("web", "web child", "worker", "worker child")
OF_ALL = ("redis", "postgres")


def run(options: argparse.Namespace, var: Path) -> bool:
    """Whether all that was promised was kept."""
    with ExitStack() as stack:
        stores = var / "stores"
        stack.callback(running.stop, start_stores(stores))
        bucket = Bucket(var, seed=options.seed) if options.bucket else None
        if bucket:
            stack.callback(bucket.stop)
        shared = environment(stores, var, bucket)
        hosts = [
            Host(var / f"host{n}", shared | {"OBS_VAR_DIR": str(var / f"host{n}")}) for n in range(1, options.hosts + 1)
        ]
        for host in hosts:
            stack.callback(host.stop)
        with ThreadPoolExecutor() as starting:
            list(starting.map(Host.start, hosts))
        return _attack(options, hosts, stores, bucket)


def start_stores(folder: Path) -> subprocess.Popen[bytes]:
    """PostgreSQL and Valkey, prepared."""
    folder.mkdir(parents=True)
    env = os.environ | {"OBS_VAR_DIR": str(folder), "SECRET_KEY": SECRET, "PYTHONUNBUFFERED": "1"}
    with (folder / "up.log").open("wb") as log:
        command = [sys.executable, "-m", "chaos.stores"]
        stores = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    if not running.has_word(folder / "up.log", b"ready", stores, deadline=time.monotonic() + running.START_SECONDS):
        sys.exit((folder / "up.log").read_text())
    return stores


def environment(stores: Path, var: Path, bucket: Bucket | None) -> dict[str, str]:
    """What all hosts are told alike."""
    urls = running.urls(stores)
    root = bucket.environment if bucket else {"OBS_SEGMENT_ROOT": str(var / "segments")}
    return {
        "DATABASE_URL": urls["application"], "OBS_DATABASE_OWNER_URL": urls["database"], "REDIS_URL": urls["redis"],
        "SECRET_KEY": SECRET, **root,
    }  # fmt: skip


class Blows(threading.Thread):
    """What happens once in a run: the bucket goes, PostgreSQL goes, a host goes."""

    def __init__(self, options: argparse.Namespace, lost: Host, stores: Path, bucket: Bucket | None) -> None:
        super().__init__(daemon=True)
        self.options, self.lost, self.stores, self.bucket = options, lost, stores, bucket
        self.held = self.died = self.spooled = 0

    def run(self) -> None:
        time.sleep(self.options.seconds / 5)
        if self.bucket:
            self.bucket.leave(self.options.bucket_away)
        time.sleep(self.options.seconds * 3 / 10)
        death = threading.Timer(self.options.away / 2, self._die)
        death.start()
        self.held = hold_postgres_down(self.stores, seconds=self.options.away)
        death.join()
        time.sleep(min(30.0, self.options.seconds / 10))
        if self.options.hosts > 1:
            self.lost.start()

    def _die(self) -> None:
        if self.options.hosts > 1:
            self.died = self.lost.die()
            self.spooled = sum(file.stat().st_size for file in (self.lost.folder / "spool").glob("*.spool"))


def _attack(options: argparse.Namespace, hosts: list[Host], stores: Path, bucket: Bucket | None) -> bool:
    ledger, stop, calm = Ledger(), threading.Event(), threading.Event()
    clients = running.send(options, hosts, ledger, stop)
    victims = {f"{host.folder.name} {name}": (host.folder, name) for host in hosts for name in OF_HOST}
    victims |= {name: (stores, name) for name in OF_ALL}
    killer = Killer(victims, calm, seed=options.seed, kills=options.kills, mean_pause=options.pause)
    once = Blows(options, hosts[-1], stores, bucket)
    began = time.monotonic()
    for thread in (killer, once):
        thread.start()
    running.watch(options, killer, ledger, began=began)
    once.join(300)
    calm.set()
    time.sleep(2)
    stop.set()
    for client in clients:
        client.join(60)
    report = reconcile.settle([host.environment for host in hosts], seconds=900)
    locate = _in_bucket(bucket, stores) if bucket else reconcile.in_folder(stores.parent / "segments")
    verdict = reconcile.judge(ledger, running.owner_url(stores), locate, report)
    print(f"seed {options.seed}, {time.monotonic() - began:.0f} s, {options.clients} clients, {options.hosts} hosts")
    print(f"PostgreSQL held down {options.away:g} s, bucket away {options.bucket_away if bucket else 0:g} s")
    more = f", a whole host {once.died}, whose spool held {once.spooled} bytes" if once.died else ""
    running.tell(ledger, killer, report, verdict, held=once.held, more=more)
    return verdict.is_kept and _is_written_once(bucket)


def _is_written_once(bucket: Bucket | None) -> bool:
    """Whether no object was written again as another; and what the bucket did."""
    if bucket is None:
        return True
    counts = bucket.counts()
    print("bucket           " + ", ".join(f"{name} {number}" for name, number in sorted(counts.items())), flush=True)
    return not counts.get("overwritten")


def _in_bucket(bucket: Bucket, stores: Path) -> reconcile.Locate:
    """Segments are taken from behind the relay into a folder to be read."""
    folder = stores.parent / "taken"
    folder.mkdir()

    def locate(path: str) -> Path | None:
        target = folder / Path(path).name
        return target if bucket.take(path, target) else None

    return locate
