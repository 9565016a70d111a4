"""Database queries: one row per statement text of one request, with what is wrong about it."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.conf import settings

from events.digest.batch import Batch, Item
from events.digest.steps.reading import number

# So many runs of one statement after one another below one span are a loop around a query.
N_PLUS_ONE = 5
_ROWS = ("db.response.returned_rows", "db.rows_affected", "db.sql.rows")
_FINE = frozenset({"ok", "unset", "unknown", "cancelled", "canceled", "0", ""})


def put_queries(batch: Batch, item: Item) -> str | None:
    """Add a row per statement and request; `finding` is n_plus_one, else slow, else empty."""
    grouped: defaultdict[tuple[str, str | None, str], list[dict[str, Any]]] = defaultdict(list)
    for row in item.spans:
        if "statement" in row:
            grouped[row["trace_id"], row["route"], row["statement"].fingerprint].append(row)
    batch.facts[item.project_id, "queries"].extend(_row(rows) for rows in grouped.values())
    return None


def _row(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first, statement = rows[0], rows[0]["statement"]
    slowest = max(row["duration_ms"] for row in rows)
    returned = [count for row in rows for name in _ROWS if (count := number(row["attributes"].get(name))) is not None]
    return {
        "at": min(row["at"] for row in rows),
        "trace_id": first["trace_id"],
        "fingerprint": statement.fingerprint,
        "statement": statement.text,
        "operation": statement.operation or None,
        "system": first["system"],
        "route": first["route"],
        "release": first["release"],
        "environment": first["environment"],
        "service": first["service"],
        "finding": finding(rows, slowest),
        "count": len(rows),
        "rows": int(sum(returned)) if returned else None,
        "total_ms": sum(row["duration_ms"] for row in rows),
        "max_ms": slowest,
        "is_error": any((row["status"] or "") not in _FINE for row in rows),
    }


def finding(rows: Sequence[dict[str, Any]], slowest: float) -> str | None:
    """What is wrong with these runs of one statement."""
    if len(rows) >= N_PLUS_ONE and not rows[0]["statement"].is_overhead and is_n_plus_one(rows):
        return "n_plus_one"
    return "slow" if slowest >= settings.OBS_SLOW_QUERY_MS else None


def is_n_plus_one(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether N_PLUS_ONE of them ran under one parent, each begun after the one before had ended."""
    by_parent: defaultdict[str | None, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        start = row["at"].timestamp() * 1000
        by_parent[row["parent_span_id"]].append((start, start + row["duration_ms"]))
    for runs in by_parent.values():
        runs.sort()
        # A tenth of a millisecond: clocks of spans are rounded.
        if 1 + sum(later[0] >= earlier[1] - 0.1 for earlier, later in pairwise(runs)) >= N_PLUS_ONE:
            return True
    return False
