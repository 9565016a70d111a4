"""The same questions of the same events where others keep them: rows in PostgreSQL, and Parquet files under chDB.

Theirs are simpler: windows of the funnel alone, no ties, no bots, no persons. So they are a mark, not a match.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection

from events.facts import files
from events.models import Project, Segment

_WITHIN = 14 * 86400
_FUNNEL_ROWS = """
    WITH steps AS (
        SELECT visitor, "at", event,
               max(CASE WHEN event = '$pageview' THEN "at" END) OVER w AS began
        FROM bench_product WHERE event IN ('$pageview', 'signup', 'paid')
        WINDOW w AS (PARTITION BY visitor ORDER BY "at" ROWS UNBOUNDED PRECEDING)
    ), second AS (
        SELECT *, max(CASE WHEN event = 'signup' AND "at" <= began + interval '14 days' THEN began END) OVER w AS from_2
        FROM steps WINDOW w AS (PARTITION BY visitor ORDER BY "at" ROWS UNBOUNDED PRECEDING)
    )
    SELECT count(DISTINCT visitor) FILTER (WHERE event = '$pageview'),
           count(DISTINCT visitor) FILTER (WHERE from_2 IS NOT NULL),
           count(DISTINCT visitor) FILTER (WHERE event = 'paid' AND "at" <= from_2 + interval '14 days')
    FROM second
"""
ROWS = {
    "trend": """SELECT date_trunc('day', "at"), count(*) FROM bench_product WHERE event = '$pageview' GROUP BY 1""",
    "trend, daily people": """SELECT date_trunc('day', "at"), count(DISTINCT visitor) FROM bench_product
                              WHERE event = '$pageview' GROUP BY 1""",
    "trend by country": """SELECT country, date_trunc('day', "at"), count(*) FROM bench_product
                           WHERE event = '$pageview' GROUP BY 1, 2""",
    "funnel of 3": _FUNNEL_ROWS,
    "web page": """SELECT count(DISTINCT visitor), count(*) FILTER (WHERE begins),
                          count(*) FILTER (WHERE event = '$pageview')
                   FROM (SELECT visitor, event,
                                coalesce("at" - lag("at") OVER w >= interval '30 minutes', true) AS begins
                         FROM bench_product WINDOW w AS (PARTITION BY visitor ORDER BY "at")) AS paced""",
}
FILES = {
    "trend": "SELECT toDate(at), count() FROM {files} WHERE event = '$pageview' GROUP BY 1",
    "trend, daily people": "SELECT toDate(at), uniqExact(visitor) FROM {files} WHERE event = '$pageview' GROUP BY 1",
    "trend by country": "SELECT country, toDate(at), count() FROM {files} WHERE event = '$pageview' GROUP BY 1, 2",
    "funnel of 3": f"""
        SELECT level, count() FROM (
            SELECT visitor, windowFunnel({_WITHIN})(toDateTime(at), event = '$pageview', event = 'signup',
                                                    event = 'paid') AS level
            FROM {{files}} WHERE event IN ('$pageview', 'signup', 'paid') GROUP BY visitor
        ) GROUP BY level""",
    "web page": """
        SELECT uniqExact(visitor), countIf(at - before >= 1800), countIf(event = '$pageview') FROM (
            SELECT visitor, event, toUnixTimestamp(toDateTime(at)) AS at,
                   lagInFrame(toUnixTimestamp(toDateTime(at)), 1, 0) OVER (
                       PARTITION BY visitor ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                   ) AS before
            FROM {files})""",
}


def answers(project: Project, home: Path) -> dict[tuple[str, str], Callable[[], object]]:
    """(place, name of the question) -> asks it there."""
    paths = [files.root().url(one.path) for one in Segment.objects.filter(project=project, fact="events")]
    _into_rows(paths)
    found: dict[tuple[str, str], Callable[[], object]] = {
        ("postgresql", name): partial(_ask_rows, sql) for name, sql in ROWS.items()
    }
    ask = _chdb(home.parent / "chdb")
    # Of the facts as sent; kept days are ours alone.
    source = f"file('{files.root().url('')}events/project={project.pk}/*/*.parquet', Parquet)"
    return found | {("chdb", name): partial(ask, sql.format(files=source)) for name, sql in FILES.items()}


def _ask_rows(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0; SET work_mem = '256MB'")
        cursor.execute(sql)
        cursor.fetchall()


def _into_rows(paths: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SET statement_timeout = 0; CREATE TEMPORARY TABLE bench_product"
            ' ("at" timestamptz, visitor bigint, event text, path text, country text)'
        )
        database = duckdb.connect()
        for path in paths:
            text = database.execute(
                "SELECT string_agg(concat_ws(chr(9), \"at\", visitor, event, path, country), chr(10)) "
                "FROM read_parquet(?, hive_partitioning = false)", [path]
            ).fetchone()  # fmt: skip
            with cursor.copy("COPY bench_product FROM STDIN") as copy:
                copy.write((text or ("",))[0] + "\n")
        cursor.execute('CREATE INDEX ON bench_product (event, "at")')
        cursor.execute("CREATE INDEX ON bench_product (visitor)")
        cursor.execute("ANALYZE bench_product")


def _chdb(folder: Path) -> Callable[[str], Any]:
    if not folder.exists():
        install = ["pip", "install", "--quiet", "--target", str(folder), "--no-deps", "chdb", "chdb-core"]
        subprocess.run([sys.executable, "-m", *install], check=True)
    sys.path.append(str(folder))
    import chdb

    return lambda sql: chdb.query(f"{sql} SETTINGS max_threads = 2")
