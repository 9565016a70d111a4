"""Which spans came before, in another batch: exporters that heard no answer gather anew what they send again.

A batch that is sent again as it was is a duplicate at the inbox. One row a trace holds the ids of its spans, so that a
request costs one row and a span eight bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from events.digest.batch import Item, SpanKey
from events.digest.steps.reading import items, mapping

# Collectors give a batch up after minutes or hours; queues on disk live longer.
REMEMBERED = timedelta(days=2)
# Of a trace that never ends the first so many spans are remembered: its row is written anew with every batch.
MOST = 10_000
_WIDTH = 8
_CHUNK = 10_000

Trace = tuple[int, str]

_INSERT = """
INSERT INTO ingest_seen_trace (project_id, trace_id, seen_at, spans)
SELECT p, t, %s, s FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS sent(p, t, s) ORDER BY p, t
ON CONFLICT DO NOTHING RETURNING project_id, trace_id
"""
_LOCK = """
SELECT seen.project_id, seen.trace_id, seen.spans FROM ingest_seen_trace AS seen
JOIN unnest(%s::bigint[], %s::uuid[]) AS sent(p, t) ON seen.project_id = p AND seen.trace_id = t
ORDER BY 1, 2 FOR UPDATE OF seen
"""
_ADD = """
UPDATE ingest_seen_trace AS seen SET spans = seen.spans || s, seen_at = %s
FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS sent(p, t, s) WHERE seen.project_id = p AND seen.trace_id = t
"""
_FORGET = """
DELETE FROM ingest_seen_trace WHERE ctid = ANY (ARRAY(SELECT ctid FROM ingest_seen_trace WHERE seen_at < %s LIMIT %s))
"""


def remember(batches: Iterable[Item], *, now: datetime) -> set[SpanKey]:
    """Which spans of these came before; all are remembered, in the caller's transaction.

    Traces are locked in the order of their ids, new ones first, so that two digests wait for each other and never both.
    """
    sent = _by_trace(batches)
    if not sent:
        return set()
    order = sorted(sent)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [now, *_columns(order), [_packed(sent[trace]) for trace in order]])
        new = {(project, trace.hex) for project, trace in cursor.fetchall()}
        order = [trace for trace in order if trace not in new]
        if not order:
            return set()
        cursor.execute(_LOCK, list(_columns(order)))
        before = {(project, trace.hex): _unpacked(bytes(spans)) for project, trace, spans in cursor.fetchall()}
        fresh = {
            trace: list(spans)[: max(0, MOST - len(before[trace]))]
            for trace in order
            if (spans := dict.fromkeys(span for span in sent[trace] if span not in before[trace]))
        }
        if fresh:
            cursor.execute(_ADD, [now, *_columns(list(fresh)), [_packed(spans) for spans in fresh.values()]])
    return {(*trace, span) for trace in order for span in sent[trace] if span in before[trace]}


def forget(*, now: datetime) -> int:
    """Delete what is older than REMEMBERED, in pieces that hold no lock for long; return how many traces."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [now - REMEMBERED, _CHUNK])
            deleted = cursor.rowcount
        total += deleted
        if deleted < _CHUNK:
            return total


def _by_trace(batches: Iterable[Item]) -> Mapping[Trace, dict[str, None]]:
    """The spans by trace, each once. What has no ids is dropped by the step that reads it."""
    sent: defaultdict[Trace, dict[str, None]] = defaultdict(dict)
    for item in batches:
        for span in items(mapping(item.payload).get("spans")):
            trace, own = span.get("trace_id"), span.get("span_id")
            if _is_hex(trace, 32) and _is_hex(own, 16):
                sent[item.project_id, str(trace).lower()][str(own).lower()] = None
    return sent


def _is_hex(value: object, length: int) -> bool:
    """`strip` takes away from both ends alone, which is enough: what is left of a text of digits is nothing."""
    return isinstance(value, str) and len(value) == length and not value.lower().strip("0123456789abcdef")


def _columns(traces: Sequence[Trace]) -> tuple[list[int], list[UUID]]:
    return [project for project, _ in traces], [UUID(hex=trace) for _, trace in traces]


def _packed(spans: Iterable[str]) -> bytes:
    return bytes.fromhex("".join(list(spans)[:MOST]))


def _unpacked(spans: bytes) -> frozenset[str]:
    return frozenset(spans[start : start + _WIDTH].hex() for start in range(0, len(spans), _WIDTH))
