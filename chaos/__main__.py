"""Chaos: load, kill -9 of everything at seeded random moments, PostgreSQL away, answers cut; then the reckoning.

    python -m chaos [--seconds 60] [--seed 1] [--kills 1000000] [--pause 1.5] [--away 60] [--clients 8]

Exits 1 unless lost, duplicates and differences are all 0.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench.ingest import processes
from chaos import reconcile
from chaos.blows import Killer, hold_postgres_down
from chaos.ledger import Client, Dsn, Ledger

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    options = _options()
    var = Path(options.var).resolve()
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    up, access = start(var)
    try:
        verdict = run(options, var, up, access)
    finally:
        up.send_signal(signal.SIGTERM)
        try:
            up.wait(60)
        except subprocess.TimeoutExpired:
            up.kill()
    sys.exit(0 if verdict.is_kept else 1)


def start(var: Path) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    """`manage.py up` on a folder of its own, and what it wrote for scripts."""
    env = {
        "OBS_VAR_DIR": str(var), "PORT": str(processes.free_port()), "OBS_KEY_RATE_PER_MINUTE": "10000000",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    with (var / "up.log").open("wb") as log:
        up = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=os.environ | env, stdout=log, stderr=log
        )
    deadline = time.monotonic() + 120
    while b"DSN" not in (var / "up.log").read_bytes():
        if up.poll() is not None or time.monotonic() > deadline:
            sys.exit((var / "up.log").read_text())
        time.sleep(0.2)
    return up, json.loads((var / "up.json").read_text())


def run(
    options: argparse.Namespace, var: Path, up: subprocess.Popen[bytes], access: dict[str, str]
) -> reconcile.Verdict:
    parts = urlsplit(access["dsn"])
    dsn = Dsn(parts.hostname or "127.0.0.1", parts.port or 80, int(parts.path.strip("/")), parts.username or "")
    ledger, stop, calm = Ledger(), threading.Event(), threading.Event()
    clients = [
        Client(dsn, ledger, stop, seed=options.seed * 1000 + n, pause=options.wait) for n in range(options.clients)
    ]
    killer = Killer(var, calm, seed=options.seed, kills=options.kills, mean_pause=options.pause)
    for thread in (*clients, killer):
        thread.start()
    began = time.monotonic()
    held = _hold(options, var)
    while time.monotonic() - began < options.seconds and up.poll() is None:
        time.sleep(0.5)
        if time.monotonic() - began > options.progress:
            options.progress = time.monotonic() - began + 60
            kills, acknowledged = sum(killer.killed.values()), len(ledger.acknowledged)
            print(f"{time.monotonic() - began:6.0f} s  {kills} kills  {acknowledged} acknowledged", flush=True)
    calm.set()
    time.sleep(2)
    stop.set()
    for thread in clients:
        thread.join(60)
    report = reconcile.settle(var, seconds=900)
    database = subprocess.run(
        [sys.executable, "-c", "from formaos_obs import embedded; print(embedded.urls().database)"],
        cwd=ROOT, env=os.environ | {"OBS_VAR_DIR": str(var)}, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    verdict = reconcile.judge(ledger, database, var / "segments", report)
    _print(options, ledger, killer, held, report, verdict, seconds=time.monotonic() - began)
    return verdict


def _hold(options: argparse.Namespace, var: Path) -> int:
    """PostgreSQL away for `--away` seconds, after a quarter of the run."""
    if not options.away:
        return 0
    time.sleep(options.seconds / 4)
    return hold_postgres_down(var, seconds=options.away)


def _print(
    options: argparse.Namespace, ledger: Ledger, killer: Killer, held: int, report: dict[str, object],
    verdict: reconcile.Verdict, *, seconds: float,
) -> None:  # fmt: skip
    killed = sum(killer.killed.values()) + held
    print(f"seed {options.seed}, {seconds:.0f} s, {options.clients} clients, PostgreSQL held down {options.away:g} s")
    each = ", ".join(f"{name} {n}" for name, n in sorted(killer.killed.items()))
    print(f"kills            {killed}  ({each}, held {held})")
    print(f"acknowledged     {len(ledger.acknowledged)}")
    print(f"refused          {len(ledger.refused)}  by status {dict(sorted(ledger.statuses.items()))} (0: no answer)")
    print(f"sent again       {ledger.repeated}, counted as duplicates by the server: {report['duplicate']}")
    print(f"received/stored  {report['received']} / {report['stored']}")
    for name, value in vars(verdict).items():
        print(f"{name:24} {value}")
    print("kept" if verdict.is_kept else "BROKEN", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="How long to send and kill.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1_000_000, help="At most so many.")
    parser.add_argument("--pause", type=float, default=1.5, help="Mean seconds between kills.")
    parser.add_argument("--away", type=float, default=10, help="Seconds that PostgreSQL is held down.")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--wait", type=float, default=0.005, help="Seconds a client waits between events.")
    parser.add_argument("--var", default=str(ROOT / "var" / "chaos"))
    parser.set_defaults(progress=60.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
