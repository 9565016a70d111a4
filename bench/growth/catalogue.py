"""Prints what the catalogue of segments costs as it grows: the list of a question's files, and what looks at all of it.

    python bench/growth/catalogue.py [--segments 10000 100000 1000000] [--explain] [--check]

The rows are made in PostgreSQL, without files: what a year of 100 million facts a day leaves behind when its days are
compacted, over as many projects of Zipf sizes as it takes. Runs in a folder of its own (var/bench/catalogue), on the
embedded servers. Medians of seven, warm; the list of files is what both engines ask for.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import begin  # noqa: E402

HOME = begin("catalogue")

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from events.facts import compaction, segments  # noqa: E402
from events.models import Project, Segment  # noqa: E402

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
A_DAY = 100_000_000
DAYS = 365
AIM_MS = 10
# A fact's share of a project's rows.
SHARES = {"events": 0.5, "requests": 0.2, "spans": 0.15, "errors": 0.1, "logs": 0.05}
# What a file holds that is merged no further, between half of MAX_ROWS and all of it.
ROWS = 1_500_000

_SEED = """
INSERT INTO events_segment (project_id, fact, day, min_at, max_at, rows, bytes, path, level, created_at)
SELECT p, f.name, d::date, d + (n - 1) * interval '1 day' / files, d + n * interval '1 day' / files - interval '1 us',
       least(%(rows)s, greatest(1, a_day / files)), 40 * least(%(rows)s, greatest(1, a_day / files)),
       f.name || '/project=' || p || '/day=' || d::date || '/' || md5(random()::text || n) || '.parquet',
       3, d + interval '25 hours'
FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '1 day') AS d,
     unnest(%(projects)s::bigint[]) WITH ORDINALITY AS q(p, rank),
     unnest(%(names)s::text[], %(shares)s::float[]) AS f(name, share),
     LATERAL (SELECT (%(a_day)s * f.share / rank / %(whole)s)::bigint AS a_day) s,
     LATERAL (SELECT greatest(1, ceil(a_day::float / %(rows)s))::int AS files) t,
     generate_series(1, files) AS n
ORDER BY d, random()
"""


def seed(wanted: int) -> list[int]:
    """Fill the catalogue with about as many segments; return the projects, the largest first."""
    Segment.objects.all().delete()
    Project.objects.all().delete()
    large = sum(A_DAY * share / ROWS for share in SHARES.values())
    count = max(1, round((wanted / DAYS - large) / len(SHARES)))
    made = Project.objects.bulk_create(Project(name=f"p{n}", slug=f"p{n}") for n in range(count))
    projects = [project.pk for project in made]
    whole = sum(1 / rank for rank in range(1, count + 1))
    with connection.cursor() as cursor:
        last = NOW.replace(hour=0) - timedelta(days=1)
        cursor.execute(_SEED, {
            "first": last - timedelta(days=DAYS - 1), "last": last, "projects": projects, "names": list(SHARES),
            "shares": list(SHARES.values()), "a_day": A_DAY, "whole": whole, "rows": ROWS,
        })  # fmt: skip
        cursor.execute("VACUUM ANALYZE events_segment")
    return projects


def median_ms(work: Callable[[], object], times: int = 7) -> float:
    """Milliseconds on the clock, after one run to warm up."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def questions(projects: list[int], *, is_explained: bool) -> list[str]:
    """Print what the list of a question's files costs; return what took too long."""
    missed = []
    for name, project in (("largest", projects[0]), ("middle", projects[len(projects) // 2])):
        for days in (1, 30, 365):
            start = NOW - timedelta(days=days)
            ask = partial(segments.paths, project, "events", start=start, end=NOW)
            found, taken = len(ask()), median_ms(ask)
            print(f"  {name} project, {days:3} days: {found:6,} files  {taken:7.2f} ms")
            if taken > AIM_MS:
                missed.append(f"{found:,} files in {taken:.1f} ms")
    if is_explained:
        chosen = segments._within_span(projects[0], "events", start=NOW - timedelta(days=365), end=NOW)
        print(chosen.values("path").explain(analyze=True, buffers=True))
    return missed


def housekeeping() -> None:
    """Print what tasks cost that look at all of the catalogue, when it is settled and when a day of all is new."""
    start = time.perf_counter()
    settled = compaction.settle(now=NOW)
    print(f"  settled {settled:,} segments in {time.perf_counter() - start:.1f} s, once after an upgrade")
    Segment.objects.filter(is_settled=False).update(is_settled=True)  # what `compact` does, a day a turn
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE events_segment")
    print(f"  days to merge, nothing new:   {median_ms(lambda: compaction.due(now=NOW)):7.1f} ms")
    Segment.objects.filter(day=NOW.date() - timedelta(days=1)).update(is_settled=False)
    print(f"  days to merge, a day is new:  {median_ms(lambda: compaction.due(now=NOW)):7.1f} ms")
    print(f"  days past their retention:    {median_ms(lambda: compaction.past(now=NOW), 3):7.1f} ms")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--check", action="store_true", help=f"fail when a list of files takes more than {AIM_MS} ms")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    missed = []
    for size in options.segments:
        projects = seed(size)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_table_size('events_segment') / 1e6, pg_indexes_size('events_segment') / 1e6")
            heap, indexes = cursor.fetchone()
        count = Segment.objects.count()
        print(f"{count:,} segments of {len(projects):,} projects: {heap:.0f} MB, indexes {indexes:.0f} MB")
        missed += questions(projects, is_explained=options.explain)
        housekeeping()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}" + (f"; MISSED: {', '.join(missed)}" if missed else "")
    )
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
