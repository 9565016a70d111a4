"""Builders of the facts that rollups count, and the fill that counts them."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from analytics.models import Bucket
from analytics.rollups import cells, filling
from analytics.rollups.declared import ROLLUPS
from analytics.rollups.reading import labels_of, minute_of
from events.facts import segments
from events.tests.cast import NOW
from events.tests.rows import hexed

Row = dict[str, Any]


def request(at: datetime = NOW, *, route: str = "GET /items", duration_ms: float = 100.0, **columns: Any) -> Row:
    return {"at": at, "route": route, "duration_ms": duration_ms, "status": 200, "environment": "production",
            "release": "web@1.0.0", **columns}  # fmt: skip


def vital(
    name: object, value: float, *, at: datetime = NOW, metric: str = "LCP", route: str = "/", **columns: Any
) -> Row:
    return {"at": at, "metric_id": hexed(name), "metric": metric, "value": value, "route": route, "device": "desktop",
            "release": "web@1.0.0", "environment": "production", **columns}  # fmt: skip


def log(body: str, *, at: datetime = NOW, level: str = "info", **columns: Any) -> Row:
    return {
        "at": at,
        "log_id": hexed(f"{body} {at}"),
        "body": body,
        "level": level,
        "environment": "production",
        **columns,
    }


def query(
    fingerprint: str = "f1", *, at: datetime = NOW, count: int = 1, total_ms: float = 10.0, **columns: Any
) -> Row:
    return {"at": at, "fingerprint": fingerprint, "statement": f"SELECT {fingerprint}", "operation": "SELECT",
            "count": count, "total_ms": total_ms, "max_ms": total_ms, "route": "GET /items",
            "environment": "production", **columns}  # fmt: skip


def reading(name: str, value: float, *, at: datetime = NOW, host: str = "web-1", **columns: Any) -> Row:
    return {"at": at, "name": name, "type": "gauge", "value": value, "host": host, **columns}


def requests(count: int, *, seed: int = 1, span: timedelta = timedelta(hours=3), end: datetime = NOW) -> list[Row]:
    """Requests of mixed routes, statuses and releases, their moments mixed up."""
    random = Random(seed)
    return [
        request(
            end - span * random.random(), route=f"GET /{random.choice('abcde')}",
            status=random.choice([200, 200, 404, 500]), duration_ms=random.lognormvariate(4, 1),
            release=f"web@1.{random.randrange(2)}.0", trace_id=hexed(f"{seed} {n}"),
        )
        for n in range(count)
    ]  # fmt: skip


def store(project: Any, fact: str, *rows: Row, now: datetime = NOW) -> None:
    segments.write({(project.pk, fact): rows}, now=now)


def filled(project: Any, fact: str, *rows: Row, now: datetime = NOW) -> None:
    """The facts stored and counted."""
    store(project, fact, *rows, now=now)
    filling.roll_up(now=now, seconds=600)


def every_cell(project: Any) -> dict[tuple[Any, ...], Any]:
    """All that is counted: (rollup, step, minute, labels) -> (count, sum, histogram)."""
    found = {}
    for bucket in Bucket.objects.filter(project=project):
        names = ROLLUPS[bucket.rollup].names
        at = minute_of(bucket.at)
        unpacked = cells.unpack([(at, bucket.cells)], names, labels_of)
        for (_, labels), measure in unpacked.measures().items():
            counts = tuple(sorted(measure.histogram.counts.items()))
            found[bucket.rollup, bucket.step, at, labels] = (measure.count, round(measure.total, 1), counts)
    return found
