"""Prints what questions about performance cost: from rollups, from facts, and from the same rows in PostgreSQL.

    python bench/queries.py [--scale 1] [--days 30] [--without-postgres] [--again]

Ten million requests and ten million vitals over thirty days, and a tenth of both beside them for the growth; --scale
0.1 makes it a tenth of all, and `--scale 0.01 --days 1` is the short form. Each scale has a folder of its own
(var/bench/queries-1), with embedded servers that end with the run. Times are medians of seven, warm; those of
PostgreSQL of one, warm. CPU is what this process spends on the large ones: on a machine that others use, it tells more
than the time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("--scale", type=float, default=1.0)
PARSER.add_argument("--days", type=int, default=30)
PARSER.add_argument("--without-postgres", action="store_true")
PARSER.add_argument("--again", action="store_true", help="ask the facts of the run before")
OPTIONS = PARSER.parse_args()
sys.path.insert(0, str(ROOT))

from bench import begin, empty  # noqa: E402

HOME = begin(f"queries-{OPTIONS.scale:g}", as_owner=True)

import duckdb  # noqa: E402
import pyarrow.csv  # noqa: E402
from django.db import connection  # noqa: E402

from analytics.models import Bucket, FillState, Series  # noqa: E402
from analytics.periods import Period  # noqa: E402
from analytics.questions.overview.overview import overview  # noqa: E402
from analytics.questions.performance.endpoints import endpoints  # noqa: E402
from analytics.questions.performance.latency_heatmap import latency_heatmap  # noqa: E402
from analytics.questions.performance.percentiles import percentiles  # noqa: E402
from analytics.questions.performance.request_rates import request_rates  # noqa: E402
from analytics.questions.vitals.vitals import vitals  # noqa: E402
from analytics.rollups import filling  # noqa: E402
from bench.growth import drawing  # noqa: E402
from events.facts import segments  # noqa: E402
from events.models import FactChange, Project, Segment  # noqa: E402
from formaos_obs import embedded  # noqa: E402

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHARES = (0.5, 0.75, 0.95)
FACTS = ("requests", "vitals")
COLUMNS = {
    "requests": "at, trace_id, route, method, status, duration_ms, release, environment, device, host, service,"
    " db_count, db_ms, user_key",
    "vitals": "at, metric_id, metric, route, value, device, browser, release, environment, country, navigation_type,"
    " user_key",
}
TABLES = """
    CREATE UNLOGGED TABLE bench_requests (at timestamptz, trace_id text, route text, method text, status bigint,
        duration_ms float8, release text, environment text, device text, host text, service text, db_count bigint,
        db_ms float8, user_key bigint, project_id bigint);
    CREATE UNLOGGED TABLE bench_vitals (at timestamptz, metric_id text, metric text, route text, value float8,
        device text, browser text, release text, environment text, country text, navigation_type text, user_key bigint,
        project_id bigint)
