"""What visitors did within quarters of an hour, kept by day: who was there when, and for which events.

Every zone's days begin on a quarter, so any calendar is made of them. What is not kept (paths, sources, properties,
bots) is asked of the events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analytics import engine
from analytics.engine.filters import EPOCH, microseconds, width
from analytics.periods import Period
from analytics.questions.product import acts
from analytics.questions.product.acts import Scope
from analytics.questions.product.histories import differs, whole_people
from analytics.questions.visits import days, plans
from analytics.questions.visits.plans import Days
from events.facts.schema import PRESENCE
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

QUARTER = timedelta(minutes=15)
# What rows are kept apart by, beside visitor and quarter.
SAID = ("environment", "release", "country", "device", "browser", "host")
_SAID = ", ".join(f"e.{name}" for name in SAID)
_MADE_OF = f"""
    SELECT e.visitor AS who, epoch_us(e."at") // {width(QUARTER)} AS quarter, {_SAID}, e.event, count(*) AS count
    FROM events e WHERE {{counted}} AND {{some}} GROUP BY ALL ORDER BY 1, 2, {_SAID}, e.event"""
_DAY = timedelta(days=1)
_NO_NAME = -1


def version() -> str:
    """Changes with what is kept; days kept by another are made again."""
    return hashlib.blake2b(repr((2, PRESENCE.schema.to_string(), _MADE_OF)).encode(), digest_size=8).hexdigest()


def plan(
    project_id: int, texts: Collection[str], scope: Scope, *, edges: Collection[datetime], since: datetime
) -> Days:
    """Where it is read who did what these texts mean, in the scope's period and `since` a moment before it, to be told
    apart by these edges and the period's own: whole days of it from what is kept."""
    if not _can_tell(texts, scope, edges):
        return plans.walked(Period(since, scope.period.end))
    kept, walked, segments = list[Period](), list[Period](), frozenset[int]()
    for start, end in pairwise([since, *scope.period]):
        first, last = -(-(start - EPOCH) // _DAY) * _DAY + EPOCH, (end - EPOCH) // _DAY * _DAY + EPOCH
        if first >= last:
            walked.append(Period(start, end))
            continue
        found = plans.of(project_id, PRESENCE, Period(first, last), version=version())
        kept += found.kept
        walked += [Period(start, first), *found.walked, Period(last, end)]
        segments |= found.segments
    return Days(tuple(kept), tuple(span for span in walked if span.start < span.end), segments)


def _can_tell(texts: Collection[str], scope: Scope, edges: Collection[datetime]) -> bool:
    """Whether what these texts mean (as acts.meant has it) is kept, between these edges."""
    is_named = not any(text.startswith(("/", acts.ACTION)) for text in texts)
    is_whole = all(microseconds(edge) % width(QUARTER) == 0 for edge in edges)
    return is_named and is_whole and not scope.with_bots and set(scope.where) <= set(SAID)


def meant(name: str, text: str, bound: dict[str, Any]) -> str:
    """Holds of the rows `e` of PRESENCE whose visitor did what is meant."""
    if text == acts.EVERY:
        return "true"
    bound[name] = f"\n{_escaped(text)}\t"
    return f"contains(e.events, ${name})"


def count(name: str, text: str) -> str:
    """How often, of the rows that `meant` lets through; what is bound there is bound here."""
    after = "e.events" if text == acts.EVERY else f"split_part(e.events, ${name}, 2)"
    return f"try_cast(split_part({after}, chr(10), 1) AS BIGINT)"


class Cut:
    """The rows of a day, as batches of the fact by visitor; `ended` is its end."""

    def __init__(self, project_id: int, period: Period, rows: int) -> None:
        self.project_id, self.period, self.rows, self.ended = project_id, period, rows, period.end

    def batches(self) -> Iterator[pa.RecordBatch]:
        bound: dict[str, Any] = {}
        counted = acts.counted(Scope(self.period), bound)
        with engine.read(self.project_id, {"events": self.period}) as facts:
            for of in days.ranges(self.rows):
                sql = _MADE_OF.format(counted=counted, some=days.of_some(of, bound))
                for table in whole_people(facts.stream(sql, bound)):
                    yield _rows(table)


def _rows(table: pa.Table) -> pa.RecordBatch:
    """One row for all events of a visitor, a quarter and what is said, of rows in that order."""
    said = {name: _coded(table[name]) for name in SAID}
    is_new = differs(table["who"].to_numpy()) | differs(table["quarter"].to_numpy())
    for codes, _ in said.values():
        is_new |= differs(codes)
    starts = np.flatnonzero(is_new)
    quarters = table["quarter"].to_numpy()[starts] * width(QUARTER)
    columns = {
        "at": pa.array(quarters).cast(PRESENCE.schema.field("at").type),
        "visitor": table["who"].combine_chunks().take(pa.array(starts)),
        "events": pa.array(_listed(*_coded(table["event"]), table["count"].to_pylist(), starts.tolist())),
    }
    columns |= {name: column.take(pa.array(starts)) for name, (_, column) in said.items()}
    return pa.RecordBatch.from_pydict(columns)


def _coded(column: pa.ChunkedArray) -> tuple[Any, pa.Array]:
    """A number for each different text, _NO_NAME for none, and the texts."""
    texts = column.combine_chunks()
    coded = texts.dictionary_encode()
    return coded.indices.fill_null(_NO_NAME).to_numpy(), texts


def _listed(codes: Any, texts: pa.Array, counts: Sequence[int], starts: Sequence[int]) -> list[str]:
    """The names from each start on, each with its count, as one text."""
    names: dict[int, str] = {}
    known: dict[tuple[tuple[int, int], ...], str] = {}
    listed = list(zip(codes.tolist(), counts, strict=True))
    found = []
    for start, end in zip(starts, [*starts[1:], len(listed)], strict=True):
        some = tuple(listed[start:end])
        if some not in known:
            for place, (code, _) in enumerate(some, start):
                names.setdefault(code, _escaped(texts[place].as_py() or ""))
            lines = (f"{names[code]}\t{count}\n" for code, count in some if code != _NO_NAME)
            known[some] = f"{sum(count for _, count in some)}\n{''.join(lines)}"
        found.append(known[some])
    return found


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
