"""How many heartbeats are taken in a minute: `python -m bench.heartbeats [--monitors 500] [--seconds 8] [--short]`.

Pings of that many monitors through the web server, wrk with 8 connections, each answered after it was written down;
then check-ins of SDKs as the digest leaves them, taken by the watch of one worker. Aim: 5,000 a minute of each.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from bench.ingest import load, processes  # noqa: E402
from bench.ingest.ours import Ours  # noqa: E402

AIM = 5_000
_MONITORS = """
from django.utils import timezone
from alerts.models import Monitor
from alerts.monitors import monitor_setup
from events.models import Project
project, now = Project.objects.get(slug="bench"), timezone.now()
for number in range({count}):
    wanted = monitor_setup.Wanted(name=f"Job {{number}}", kind="cron", schedule="*/5 * * * *")
    monitor_setup.create(project, wanted, actor="bench", now=now)
print("TOKENS", " ".join(str(token) for token in Monitor.objects.values_list("token", flat=True)))
"""
_CHECK_INS = """
import time, uuid
from datetime import timedelta
from django.utils import timezone
from alerts.models import CheckIn
from alerts.monitors import check_ins
from events.models import Project
project, now = Project.objects.get(slug="bench"), timezone.now()
rows = []
for number in range({count}):
    run, monitor = uuid.uuid4(), f"job-{{number % {monitors}}}"
    for status, at in (("in_progress", now), ("ok", now + timedelta(seconds=1))):
        rows.append(CheckIn(project=project, monitor=monitor, run_id=run, status=status, at=at, environment="live"))
CheckIn.objects.bulk_create(rows)
began = time.monotonic()
taken = check_ins.take(now=now + timedelta(seconds=2))
assert taken == len(rows), taken
print("RATE", taken / (time.monotonic() - began))
"""


def ping(ours: Ours, tokens: list[str], *, seconds: float) -> load.Load:
    listing = ours.folder / "pings.txt"
    listing.write_text("".join(f"/ping/{token}\n" for token in tokens))
    (web,) = ours.start("web")
    script = Path(__file__).with_name("load.lua")
    try:
        url = f"http://127.0.0.1:{ours.port}/"
        load.run(url, listing, seconds=1, script=script)
        return load.run(url, listing, seconds=seconds, script=script)
    finally:
        processes.stop(web)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.monitors, options.seconds = 50, 2
    folder = ROOT / "var" / "bench" / "heartbeats"
    Ours.stop_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)
    ours = Ours(folder)
    try:
        tokens = ours.printed(_MONITORS.format(count=options.monitors), "TOKENS").split()
        pings = ping(ours, tokens, seconds=options.seconds)
        count = round(options.seconds * 100)
        rate = float(ours.printed(_CHECK_INS.format(count=count, monitors=options.monitors), "RATE"))
    finally:
        Ours.stop_servers(folder)
    if pings.bad or pings.broken:
        sys.exit(f"{pings.bad + pings.broken} pings were not answered with 200.")
    for name, found in (("pings a minute", pings.per_second * 60), ("check-ins a minute", rate * 60)):
        print(f"{name:22}{found:>10,.0f}   aim {AIM:,}{'' if found >= AIM else '  MISSED'}")
    print(f"{'a ping, p50 and p99':22}{pings.p50_ms:>7.1f} ms {pings.p99_ms:.1f} ms")


if __name__ == "__main__":
    main()
