"""Chaos: load, kill -9 of everything at seeded random moments, PostgreSQL away, answers cut; then the reckoning.

    python -m chaos [--seconds 60] [--seed 1] [--kills 1000000] [--pause 1.5] [--away 60] [--clients 8]
    python -m chaos --hosts 2 --bucket [--bucket-away 60]

The second form runs hosts with folders of their own, which share PostgreSQL, Redis and a bucket (`cluster.py`).
Exits 1 unless lost, duplicates and differences are all 0.
"""

import argparse
import shutil
import sys
import threading
import time
from pathlib import Path

from chaos import cluster, reconcile
from chaos.blows import VICTIMS, Killer, hold_postgres_down
from chaos.ledger import Ledger
from chaos.running import ROOT, Host, owner_url, send, tell, watch


def main() -> None:
    options = _options()
    var = Path(options.var).resolve()
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    if options.hosts > 1 or options.bucket:
        sys.exit(0 if cluster.run(options, var) else 1)
    host = Host(var, {"OBS_VAR_DIR": str(var)})
    host.start()
    try:
        verdict = run(options, host)
    finally:
        host.stop()
    sys.exit(0 if verdict.is_kept else 1)


def run(options: argparse.Namespace, host: Host) -> reconcile.Verdict:
    ledger, stop, calm = Ledger(), threading.Event(), threading.Event()
    clients = send(options, [host], ledger, stop)
    victims = {name: (host.folder, name) for name in VICTIMS}
    killer = Killer(victims, calm, seed=options.seed, kills=options.kills, mean_pause=options.pause)
    killer.start()
    began = time.monotonic()
    held = _hold(options, host.folder)
    watch(options, killer, ledger, began=began)
    calm.set()
    time.sleep(2)
    stop.set()
    for thread in clients:
        thread.join(60)
    report = reconcile.settle([host.environment], seconds=900)
    locate = reconcile.in_folder(host.folder / "segments")
    verdict = reconcile.judge(ledger, owner_url(host.folder), locate, report)
    print(f"seed {options.seed}, {time.monotonic() - began:.0f} s, {options.clients} clients,"
          f" PostgreSQL held down {options.away:g} s")  # fmt: skip
    tell(ledger, killer, report, verdict, held=held)
    return verdict


def _hold(options: argparse.Namespace, var: Path) -> int:
    """PostgreSQL away for `--away` seconds, after a quarter of the run."""
    if not options.away:
        return 0
    time.sleep(options.seconds / 4)
    return hold_postgres_down(var, seconds=options.away)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="How long to send and kill.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1_000_000, help="At most so many.")
    parser.add_argument("--pause", type=float, default=1.5, help="Mean seconds between kills.")
    parser.add_argument("--away", type=float, default=10, help="Seconds that PostgreSQL is held down.")
    parser.add_argument("--hosts", type=int, default=1, help="With folders of their own, sharing the stores.")
    parser.add_argument("--bucket", action="store_true", help="Segments lie in a bucket with faults.")
    parser.add_argument("--bucket-away", type=float, default=10, help="Seconds that the bucket is away.")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--wait", type=float, default=0.005, help="Seconds a client waits between events.")
    parser.add_argument("--var", default=str(ROOT / "var" / "chaos"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
