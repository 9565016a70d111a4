"""Buckets read ahead: what a page will ask of several rollups and periods, in one question. Only within a look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import Q

from analytics.models import Bucket
from analytics.rollups.minutes import minute_of, moment_of
from events.runtime import remembered

Span = tuple[int, int, int]
"""Buckets of so many minutes that begin in start <= minute < end; minutes since 1970."""
Packed = list[tuple[int, bytes | memoryview]]


@dataclass
class _Held:
    """The buckets of one rollup that were read: {(step, minute): cells}, and the spans that they fill."""

    spans: set[Span] = field(default_factory=set)
    found: dict[tuple[int, int], bytes | memoryview] = field(default_factory=dict)

    def holds(self, span: Span) -> bool:
        step, start, end = span
        return any(step == size and first <= start and end <= last for size, first, last in self.spans)

    def within(self, spans: Iterable[Span]) -> Packed:
        chosen = {
            (at, step): blob
            for wanted, start, end in spans
            for (step, at), blob in self.found.items()
            if step == wanted and start <= at < end
        }
        return [(at, chosen[at, step]) for at, step in sorted(chosen)]


def packed(project_id: int, wanted: Mapping[str, Sequence[Span]]) -> dict[str, Packed]:
    """The cells of each rollup in its spans, as stored, oldest first; of what a look has read already, from that."""
    held = {name: _held(project_id, name) for name in wanted}
    missing = {name: [span for span in spans if not held[name].holds(span)] for name, spans in wanted.items()}
    _read(project_id, {name: spans for name, spans in missing.items() if spans}, held)
    return {name: held[name].within(spans) for name, spans in wanted.items()}


def _held(project_id: int, name: str) -> _Held:
    return remembered.once(("buckets", project_id, name), _Held)


def _read(project_id: int, missing: Mapping[str, Sequence[Span]], held: Mapping[str, _Held]) -> None:
    if not missing:
        return
    asked = [
        Q(rollup=name, step=size, at__gte=moment_of(start), at__lt=moment_of(end))
        for name, listed in missing.items()
        for size, start, end in listed
    ]
    found = Bucket.objects.filter(reduce(or_, asked), project_id=project_id)
    for name, step, at, blob in found.values_list("rollup", "step", "at", "cells"):
        held[name].found[step, minute_of(at)] = blob
    for name, listed in missing.items():
        held[name].spans.update(listed)
