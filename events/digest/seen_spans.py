"""Which spans came before, in another batch: exporters that heard no answer gather anew what they send again.

A batch that is sent again as it was is a duplicate at the inbox. One row a trace holds the ids of its spans, so that a
request costs one row and a span eight bytes. Rows lie in three slices of two days each: one that takes what comes, the
one before, which is looked in too, and one that is given back as a file (docs/decisions/0067-seen-traces-in-slices.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from events.digest.batch import Item, SpanKey
from events.digest.steps.reading import items, mapping

# Collectors give a batch up after minutes or hours; queues on disk live longer. A slice lasts as long, so that a span
# is remembered for two to four days.
REMEMBERED = timedelta(days=2)
SLICES = 3
# Within this distance of the end of a slice two digests may be in two of them, each before it sees the other's rows; a
# digest goes by the moment when its run began.
BOUNDARY = timedelta(minutes=5)
# Of a trace that never ends the first so many spans are remembered: its row is written anew with every batch.
MOST = 10_000
_WIDTH = 8

Trace = tuple[int, str]

_INSERT = """
INSERT INTO ingest_seen_span (slice, project_id, trace_id, seen_at, spans)
SELECT %s, p, t, %s, s FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS sent(p, t, s) ORDER BY p, t
ON CONFLICT DO NOTHING RETURNING project_id, trace_id
"""
_BEFORE = """
SELECT seen.project_id, seen.trace_id, seen.spans FROM ingest_seen_span AS seen
JOIN unnest(%s::bigint[], %s::uuid[]) AS sent(p, t) ON seen.project_id = p AND seen.trace_id = t
WHERE seen.slice = %s
"""
_LOCK = f"{_BEFORE} ORDER BY 1, 2 FOR UPDATE OF seen"
_ADD = """
UPDATE ingest_seen_span AS seen SET spans = seen.spans || s, seen_at = %s
FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS sent(p, t, s)
WHERE seen.slice = %s AND seen.project_id = p AND seen.trace_id = t
"""


def remember(batches: Iterable[Item], *, now: datetime) -> set[SpanKey]:
    """Which spans of these came before; all are remembered, in the caller's transaction.

    Traces are locked in the order of their ids, new ones first, so that two digests wait for each other and never both.
    """
    sent = _by_trace(batches)
    if not sent:
        return set()
    order, own = sorted(sent), slice_of(now)
    with connection.cursor() as cursor:
        if slice_of(now - BOUNDARY) != slice_of(now + BOUNDARY):
            _serialise(cursor, {project for project, _ in order})
        cursor.execute(_INSERT, [own, now, *_columns(order), [_packed(sent[trace]) for trace in order]])
        new = {(project, trace.hex) for project, trace in cursor.fetchall()}
        known: Mapping[Trace, frozenset[str]] = {}
        if again := [trace for trace in order if trace not in new]:
            cursor.execute(_LOCK, [*_columns(again), own])
            known = _spans(cursor)
        if fresh := {trace: spans for trace in again if (spans := _to_add(sent[trace], known[trace]))}:
            cursor.execute(_ADD, [now, *_columns(list(fresh)), [_packed(spans) for spans in fresh.values()], own])
        cursor.execute(_BEFORE, [*_columns(order), slice_of(now - REMEMBERED)])
        earlier = _spans(cursor)
    return {
        (*trace, span)
        for before in (known, earlier)
        for trace, spans in before.items()
        for span in sent[trace]
        if span in spans
    }


def forget(*, now: datetime) -> int:
    """Give back the files of slices that hold nothing younger than REMEMBERED; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ingest_seen_span_forget(%s)", [now - REMEMBERED])
        return int(cursor.fetchone()[0])


def slice_of(now: datetime) -> int:
    """The slice that takes what comes now."""
    return int(now.timestamp() // REMEMBERED.total_seconds()) % SLICES


def _serialise(cursor: CursorWrapper, projects: Iterable[int]) -> None:
    """One digest of spans at a time per project, until the end of the transaction."""
    for project in sorted(projects):
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('seen spans', %s))", [project])


def _spans(cursor: CursorWrapper) -> Mapping[Trace, frozenset[str]]:
    return {(project, trace.hex): _unpacked(bytes(spans)) for project, trace, spans in cursor.fetchall()}


def _to_add(sent: Iterable[str], known: frozenset[str]) -> list[str]:
    """What is new of a trace, as far as there is room for it."""
    return [span for span in sent if span not in known][: max(0, MOST - len(known))]


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
