"""Prints how long it takes to erase 1,000 people out of 10 million product events, and looks for what is left of them.

    python bench/product/erasure.py [--events 10m] [--people 1000] [--days 90] [--check]

Makes its events under var/bench/erasure, erases, looks twice again as the clock would, and sweeps. Then every byte
under that folder is searched for the people's numbers, as text, pseudonym or raw, and every Parquet file is read for
them. `--check` ends with 1 where an aim is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = ROOT / "var" / "bench" / "erasure"
sys.path.insert(0, str(ROOT))
os.environ["OBS_VAR_DIR"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "formaos_obs.settings"
SECONDS_AIM = 60.0


def main(options: argparse.Namespace) -> int:
    from formaos_obs import embedded

    embedded.ensure()
    import django

    django.setup()
    import duckdb

    from analytics.models import Erasure
    from analytics.privacy import erasing
    from bench import empty
    from bench.product.events import NOW, generate, number
    from events.facts import compaction
    from events.models import Project, Segment
    from events.models.person import pseudonym_of

    empty(Erasure)
    project = Project.objects.create(slug="erased", name="Erased")
    generate(project, events=number(options.events), days=options.days)
    everything = f"read_parquet('{HOME}/segments/**/*.parquet', hive_partitioning = false)"
    database = duckdb.connect()
    chosen = database.execute(
        f"SELECT visitor, count(*) FROM {everything} GROUP BY 1 ORDER BY hash(visitor) LIMIT ?", [options.people]
    ).fetchall()
    people, before = [visitor for visitor, _ in chosen], sum(Segment.objects.values_list("rows", flat=True))
    print(f"{before:,} events; {len(people):,} people have {sum(count for _, count in chosen):,} of them", flush=True)

    clock, cpu = time.perf_counter(), time.process_time()
    made = erasing.request_all(project, ([pseudonym_of(one)] for one in people), actor="command", now=NOW)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    erased = sum(one.erased.get("facts events", 0) for one in made)
    missed = [] if cpu <= SECONDS_AIM else [f"{cpu:.0f} s of a core"]
    print(f"erased {erased:,} events in {clock:.1f} s, {cpu:.1f} s of a core (aim {SECONDS_AIM:g})", flush=True)
    for after in (*erasing.LOOKS, timedelta(days=2)):
        start = time.process_time()
        erasing.tick(now=NOW + after)
        print(f"looked again after {after}: {time.process_time() - start:.1f} s of a core")
    compaction.sweep(now=NOW + timedelta(days=2))

    keys = ", ".join(map(str, people))
    rows = database.execute(
        f"SELECT count(*) FILTER (WHERE visitor IN ({keys})), count(*) FROM {everything}"
    ).fetchone()
    assert rows is not None
    found = _bytes_left(people, [pseudonym_of(one) for one in people])
    print(f"left: {rows[0]} rows of theirs in Parquet, {before - rows[1]:,} fewer than before; {found} places in bytes")
    missed += ["something is left"] * bool(rows[0] or found) + ["somebody else's went"] * (before - rows[1] != erased)
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}" + (f"; MISSED: {', '.join(missed)}" if missed else "")
    )
    return 1 if options.check and missed else 0


def _bytes_left(people: list[int], pseudonyms: list[str]) -> int:
    """Files under HOME that hold one of these numbers, in any of three spellings."""
    raw = [one.to_bytes(8, "little", signed=True) for one in people] + [
        one.to_bytes(8, "big", signed=True) for one in people
    ]
    needles = HOME / "needles"
    spelled = [text.encode() for text in (*map(str, people), *pseudonyms)]
    needles.write_bytes(b"\n".join([*spelled, *(one for one in raw if b"\n" not in one and b"\0" not in one)]) + b"\n")
    try:
        command = ["grep", "-r", "-a", "-l", "-F", "--exclude=needles", "-f", str(needles), str(HOME)]
        done = subprocess.run(command, capture_output=True, env=os.environ | {"LC_ALL": "C"})
    finally:
        needles.unlink()
    for path in done.stdout.decode().splitlines()[:10]:
        print(f"  in {Path(path).relative_to(HOME)}")
    return len(done.stdout.splitlines())


if __name__ == "__main__":
    PARSER = argparse.ArgumentParser(description=__doc__)
    PARSER.add_argument("--events", default="10m")
    PARSER.add_argument("--people", type=int, default=1000)
    PARSER.add_argument("--days", type=int, default=90)
    PARSER.add_argument("--check", action="store_true")
    sys.exit(main(PARSER.parse_args()))
