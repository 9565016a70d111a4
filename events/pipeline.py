"""The digest's steps, kind by kind: each is named for what it drops or puts, and a drop has a counted reason."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from events import accounting, dimensions, payloads, recording, segments, tallies
from events.accounting import Line
from events.models import InboxItem
from events.recording import Sighting
from events.steps import (
    check_ins,
    client_reports,
    errors,
    feedback,
    files,
    logs,
    metrics,
    queries,
    refusals,
    reports,
    requests,
    sessions,
    sources,
    spans,
    vitals,
)
from events.symbolication import Maps

Step = Callable[["Batch", "Item"], str | None]


@dataclass(slots=True)
class Item:
    """An inbox item unpacked; `packed` is its payload as kept. A step that changes the payload sets `repacked`.

    `spans` are the rows that the first of the steps of spans leaves to those after it.
    """

    row: InboxItem
    payload: Any
    dropped: int = 0
    repacked: bytes | None = None
    spans: list[dict[str, Any]] = field(default_factory=list)

    @property
    def project_id(self) -> int:
        return int(self.row.project_id)

    @property
    def packed(self) -> bytes:
        return bytes(self.row.payload) if self.repacked is None else self.repacked


@dataclass
class Batch:
    """What the steps gather; nothing is written before all items went through."""

    now: datetime
    facts: defaultdict[tuple[int, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    lines: Counter[Line] = field(default_factory=Counter)
    sightings: list[Sighting] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    releases: dict[tuple[int, str], tuple[datetime, datetime]] = field(default_factory=dict)
    environments: set[tuple[int, str]] = field(default_factory=set)
    maps: Maps = field(default_factory=Maps)

    def drop(self, item: Item, reason: str, quantity: int = 1) -> None:
        """Count `quantity` of the item's records as filtered."""
        quantity = min(quantity, item.row.quantity - item.dropped)
        item.dropped += quantity
        self.lines[Line(item.project_id, item.row.kind, "filtered", reason)] += quantity

    def put_release(self, project_id: int, release: str, at: datetime) -> None:
        if release:
            first, last = self.releases.get((project_id, release), (at, at))
            self.releases[project_id, release] = (min(first, at), max(last, at))

    def put_environment(self, project_id: int, environment: str) -> None:
        if environment:
            self.environments.add((project_id, environment))


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
    "refusal": (refusals.put_refusals,),
    "check_in": (check_ins.put_check_in,),
    "client_report": (client_reports.put_reports,),
    "feedback": (feedback.put_feedback,),
    "attachment": (files.put_attachment,),
}


def process(rows: Sequence[InboxItem], *, now: datetime) -> None:
    """Digest `rows` in the caller's transaction: issues, occurrences, facts, transitions and the ledger together."""
    batch = Batch(now=now)
    for row in rows:
        item = Item(row, payloads.unpack(bytes(row.payload)))
        reason = next((reason for step in STEPS[row.kind] if (reason := step(batch, item))), None)
        if reason:
            batch.drop(item, reason, row.quantity)
        batch.lines[Line(item.project_id, row.kind, "stored")] += row.quantity - item.dropped
    store(batch)


def store(batch: Batch) -> None:
    """Write everything the steps gathered, in one order, so that two digests wait for each other and never deadlock."""
    tallies.put_releases(batch.releases)
    tallies.put_environments(batch.environments)
    recording.record(batch.sightings, now=batch.now)
    for model in {type(row) for row in batch.rows}:
        model.objects.bulk_create([row for row in batch.rows if type(row) is model], ignore_conflicts=True)
    dimensions.fold(batch.facts, now=batch.now)
    segments.write(batch.facts, now=batch.now)
    accounting.write(batch.lines, now=timezone.now())
