"""What the digest's steps work on: an inbox item unpacked, and the batch that gathers what they put and drop."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events.ingest.accounting import Line
from events.issues.counting import Sighting
from events.issues.project_rules import Rules
from events.models import InboxItem
from events.persons.keeping import Heard
from events.releases.symbolication import Maps


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


# Project, trace and span.
SpanKey = tuple[int, str, str]


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
    heard: defaultdict[int, Heard] = field(default_factory=lambda: defaultdict(Heard))
    maps: Maps = field(default_factory=Maps)
    rules: Rules = field(default_factory=Rules)
    # Spans that are stored already, or that an item before in this batch brought.
    known_spans: set[SpanKey] = field(default_factory=set)
    # Product events that are neither stored nor in an item before in this batch: project, id.
    fresh_events: set[tuple[int, str]] = field(default_factory=set)

    def drop(self, item: Item, reason: str, quantity: int = 1, *, outcome: str = "filtered") -> None:
        """Count `quantity` of the item's records as filtered, or as what `outcome` says."""
        quantity = min(quantity, item.row.quantity - item.dropped)
        item.dropped += quantity
        self.lines[Line(item.project_id, item.row.kind, outcome, reason)] += quantity

    def put_release(self, project_id: int, release: str, at: datetime) -> None:
        if release:
            first, last = self.releases.get((project_id, release), (at, at))
            self.releases[project_id, release] = (min(first, at), max(last, at))

    def put_environment(self, project_id: int, environment: str) -> None:
        if environment:
            self.environments.add((project_id, environment))


Step = Callable[[Batch, Item], str | None]
"""Drops or puts; the reason where the whole item is dropped."""
