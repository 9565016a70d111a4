"""Prints how large the tables of ingest are while items pass through them: the inbox, what was seen, the ledger.

    python bench/growth/tables.py [--items 2000000] [--weeks 10] [--hold | --dump] [--slice 10] [--check]

Items are accepted and claimed and deleted by the server's own code as fast as it goes; nothing is read in them. What is
remembered for days goes by the time that the items say, `--weeks` of it in all; the slices of the inbox go by
PostgreSQL's clock, and last `--slice` seconds here instead of 60. `--hold` keeps one old snapshot open throughout, as a
long question does, so that vacuum can take nothing away; `--dump` locks the tables besides. `--check` fails when a
table of the last quarter is more than 1.2 times what it was in the second. Runs in a folder of its own
(var/bench/soak), on the embedded servers.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import begin  # noqa: E402

HOME = begin("soak")

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from events.digest import loop, pipeline, seen_spans  # noqa: E402
from events.digest.batch import Item  # noqa: E402
from events.ingest import inbox  # noqa: E402
from events.ingest.payloads import Packed  # noqa: E402
from events.models import InboxItem, Project  # noqa: E402
from formaos_obs import roles  # noqa: E402

FIRST = datetime(2026, 1, 5, 12, tzinfo=UTC)
PROJECTS = 20
A_REQUEST = 100
MOST_WAITING = 20_000
# Compressed bytes of what comes, a small product event and an error with its stack among them.
SIZES = (250, 400, 700, 1200, 3600)
GROWTH = 1.2
FAMILIES = ("ingest_inbox", "ingest_seen", "ingest_seen_span", "ingest_outcome")

# Of a table and its partitions: bytes with indexes and TOAST, of those the indexes', and rows that vacuum has to take.
_SIZES = """
SELECT sum(pg_total_relation_size(oid))::bigint, sum(pg_indexes_size(oid))::bigint,
       sum(pg_stat_get_dead_tuples(oid))::bigint
FROM (SELECT %(name)s::regclass AS oid UNION SELECT relid FROM pg_partition_tree(%(name)s::regclass)) AS family
"""
_SHORT = """
CREATE OR REPLACE FUNCTION ingest_inbox_turn() RETURNS bigint LANGUAGE sql STABLE
RETURN floor(extract(epoch FROM now()) / {seconds})::bigint
"""


class Soak:
    """Both ends of the inbox, each in a thread, and what they did."""

    def __init__(self, projects: Sequence[int], *, items: int, weeks: float) -> None:
        self.projects, self.items = projects, items
        self._step = timedelta(weeks=weeks) / items
        self.accepted = self.digested = 0
        self.slowest = {"accept": 0.0, "digest": 0.0}
        self.failed: BaseException | None = None
        self._random = random.Random(7)
        self._bytes = self._random.randbytes(1 << 20)

    @property
    def now(self) -> datetime:
        return FIRST + self._step * self.accepted

    def run(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._guard, args=(work,)) for work in (self._accept, self._digest)]
        for thread in threads:
            thread.start()
        return threads

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.failed = error
            raise
        finally:
            connection.close()

    def _accept(self) -> None:
        while self.accepted < self.items and not self.failed:
            if self.accepted - self.digested > MOST_WAITING:
                time.sleep(0.01)
                continue
            lot = [Packed("error", self._id(), 1, self._payload()) for _ in range(A_REQUEST)]
            start = time.perf_counter()
            project = self._random.choice(self.projects)
            self.accepted += inbox.accept(lot, project_id=project, key_id=1, now=self.now)
            self.slowest["accept"] = max(self.slowest["accept"], time.perf_counter() - start)

    def _digest(self) -> None:
        while self.digested < self.items and not self.failed:
            start = time.perf_counter()
            done = loop.digest_batch(now=self.now).items
            self.digested += done
            self.slowest["digest"] = max(self.slowest["digest"], time.perf_counter() - start)
            if not done:
                time.sleep(0.005)

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128))

    def _payload(self) -> bytes:
        size = self._random.choice(SIZES)
        start = self._random.randrange(len(self._bytes) - size)
        return self._bytes[start : start + size]


def remember_traces(rows: Sequence[InboxItem], *, now: datetime) -> None:
    """In place of the digest's steps: a trace for every fourth item, every tenth of them in two batches."""
    traces = [row.item_id.hex for row in rows[::4]]
    again = [trace for trace in _lately if trace[0] in "0"]
    _lately[:] = traces
    project = rows[0].project_id
    made: list[Any] = [
        Item(SimpleNamespace(project_id=project), {"spans": [_span(trace, n + 5 * is_again) for n in range(5)]})  # type: ignore[arg-type]
        for is_again, some in ((False, traces), (True, again))
        for trace in some
    ]
    seen_spans.remember(made, now=now)


