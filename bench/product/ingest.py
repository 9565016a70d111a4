"""Product events on their way in: what a request with one of them, and an event among a hundred, cost.

    python -m bench.product.ingest [--seconds 8] [--check]

Bodies are those of posthog-js (one event, 5 kB) and of a server's batch (100 events), through wrk with 8 connections,
beside a bare Django view with one INSERT in the same run. Digesting drains what was accepted; its rate a core is events
by the CPU seconds of worker and PostgreSQL. Compare ratios, the machine may be shared; `--check` exits 1 where an aim
is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from pathlib import Path
from typing import Any

from bench.ingest import load
from bench.ingest.__main__ import Row, accepting, bare, digesting, show
from bench.ingest.ours import ROOT, Ours
from bench.ingest.processes import Meter

BATCH = 100
AIMS = (("single, of bare + INSERT", 0.5), ("digested events/s a core", 10_000.0))
_NAMES = ("$pageview", "$pageview", "$pageleave", "signup", "order paid")


def event(dice: random.Random, number: int, *, key: str, width: int) -> dict[str, Any]:
    """An event as posthog-js sends it, of one of 500 people; `width` is how many more properties it has."""
    person = f"customer-{dice.randrange(500)}"
    said = {
        "token": key, "distinct_id": person, "$lib": "web", "$lib_version": "1.449.2",
        "$current_url": f"https://shop.example/items/{dice.randrange(40)}?utm_source=newsletter&utm_medium=email",
        "$host": "shop.example", "$pathname": "/items/1", "$session_id": f"0199{dice.getrandbits(96):024x}",
        "$referrer": "https://www.google.com/", "$referring_domain": "www.google.com", "title": "Items",
        "$screen_height": 900, "$screen_width": 1440, "$viewport_height": 800, "$viewport_width": 1440,
        "$device_id": f"{dice.getrandbits(128):032x}", "$browser": "Chrome", "$os": "Windows", "$timezone": "UTC",
        "plan": dice.choice(("standard", "framework")), "total": dice.randrange(40, 2400),
        **{f"$session_entry_property_{place}": "https://shop.example/" for place in range(width)},
    }  # fmt: skip
    return {
        "uuid": f"{load.MARK.decode()}{number or ''}", "event": dice.choice(_NAMES), "distinct_id": person,
        "properties": said,
    }  # fmt: skip


def listing(folder: Path, *, key: str, count: int, width: int) -> tuple[Path, int]:
    """Twenty bodies of `count` events in files, the list of them, and their mean size."""
    folder.mkdir(parents=True, exist_ok=True)
    dice, written = random.Random(1), []
    for number in range(20):
        events = [event(dice, place, key=key, width=width) for place in range(count)]
        target = folder / f"{number}.json"
        target.write_bytes(json.dumps({"api_key": key, "batch": events}).encode())
        written.append(target)
    named = folder / "files.txt"
    named.write_text("\n".join(map(str, written)) + "\n")
    return named, sum(path.stat().st_size for path in written) // len(written)


def measured(ours: Ours, folder: Path, *, seconds: float) -> dict[str, Row]:
    """The bare view, single events, and batches; what was accepted is digested after each."""
    single, size = listing(folder / "single", key=ours.key, count=1, width=60)
    batches, size_of_batch = listing(folder / "batches", key=ours.key, count=BATCH, width=0)
    print(f"bodies: {size / 1000:.1f} kB of one event, {size_of_batch / 1000:.1f} kB of {BATCH}")
    rows = bare(ours, single, seconds=seconds)
    url = f"http://127.0.0.1:{ours.port}/batch/"
    for label, files in (("one event", single), (f"{BATCH} events", batches)):
        web = ours.start("web")
        row = accepting(url, files, Meter(web[0].pid, ours.postgres), seconds=seconds)
        for process in web:
            process.terminate()
            process.wait(15)
        rows[label] = row | digesting(ours, lambda: ours.start("worker", "beat"), ours.postgres)
    return rows


def judge(rows: dict[str, Row]) -> bool:
    """Print each figure that has an aim beside it; whether one was missed."""
    single, many = rows["one event"], rows[f"{BATCH} events"]
    values = (single["accept/s"] / rows["bare view + INSERT"]["accept/s"], 1000 / many["digest CPU ms"])
    missed = False
    for (name, aim), value in zip(AIMS, values, strict=True):
        missed |= value < aim
        print(f"{name:26}{value:>10.2f}   aim >= {aim:g}{'  MISSED' if value < aim else ''}")
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--check", action="store_true", help="Exit 1 where an aim is missed.")
    options = parser.parse_args()
    folder = ROOT / "var" / "bench" / "product-ingest"
    Ours.stop_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)
    ours = Ours(folder)
    try:
        rows = measured(ours, folder, seconds=options.seconds)
    finally:
        Ours.stop_servers(folder)
    show(rows)
    missed = judge(rows)
    sys.exit(1 if options.check and missed else 0)


if __name__ == "__main__":
    main()
