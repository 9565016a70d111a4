"""A canary run: thousands of events full of unique fake secrets, then a search for each in all that is left behind.

    python -m bench.canary [--events 3000] [--seed 1] [--var var/canary]

Exits 1 when a secret is found, when a control is not, or when the ledger does not add up.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from bench.canary import placements, search
from bench.canary.placements import Cage, Canary
from chaos import reconcile
from chaos.running import Host

ROOT = Path(__file__).resolve().parent.parent.parent
URLS = "from formaos_obs import embedded; print(embedded.urls().database, embedded.urls().redis)"
Bodies = list[tuple[str, str, bytes]]


def main() -> None:
    options = _options()
    var, scratch = Path(options.var).resolve() / "server", Path(options.var).resolve() / "scratch"
    shutil.rmtree(options.var, ignore_errors=True)
    for folder in (var, scratch):
        folder.mkdir(parents=True)
    cage = Cage(options.seed)
    bodies = _bodies(cage, options.events)
    host = Host(var, {"OBS_VAR_DIR": str(var)})
    host.start()
    try:
        statuses = _send(bodies, json.loads((var / "up.json").read_text())["dsn"])
        report = reconcile.settle([host.environment], seconds=300)
        time.sleep(3)  # Rollups and alerts look at what was digested.
        rows, facts = _write_down(var, scratch)
    finally:
        host.stop()
    sys.exit(_judge(cage, bodies, statuses, report, var, scratch, rows=rows, facts=facts))


def _bodies(cage: Cage, events: int) -> Bodies:
    """(kind, endpoint, bytes), the kinds in their shares."""
    kinds = sorted(placements.KINDS)
    chosen = cage.dice.choices(kinds, [placements.KINDS[kind][0] for kind in kinds], k=events)
    # Whatever the dice say, each kind is there.
    return [(kind, *placements.KINDS[kind][1](cage)) for kind in [*kinds, *chosen][:events]]


def _send(bodies: Bodies, dsn: str) -> Counter[tuple[str, int]]:
    parts = urlsplit(dsn)
    project = parts.path.strip("/")

    def post(chunk: Bodies) -> Counter[tuple[str, int]]:
        statuses: Counter[tuple[str, int]] = Counter()
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        for kind, endpoint, body in chunk:
            headers = {"Content-Type": "application/json", "User-Agent": "canary/1"}
            connection.request("POST", f"/api/{project}/{endpoint}/?sentry_key={parts.username}", body, headers)
            answer = connection.getresponse()
            answer.read()
            statuses[kind, answer.status] += 1
        return statuses

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return sum(pool.map(post, [bodies[n::4] for n in range(4)]), Counter())


def _write_down(var: Path, scratch: Path) -> tuple[int, int]:
    """Everything in memory goes to disk; every row and fact is also written in plain text to `scratch`."""
    database, address = subprocess.run(
        [sys.executable, "-c", URLS], cwd=ROOT, env=os.environ | {"OBS_VAR_DIR": str(var)},
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    redis.Redis.from_url(address).save()
    rows = search.dump_rows(database, scratch / "rows")
    return rows, search.dump_segments(var / "segments", scratch / "facts")


def _judge(
    cage: Cage, bodies: Bodies, statuses: Counter[tuple[str, int]], report: dict[str, object], var: Path, scratch: Path,
    *, rows: int, facts: int,
) -> int:  # fmt: skip
    by_needle = {canary.needle: canary for canary in cage.canaries}
    sent = scratch / "sent"
    sent.write_bytes(b"\n".join(body for _, _, body in bodies))
    control = {needle for _, needle in search.occurrences([sent], by_needle, folder=scratch)}
    left = search.files(var)
    found = search.occurrences([*left, scratch / "rows", scratch / "facts"], by_needle, folder=scratch)
    stored = search.occurrences([scratch / "rows", scratch / "facts"], ["shop@1.0"], folder=scratch)
    raw = search.occurrences(left, ["shop@1.0"], folder=scratch)
    print(f"sent        {len(bodies)} bodies by kind: {_counts(Counter(kind for kind, _, _ in bodies))}")
    print(f"answered    {_counts(Counter(f'{status}' for (_, status), n in statuses.items() for _ in range(n)))}")
    print(f"ledger      received {report['received']}, stored {report['stored']}, difference {report['difference']}")
    print(f"secrets     {len(by_needle)} needles of {len({c.kind for c in cage.canaries})} kinds in "
          f"{len({c.place for c in cage.canaries})} places; {len(control)} of them seen in what was sent")  # fmt: skip
    sizes = Counter(path.relative_to(var).parts[0] for path in left for _ in range(1))
    print(
        f"searched    {sum(path.stat().st_size for path in left) / 1e6:.1f} MB in {len(left)} files: {_counts(sizes)}"
    )
    print(f"unpacked    {rows} rows, {facts} facts; controls found in {len(stored)} of 2 dumps, {len(raw)} files")
    print(f"hits        {len(found)}")
    _print_hits(found, by_needle, var)
    is_sound = len(control) > 0.9 * len(by_needle) and len(stored) == 2 and raw and not report["difference"]
    if not is_sound:
        print("The controls failed: this run proves nothing.")
    return 0 if is_sound and not found else 1


def _print_hits(found: set[tuple[Path, str]], by_needle: dict[str, Canary], var: Path) -> None:
    hits: dict[str, set[str]] = {}
    for path, needle in found:
        file = path.relative_to(var).parts[0] if path.is_relative_to(var) else path.name
        hits.setdefault(needle, set()).add(file)
    for needle, where in sorted(hits.items(), key=lambda hit: by_needle[hit[0]].kind):
        canary = by_needle[needle]
        print(f"  {canary.kind:28} in {canary.place:24} {needle[:40]:40} {', '.join(sorted(where))}")


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--var", default=str(ROOT / "var" / "canary"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
