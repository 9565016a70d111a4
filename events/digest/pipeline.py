"""The digest's steps, kind by kind: each is named for what it drops or puts, and a drop has a counted reason."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from events.digest import seen_events, seen_spans
from events.digest.batch import Batch, Item, Step
from events.digest.steps import (
    check_ins,
    client_reports,
    errors,
    feedback,
    files,
    logs,
    metrics,
    product_events,
    queries,
    refusals,
    reports,
    requests,
    sessions,
    sources,
    spans,
    vitals,
)
from events.facts import dimensions, segments
from events.ingest import accounting, payloads
from events.ingest.accounting import Line
from events.issues import counters, counting
from events.models import InboxItem
from events.persons import agreeing, keeping

_SPANS: tuple[Step, ...] = (
    spans.put_spans,
    requests.put_requests,
    queries.put_queries,
    vitals.put_page_vitals,
)
STEPS: dict[str, tuple[Step, ...]] = {
    "error": (errors.drop_no_object, sources.put_original_source, errors.put_sighting, errors.put_fact),
    "security": (errors.drop_no_object, reports.put_fact, reports.put_sighting),
    "session": (sessions.put_update,),
    "sessions": (sessions.put_aggregates,),
    "transaction": _SPANS,
    "span": _SPANS,
    "log": (logs.put_logs,),
    "metric": (metrics.put_metrics,),
    "vital": (vitals.put_vitals,),
    "timing": (requests.put_timings,),
    "product_event": (product_events.put_events,),
    "refusal": (refusals.put_refusals,),
    "check_in": (check_ins.put_check_in,),
    "client_report": (client_reports.put_reports,),
    "feedback": (feedback.put_feedback,),
    "attachment": (files.put_attachment,),
}


def process(rows: Sequence[InboxItem], *, now: datetime) -> None:
    """Digest `rows` in the caller's transaction: issues, occurrences, facts, transitions and the ledger together."""
    batch = Batch(now=now)
    # Batches of spans and product events are opened first, to be asked about together; all others one after the other.
    together = ("span", "product_event")
    opened = {row.pk: Item(row, payloads.unpack(bytes(row.payload))) for row in rows if row.kind in together}
    batch.known_spans |= seen_spans.remember(_of(opened, "span"), now=now)
    batch.fresh_events |= seen_events.remember(_of(opened, "product_event"), now=now)
    for row in rows:
        item = opened.pop(row.pk, None) or Item(row, payloads.unpack(bytes(row.payload)))
        reason = next((reason for step in STEPS[row.kind] if (reason := step(batch, item))), None)
        if reason:
            batch.drop(item, reason, row.quantity)
        batch.lines[Line(item.project_id, row.kind, "stored")] += row.quantity - item.dropped
    store(batch)


def _of(opened: Mapping[int, Item], kind: str) -> list[Item]:
    return [item for item in opened.values() if item.row.kind == kind]


def store(batch: Batch) -> None:
    """Write everything the steps gathered, in one order, so that two digests wait for each other and never deadlock."""
    counters.put_releases(batch.releases)
    counters.put_environments(batch.environments)
    counting.record(batch.sightings, now=batch.now)
    for model in {type(row) for row in batch.rows}:
        model.objects.bulk_create([row for row in batch.rows if type(row) is model], ignore_conflicts=True)
    dimensions.fold(batch.facts, now=batch.now)
    segments.write(batch.facts, now=batch.now)
    keeping.keep(agreeing.still(batch.heard))
    accounting.write(batch.lines, now=timezone.now())