"""


@dataclass(frozen=True)
class Question:
    """A question to this server, the same in PostgreSQL, and how long it may take (ms)."""

    name: str
    ask: Callable[[Project], object]
    rows: str
    target: float | None = None


def periods_of(days: int) -> tuple[Period, Period]:
    return Period(NOW - timedelta(days=1), NOW), Period(NOW - timedelta(days=days), NOW)


def questions(days: int) -> list[Question]:
    day, month = periods_of(days)
    in_month = f"project_id = %(project)s AND at >= '{month.start}' AND at < '{month.end}'"
    before = f"project_id = %(project)s AND at >= '{day.previous().start}' AND at < '{day.end}'"
    p = "percentile_cont(ARRAY[0.5, 0.75, 0.95]) WITHIN GROUP (ORDER BY {})"
    tiles = f"""SELECT date_trunc('hour', at), count(*), count(*) FILTER (WHERE status >= 500),
                       {p.format("duration_ms")}
                FROM bench_requests WHERE {{0}} GROUP BY 1;
                SELECT date_trunc('hour', at), count(*), {p.format("value")} FROM bench_vitals
                WHERE metric = 'LCP' AND {{0}} GROUP BY 1"""
    free = ("route", "device", "release")
    return [
        Question("overview, 24 hours", lambda x: overview(x, period=day, now=NOW), tiles.format(before), 50),
        Question(f"overview, {days} days", lambda x: overview(x, period=month, now=NOW), tiles.format(in_month), 50),
        Question(
            "p95 of every endpoint, 24 hours", lambda x: endpoints(x, period=day, now=NOW),
            f"SELECT route, count(*), {p.format('duration_ms')} FROM bench_requests WHERE {before} GROUP BY 1", 100,
        ),
        Question(
            f"free: requests by route, device, release, {days} days",
            lambda x: percentiles(x, fact="requests", by=free, shares=SHARES, period=month),
            f"""SELECT route, device, release, {p.format("duration_ms")} FROM bench_requests WHERE {in_month}
                GROUP BY 1, 2, 3""",
            1000,
        ),
        Question(
            f"free: LCP by route, device, release, {days} days",
            lambda x: percentiles(x, fact="vitals", by=free, shares=SHARES, period=month, where={"metric": "LCP"}),
            f"""SELECT route, device, release, {p.format("value")} FROM (
                    SELECT metric_id, max(route) AS route, max(device) AS device, max(release) AS release,
                           max(value) AS value FROM bench_vitals WHERE metric = 'LCP' AND {in_month} GROUP BY metric_id
                ) t GROUP BY 1, 2, 3""",
            1000,
        ),
        Question(
            "rates and durations, 24 hours", lambda x: request_rates(x, period=day, now=NOW),
            f"""SELECT date_bin('15 minutes', at, '2001-01-01'), count(*), {p.format("duration_ms")}
                FROM bench_requests WHERE {before} GROUP BY 1""",
        ),
        Question(
            f"web vitals, {days} days", lambda x: vitals(x, period=month, now=NOW),
            f"""SELECT metric, date_bin('12 hours', at, '2001-01-01'), count(*), {p.format("value")}
                FROM bench_vitals WHERE {in_month} GROUP BY 1, 2""",
        ),
        Question(
            f"latency heatmap, {days} days", lambda x: latency_heatmap(x, period=month, now=NOW),
            f"""SELECT date_bin('12 hours', at, '2001-01-01'), width_bucket(duration_ms,
                       ARRAY[1,2,5,10,20,50,100,200,500,1000,2000,4000,8000,15000,30000,60000]::float8[]), count(*)
                FROM bench_requests WHERE {in_month} GROUP BY 1, 2""",
        ),
    ]  # fmt: skip


def median_ms(work: Callable[[], object], times: int = 7) -> tuple[float, float]:
    """Return how long the work takes, and the processor time that this process spends on it."""
    work()
    taken, spent = [], []
    for _ in range(times):
        start, begun = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - start) * 1000)
        spent.append((time.process_time() - begun) * 1000)
    return statistics.median(taken), statistics.median(spent)


def generate(project: Project, *, rows: int, days: int) -> None:
    """Facts of `days` days up to NOW, as compaction leaves them: a sorted segment a day."""
    for fact in FACTS:
        for age in range(days + 1):
            day = (NOW - timedelta(days=age)).date()
            seconds = 43_200 if age == 0 else 86_400
            some = rows * seconds // (86_400 * days)
            segment = drawing.draw(
                project, fact, rows=some, day=day, now=NOW, seconds=seconds, release=(days - age) // 7
            )
            segments.announce([segment])


def fill(project: Project) -> float:
    start = time.perf_counter()
    while FactChange.objects.filter(project=project).exists():
        filling.roll_up(now=NOW, seconds=600, project_id=project.pk)
    return time.perf_counter() - start


def copy_rows(projects: list[Project]) -> None:
    """The same facts as rows of PostgreSQL, with the indexes that such questions want."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for project in projects:
            for segment in Segment.objects.filter(project=project):
                names = COLUMNS[segment.fact]
                source = HOME / "segments" / segment.path
                quoted = ", ".join(f'"{name.strip()}"' for name in names.split(","))
                found = duckdb.execute(f"SELECT {quoted}, {project.pk} FROM '{source}'").to_arrow_table()
                target = f"bench_{segment.fact} ({names}, project_id)"
                options = pyarrow.csv.WriteOptions(include_header=False)
                sink = pyarrow.BufferOutputStream()
                pyarrow.csv.write_csv(found, sink, options)
                with cursor.copy(f"COPY {target} FROM STDIN WITH (FORMAT csv)") as copy:
                    copy.write(sink.getvalue())
        for table in ("bench_requests", "bench_vitals"):
            cursor.execute(f"CREATE INDEX ON {table} (project_id, at)")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE bench_requests, bench_vitals")


