"""What an installation holds at a moment: memory, disk, what waits, tables and their dead rows; and how that grows."""

from __future__ import annotations

import os
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.ingest import processes
from chaos import blows

_TABLES = """
SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text AS family,
       sum(pg_total_relation_size(c.oid))::bigint, sum(pg_stat_get_dead_tuples(c.oid))::bigint
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace GROUP BY 1
"""
_WAITING = "SELECT count(*), coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8 FROM ingest_inbox"


@dataclass(frozen=True)
class Sample:
    """At `seconds` from the beginning; memory by part, disk by part and tables in MB, dead rows by table."""

    seconds: float
    memory: Mapping[str, float]
    disk: Mapping[str, float]
    tables: Mapping[str, float]
    dead: Mapping[str, int]
    waiting: int
    lag_seconds: float
    load: float


def take(folder: Path, database: psycopg.Connection, *, seconds: float) -> Sample:
    tables, dead = {}, {}
    for name, size, rows in database.execute(_TABLES).fetchall():
        tables[name], dead[name] = size / 1e6, int(rows)
    found = database.execute(_WAITING).fetchone()
    assert found is not None
    memory = processes.memory(blows.pids(folder))
    return Sample(seconds, memory, disk(folder), tables, dead, *found, os.getloadavg()[0])


def disk(folder: Path) -> Counter[str]:
    """MB of files by the first folder they lie in; the log of PostgreSQL's transactions is `wal`."""
    found: Counter[str] = Counter()
    for top, _, names in os.walk(folder):
        inside = Path(top).relative_to(folder).parts
        part = "wal" if "pg_wal" in inside else inside[0] if inside else "rest"
        for name in names:
            with suppress(FileNotFoundError):
                found[part] += Path(top, name).stat().st_size / 1e6
    return found


def growth(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The mean of (seconds, value), and by how much a straight line through them rises from the first to the last."""
    seconds, values = zip(*points, strict=True)
    rises = statistics.linear_regression(seconds, values).slope * (seconds[-1] - seconds[0])
    return statistics.fmean(values), rises