_lately: list[str] = []


def _span(trace: str, n: int) -> dict[str, str]:
    return {"trace_id": trace, "span_id": f"{n:016x}"}


def hold_snapshot(*, is_dump: bool) -> Any:
    """A connection that reads nothing more, and keeps all that it could have read; as a dump it locks all of it too."""
    held = connection.copy()
    held.set_autocommit(False)
    with held.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM events_project")
        if is_dump:
            cursor.execute(f"LOCK TABLE {', '.join(FAMILIES)} IN ACCESS SHARE MODE")
    return held


def keep_house(now: datetime) -> None:
    """What the clock does each hour, and each half minute."""
    seen_spans.forget(now=now)
    inbox.empty_slices()
    if time.monotonic() > _again[0]:
        inbox.ensure_partitions(now=now)
        _again[0] = time.monotonic() + 10


_again = [0.0]


def sizes() -> dict[str, tuple[float, float, int]]:
    """Megabytes, those of indexes, and dead rows of each family."""
    found = {}
    with connection.cursor() as cursor:
        for family in FAMILIES:
            cursor.execute(_SIZES, {"name": family})
            size, indexes, dead = cursor.fetchone()
            found[family] = size / 1e6, indexes / 1e6, dead
    return found


def watch(soak: Soak, threads: list[threading.Thread], *, every: int) -> list[dict[str, tuple[float, float, int]]]:
    """Print a line each `every` items until all went through; return what was printed."""
    lines = []
    start, last = time.monotonic(), (time.monotonic(), 0)
    mark, kept = every, 0.0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.2)
        if time.monotonic() - kept > 2:
            keep_house(soak.now)
            kept = time.monotonic()
        if soak.digested < mark:
            continue
        found, mark = sizes(), mark + every
        lines.append(found)
        at, before = last
        last = (time.monotonic(), soak.digested)
        rate = (soak.digested - before) / (last[0] - at)
        words = "".join(f" {size:8.1f} {indexes:8.1f} {dead:9,}" for size, indexes, dead in found.values())
        slow = " ".join(f"{soak.slowest[name] * 1000:6.0f}" for name in soak.slowest)
        print(f"{soak.digested / 1e6:6.2f} {last[0] - start:6.0f} {rate:7,.0f} {slow} |{words}", flush=True)
        soak.slowest = dict.fromkeys(soak.slowest, 0.0)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=2_000_000)
    parser.add_argument("--weeks", type=float, default=10, help="How long the items took, by their own time.")
    parser.add_argument("--lines", type=int, default=10)
    parser.add_argument("--hold", action="store_true", help="Keep one old snapshot open.")
    parser.add_argument("--dump", action="store_true", help="Keep one open that has locked all tables, as a dump does.")
    parser.add_argument("--slice", type=int, default=10, help="Seconds of a slice of the inbox.")
    parser.add_argument("--check", action="store_true", help=f"Fail when a table grows more than {GROWTH} times.")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    with roles.as_owner(connection, settings.OBS_DATABASE_OWNER), connection.cursor() as cursor:
        cursor.execute("TRUNCATE " + ", ".join(FAMILIES))
        cursor.execute("SELECT to_regprocedure('ingest_inbox_turn()')")
        if cursor.fetchone()[0]:
            cursor.execute(_SHORT.format(seconds=options.slice))
    names = [f"soak-{n}" for n in range(PROJECTS)]
    Project.objects.bulk_create([Project(name=name, slug=name) for name in names], ignore_conflicts=True)
    projects = list(Project.objects.filter(slug__in=names).values_list("pk", flat=True))
    Project.objects.filter(pk__in=projects).update(first_event_at=FIRST)
    pipeline.process = remember_traces
    inbox.ensure_partitions(now=FIRST)
    held = hold_snapshot(is_dump=options.dump) if options.hold or options.dump else None
    print(
        "millions, seconds, items/s, slowest accept and batch in ms | MB, of indexes, dead rows: " + ", ".join(FAMILIES)
    )
    soak = Soak(projects, items=options.items, weeks=options.weeks)
    lines = watch(soak, soak.run(), every=options.items // options.lines)
    if held:
        held.close()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if soak.failed:
        return 1
    quarter = len(lines) // 4
    second, final = lines[quarter : 2 * quarter], lines[-quarter:]
    missed = [
        family
        for family in FAMILIES[:3]  # the ledger has a row for each hour of each project, for ever
        if max(line[family][0] for line in final) > GROWTH * max(line[family][0] for line in second)
    ]
    print("MISSED: " + ", ".join(missed) if missed else "flat")
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
