"""Prints what facts cost: writing, compacting, disk, and questions at two sizes, in one run.

    python bench/facts.py [--facts 500000 5000000] [--days 30]

Runs in a folder of its own (var/bench/facts), on the embedded servers. Questions are medians of five, warm.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import begin, empty  # noqa: E402

HOME = begin("facts")

import duckdb  # noqa: E402
from django.conf import settings  # noqa: E402

from analytics.periods import Period  # noqa: E402
from analytics.questions.errors.error_trend import error_trend  # noqa: E402
from analytics.questions.errors.groups_matching import groups_matching  # noqa: E402
from analytics.questions.errors.issue_facts import issue_facts, neighbours  # noqa: E402
from analytics.questions.errors.tag_facets import tag_facets  # noqa: E402
from analytics.questions.releases.events_per_release import events_per_release  # noqa: E402
from analytics.questions.releases.release_health import release_health  # noqa: E402
from bench.growth import drawing  # noqa: E402
from events.facts import compaction, files, segments  # noqa: E402
from events.issues import search  # noqa: E402
from events.models import Project, Segment  # noqa: E402

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def median_ms(work: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Milliseconds on the clock and of CPU, all threads; medians, after one run to warm up."""
    work()
    clock, cpu = [], []
    for _ in range(times):
        start, used = time.perf_counter(), time.process_time()
        work()
        clock.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return statistics.median(clock), statistics.median(cpu)


def row() -> dict[str, Any]:
    hexed = uuid.uuid4().hex
    tags = {f"tag{n}": random.choice("abcdefgh") for n in range(8)}
    return {
        "at": NOW, "received_at": NOW, "event_id": hexed, "group_hash": hexed, "trace_id": hexed, "level": "error",
        "type": "ValueError", "environment": "production", "release": "shop@1.0", "platform": "python", "route": "/pay",
        "url": "https://shop.example/pay", "sdk": "sentry.python 2.0", "user_key": 1, "size": 9000, "handled": True,
        "tags": tags,
    }  # fmt: skip


def generate(project: Project, fact: str, *, rows: int, days: int) -> None:
    for age in range(days):
        day = (NOW - timedelta(days=age + 1)).date()
        drawing.draw(project, fact, rows=rows // days, day=day, now=NOW)


def write_speed(project: Project) -> None:
    print("Writing one segment (rows -> Parquet, fsync of file and folder, row in the catalogue)")
    for count in (1, 100, 500, 5000):
        rows = [row() for _ in range(count)]
        taken, cpu = median_ms(lambda: segments.write({(project.pk, "errors"): rows}, now=NOW), 15)  # noqa: B023
        print(f"  {count:>6,} errors   {taken:7.1f} ms   {count / taken * 1000:>9,.0f} a second   {cpu:6.1f} ms of CPU")


def compaction_speed(project: Project) -> None:
    Segment.objects.filter(project=project).delete()
    count, each = 400, 500
    for _ in range(count):
        segments.write({(project.pk, "errors"): [row() for _ in range(each)]}, now=NOW)
    before = sum(Segment.objects.filter(project=project).values_list("bytes", flat=True))
    start = time.perf_counter()
    report = compaction.compact(now=NOW, project_id=project.pk)
    taken = time.perf_counter() - start
    after = sum(Segment.objects.filter(project=project).values_list("bytes", flat=True))
    print(f"Compacting {report.inputs} segments of {each} errors into {report.merges}: {taken:.1f} s, "
          f"{report.rows / taken:,.0f} facts a second, {before / after:.1f} times smaller")  # fmt: skip


def questions(project: Project, days: int) -> dict[str, Callable[[], object]]:
    month = Period(NOW - timedelta(days=days + 1), NOW)
    day = Period(NOW - timedelta(days=1), NOW)
    sample = Segment.objects.filter(project=project, fact="errors").order_by("day").first()
    assert sample is not None
    name = files.root().url(sample.path)
    # A common, a middling and a rare group together make one merged issue's worth of work.
    ranked = duckdb.execute(f"SELECT group_hash, count(*) n FROM '{name}' GROUP BY 1 ORDER BY n DESC").fetchall()
    groups = [uuid.UUID(ranked[place][0]) for place in (len(ranked) // 2,)]
    at = issue_facts(project, groups=groups, period=month, size=2).rows[-1].position
    (tag,) = search.parse("customer:c77", now=NOW).terms
    (release,) = search.parse("release:shop@1.7", now=NOW).terms
    return {
        "issue: trend, 30 days": lambda: error_trend(project, period=month, groups=groups),
        "issue: tag facets, 30 days": lambda: tag_facets(project, period=month, groups=groups),
        "issue: releases, 30 days": lambda: events_per_release(project, period=month, groups=groups),
        "issue: a page of 50 errors": lambda: issue_facts(project, period=month, groups=groups),
        "issue: previous and next error": lambda: neighbours(project, period=month, groups=groups, of=at),
        "project: trend, 24 hours": lambda: error_trend(project, period=day),
        "project: trend, 30 days": lambda: error_trend(project, period=month),
        "project: releases, 30 days": lambda: events_per_release(project, period=month),
        "project: tag facets, 24 hours": lambda: tag_facets(project, period=day),
        "project: tag facets, 30 days": lambda: tag_facets(project, period=month),
        "search: release:…, 30 days": lambda: groups_matching(
            project, release, start=month.start, end=month.end, now=NOW
        ),
        "search: a tag, 30 days": lambda: groups_matching(project, tag, start=month.start, end=month.end, now=NOW),
        "sessions: release health, 30 days": lambda: release_health(project, period=month),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=int, nargs="+", default=[500_000, 5_000_000])
    parser.add_argument("--days", type=int, default=30)
    options = parser.parse_args()
    settings.OBS_SEGMENT_ROOT = str(HOME / "segments")
    settings.OBS_QUERY_TIMEOUT_SECONDS = 60.0  # a busy machine shall not end the run
    empty()
    small = Project.objects.create(slug="bench-facts", name="Writes")
    write_speed(small)
    compaction_speed(small)
    taken: list[dict[str, tuple[float, float]]] = []
    for count in options.facts:
        project = Project.objects.create(slug=f"bench-facts-{count}", name=f"{count}")
        start = time.perf_counter()
        generate(project, "errors", rows=count, days=options.days)
        generate(project, "sessions", rows=count // 5, days=options.days)
        size = sum(Segment.objects.filter(project=project, fact="errors").values_list("bytes", flat=True))
        print(f"{count:,} errors and {count // 5:,} session updates made in {time.perf_counter() - start:.0f} s; "
              f"{size / count * 1e6 / 2**20:.0f} MB of disk per million errors")  # fmt: skip
        taken.append({name: median_ms(work) for name, work in questions(project, options.days).items()})
    print(f"\n{'median ms: clock (CPU)':36}" + "".join(f"{count:>20,}" for count in options.facts) + "   growth of CPU")
    for name, first in taken[0].items():
        cells = "".join(f"{found[name][0]:10.1f} ({found[name][1]:7.1f})" for found in taken)
        print(f"{name:36}{cells}{taken[-1][name][1] / first[1]:10.1f}x")


if __name__ == "__main__":
    main()
