"""Prints how long projects wait for shared work: 1,000 of Zipf sizes with a backlog, one worker and two.

    python bench/growth/claims.py [--projects 1000] [--changes 20000] [--check]

Each project has changes of a day to roll up, the largest a good eighth of all. The claims, turns, locks and
transactions are those of the product; counting a change is a sleep of three milliseconds, so that the figures are of
who is served when, and not of this machine. "before" is the order of one queue: the project with the oldest change
first, until it has none. Runs in a folder of its own (var/bench/claims), on the embedded servers.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import begin  # noqa: E402

HOME = begin("claims")

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.db.models import Min  # noqa: E402

from analytics.models import FillState  # noqa: E402
from analytics.rollups import filling  # noqa: E402
from events.facts.segments import Place  # noqa: E402
from events.models import FactChange, Project, Turn  # noqa: E402

NOW = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
FACT = "requests"
DAYS = 1
A_CHANGE = 0.003
RUN = 8.0
# All but the hundred largest.
SMALL = 100

_SEED = """
INSERT INTO events_factchange (project_id, fact, min_at, max_at)
SELECT p, %(fact)s, at, at + interval '1 second'
FROM unnest(%(projects)s::bigint[]) WITH ORDINALITY AS q(p, rank),
    LATERAL generate_series(1, greatest(1, round(%(changes)s / rank / %(whole)s)::int)) AS n,
    LATERAL (SELECT %(now)s::timestamptz - random() * %(days)s * interval '1 day' + 0 * n * interval '1 s' AS at) AS t
ORDER BY random()
"""


def seed(projects: Sequence[int], changes: int) -> None:
    for model in (FactChange, Turn):
        model.objects.all().delete()
    whole = sum(1 / rank for rank in range(1, len(projects) + 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_SEED, {
            "projects": list(projects), "changes": changes, "whole": whole, "fact": FACT, "now": NOW, "days": DAYS,
        })  # fmt: skip


def in_one_queue(*, now: datetime, seconds: float) -> None:
    """What there was before: a project is served until it has nothing left."""
    deadline = time.monotonic() + seconds
    oldest = dict(FactChange.objects.values_list("project_id").annotate(oldest=Min("pk")))
    for place in sorted(filling.due(), key=lambda place: oldest[place.project_id]):
        while time.monotonic() < deadline and filling.fill_next(place, now=now).changes:
            pass


def in_turns(*, now: datetime, seconds: float) -> None:
    filling.roll_up(now=now, seconds=seconds)


def work(way: Callable[..., None], start: Any, done: Any) -> None:
    """Run until nothing is left, as the clock would; tell when each project was last served."""
    served: dict[int, float] = {}
    fill = filling.fill_next

    def noted(place: Place, *, now: datetime) -> filling.Filled:
        found = fill(place, now=now)
        if found.changes:
            served[place.project_id] = time.monotonic()
        return found

    filling.fill_next = noted
    filling.of_fact = lambda fact: []  # nothing is counted
    filling.derived.outdate = lambda project, fact, changes, *, now: time.sleep(A_CHANGE * len(changes))
    start.wait()
    while FactChange.objects.exists():
        way(now=NOW, seconds=RUN)
    done.put(served)


def served(way: Callable[..., None], workers: int) -> dict[int, float]:
    """Seconds from the start until each project had nothing left."""
    ways = multiprocessing.get_context("fork")
    start, done = ways.Event(), ways.Queue()
    connections.close_all()
    running = [ways.Process(target=work, args=(way, start, done)) for _ in range(workers)]
    for one in running:
        one.start()
    begun = time.monotonic()
    start.set()
    found: dict[int, float] = {}
    for _ in running:
        for project, at in done.get().items():
            found[project] = max(found.get(project, 0.0), at - begun)
    for one in running:
        one.join()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=20_000)
    parser.add_argument("--check", action="store_true", help="fail when turns do not halve what the small wait")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    Project.objects.all().delete()
    made = Project.objects.bulk_create(Project(name=f"p{n}", slug=f"p{n}") for n in range(options.projects))
    projects = [one.pk for one in made]
    FillState.objects.bulk_create(
        FillState(project_id=project, rollup=name, version=rollup.version)
        for project in projects
        for name, rollup in filling.ROLLUPS.items()
    )
    print(f"{options.changes:,} changes of {len(projects):,} projects; until a project has nothing left, in seconds")
    waits: dict[tuple[str, int], float] = {}
    for workers in (1, 2):
        for name, way in (("before", in_one_queue), ("turns", in_turns)):
            seed(projects, options.changes)
            found = served(way, workers)
            small = sorted(found[one] for one in projects[min(SMALL, len(projects) // 2) :])
            waits[name, workers] = statistics.median(small)
            print(
                f"  {workers} worker{'s' * (workers > 1)}, {name:6}: small ones {waits[name, workers]:5.1f} (median),"
                f" {small[int(len(small) * 0.95)]:5.1f} (95 %); the largest {found[projects[0]]:5.1f};"
                f" all {max(found.values()):5.1f}",
                flush=True,
            )
    is_missed = any(waits["turns", workers] > waits["before", workers] / 2 for workers in (1, 2))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}{'; MISSED' if is_missed else ''}")
    FillState.objects.all().delete()
    return 1 if options.check and is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