def rows_ms(question: Question, project: Project, times: int) -> float:
    def ask() -> None:
        with connection.cursor() as cursor:
            for statement in question.rows.split(";"):
                cursor.execute(statement, {"project": project.pk})
                cursor.fetchall()

    return median_ms(ask, times)[0]


def disk(project: Project) -> None:
    facts = {
        fact: sum(Segment.objects.filter(project=project, fact=fact).values_list("bytes", flat=True)) for fact in FACTS
    }
    counts = {
        fact: sum(Segment.objects.filter(project=project, fact=fact).values_list("rows", flat=True)) for fact in FACTS
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rollup, step, count(*), sum(pg_column_size(b.*)) FROM analytics_bucket b WHERE project_id = %s"
            " GROUP BY 1, 2 ORDER BY 1, 2 DESC", [project.pk],
        )  # fmt: skip
        buckets = cursor.fetchall()
        for fact, of_fact in facts.items():
            million = counts[fact] / 1e6
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"bench_{fact}"])
            line = f"  {fact:10} {counts[fact]:>12,} facts   Parquet {of_fact / million / 1e6:6.1f} MB"
            if cursor.fetchone()[0]:
                cursor.execute("SELECT pg_total_relation_size(%s), count(*) FROM bench_" + fact, [f"bench_{fact}"])
                size, rows = cursor.fetchone()
                line += f"   rows of PostgreSQL with one index {size / rows:6.1f} MB"
            print(f"{line}   a million")
    total = sum(counts.values()) / 1e6
    for rollup, step, count, size in buckets:
        print(
            f"  {rollup:12} {step:>5} min  {count:>7,} buckets   {size / 1e6:7.2f} MB   {size / count:8,.0f} bytes each"
        )
    print(f"  rollups together {sum(b[3] for b in buckets) / total / 1e6:.2f} MB a million facts")


def prepare(options: argparse.Namespace) -> None:
    """Both projects, their facts, their rollups, and the rows beside them, instead of those of the run before."""
    empty(Bucket, Series, FillState)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_requests, bench_vitals")
    large = round(10_000_000 * options.scale)
    projects = []
    for name, rows in (("small", large // 10), ("large", large)):
        project = Project.objects.create(slug=name, name=name)
        start = time.perf_counter()
        generate(project, rows=rows, days=options.days)
        made = time.perf_counter() - start
        filling.declare(now=NOW)
        taken = fill(project)
        buckets = Bucket.objects.filter(project=project).count()
        print(f"{name}: {rows:,} requests and {rows:,} vitals over {options.days} days made in {made:.0f} s,\n"
              f"  rolled up in {taken:.0f} s ({2 * rows / taken:,.0f} facts a second, {buckets:,} buckets)",
              flush=True)  # fmt: skip
        projects.append(project)
    if not options.without_postgres:
        start = time.perf_counter()
        copy_rows(projects)
        print(f"the same as rows of PostgreSQL: {time.perf_counter() - start:.0f} s", flush=True)


def main(options: argparse.Namespace) -> None:
    if not options.again:
        prepare(options)
    projects = [Project.objects.get(slug=slug) for slug in ("small", "large")]
    print(
        f"\n{'milliseconds':48}{'small':>9}{'large':>9}{'growth':>8}{'CPU':>9}{'wanted':>9}{'PostgreSQL':>12}{'ratio':>8}"
    )
    for question in questions(options.days):
        (small, _), (big, spent) = (median_ms(lambda p=project: question.ask(p)) for project in projects)  # noqa: B023
        wanted = f"{question.target:,.0f}" if question.target else ""
        line = f"{question.name:48}{small:9.1f}{big:9.1f}{big / small:7.1f}x{spent:9.1f}{wanted:>9}"
        if not options.without_postgres:
            rows = rows_ms(question, projects[1], 1)
            line += f"{rows:12,.0f}{rows / big:7.0f}x"
        print(line, flush=True)
    print("\nDisk, large")
    disk(projects[1])


if __name__ == "__main__":
    try:
        main(OPTIONS)
    finally:
        embedded.stop()
