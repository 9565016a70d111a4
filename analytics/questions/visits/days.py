"""Visits of a period, from the days that are kept where they can tell, else walked along the events: the same visits.

Today, and a day that just changed, are walked. So is all that days do not tell: bots, one environment, nothing where a
page or an event is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analytics import engine
from analytics.engine import Facts
from analytics.engine.filters import microseconds
from analytics.periods import Period
from analytics.questions.product import visits
from analytics.questions.product.histories import whole_people
from analytics.questions.visits import plans
from analytics.questions.visits.plans import Days
from analytics.questions.visits.tally import NONE, Happened, Visits, joined
from analytics.questions.visits.walk import Looked
from events.facts.schema import VISITS
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

# Visits, or events that are walked, of one piece: what is held in memory at once.
PIECE = 2_500_000
# Beyond so many names all of them are read: a list of what is wanted would be longer than the answer.
_MOST_NAMED = 1_000
_KEPT = {"page": "pages", "event": "events"}


def version() -> str:
    """Changes with what a visit is; days kept by another are made again."""
    made_of = (1, VISITS.schema.to_string(), visits.looked(visits.DIMENSIONS), visits.BREAK, visits.LONGEST,
               visits.ENGAGED_SECONDS)  # fmt: skip
    return hashlib.blake2b(repr(made_of).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Asked:
    """Which visits are meant, and what they are cut by: names of visits.DIMENSIONS."""

    project_id: int
    period: Period
    where: Mapping[str, str]
    environment: str
    with_bots: bool
    lists: Collection[str] = ()

    @property
    def is_of_days(self) -> bool:
        says_nothing = any(self.where.get(name) == visits.NONE for name in _KEPT)
        is_known = {*self.lists, *self.where} <= {*VISITS.schema.names, *_KEPT}
        return is_known and not (self.with_bots or self.environment or says_nothing)


@dataclass(frozen=True)
class Plan:
    """Which visits are meant, and the days that they are read from."""

    asked: Asked
    days: Days


def plan(asked: Asked) -> Plan:
    if not asked.is_of_days:
        return walk(asked)
    return Plan(asked, plans.of(asked.project_id, VISITS, asked.period, version=version()))


def walk(asked: Asked) -> Plan:
    """The plan that walks all of it."""
    return Plan(asked, plans.walked(asked.period))


def ranges(rows: int) -> list[tuple[int, int] | None]:
    """Spans of visitors, which are hashes, with PIECE rows each, about; together they are all, and None is so too."""
    count = -(-rows // PIECE)
    if count <= 1:
        return [None]
    edges = [-(2**63) + 2**64 * place // count for place in range(count + 1)]
    return [(low, high - 1) for low, high in pairwise(edges)]


def of_some(of: tuple[int, int] | None, bound: dict[str, Any]) -> str:
    """Holds of what visitors of a span did; without a span of all."""
    if of is None:
        return "true"
    bound["low"], bound["high"] = of
    return "e.visitor >= $low AND e.visitor <= $high"


def pieces(chosen: Plan) -> Iterator[Visits]:
    """The visits that are meant, in pieces that have no visitor in common."""
    if not chosen.days.kept:
        for span in chosen.days.walked:
            yield from _walked(chosen.asked, span)
        return
    for of in ranges(chosen.days.rows):
        parts = [_read(chosen, of)]
        for span in chosen.days.walked:
            parts += _walked(chosen.asked, span, of=of)
        yield joined(parts)


def _walked(asked: Asked, span: Period, *, of: tuple[int, int] | None = None) -> Iterator[Visits]:
    bound: dict[str, Any] = {"environment": asked.environment, "with_bots": asked.with_bots, **visits.NAMES}
    begin, end = microseconds(span.start), microseconds(span.end)
    with engine.read(asked.project_id, {"events": visits.walked_period(span)}) as facts:
        where = _codes(facts, asked.where)
        sql = visits.looked({*asked.lists, *asked.where}, also=of_some(of, bound))
        for table in whole_people(facts.stream(sql, bound)):
            looked = Looked(table)
            is_meant = (looked.began >= begin) & (looked.began < end) & looked.fulfil(where)
            yield looked.visits(asked.lists).only(is_meant)


def _codes(facts: Facts, where: Mapping[str, str]) -> dict[str, Collection[int]]:
    """The codes that fulfil each condition; what is there on no visit is called NONE."""
    if not where:
        return {}
    coded = ", ".join(f"hash(CAST(${name} AS VARCHAR)) AS {name}" for name in where)
    [row] = facts.ask(f"SELECT {coded}", where)
    return {name: {row[name], *([NONE] if where[name] == visits.NONE else [])} for name in where}


def _read(chosen: Plan, of: tuple[int, int] | None) -> Visits:
    """Visits of kept days, of visitors of a span."""
    asked = chosen.asked
    bound: dict[str, Any] = {}
    condition = " AND ".join(
        [of_some(of, bound), plans.within(chosen.days.kept, bound), *_conditions(asked.where, bound)]
    )
    of_events = [name for name in asked.lists if name in _KEPT]
    columns = [
        "e.visitor AS who", 'epoch_us(e."at") AS us', "e.lasted_us AS lasted", "e.views AS views",
        "e.is_bounce AS bounced",
        *(f"CASE WHEN e.{name} IS NULL THEN 0 ELSE hash(e.{name}) END AS {name}"
          for name in asked.lists if name not in _KEPT),
        *(f"list_transform(map_keys(e.{_KEPT[name]}), lambda x: hash(x)) AS {name}, "
          f"map_values(e.{_KEPT[name]})::BIGINT[] AS {name}_count" for name in of_events),
    ]  # fmt: skip
    with engine.read(asked.project_id, {VISITS.name: plans.hull(chosen.days.kept)}) as facts:
        table = facts.table(f"SELECT {', '.join(columns)} FROM visits e WHERE {condition}", bound)
    numbers = {name: table[name].to_numpy() for name in table.column_names if name not in _with_counts(of_events)}
    happened = {name: _happened(table, name) for name in of_events}
    said = {name: numbers[name] for name in asked.lists if name not in _KEPT}
    return Visits(
        numbers["who"], numbers["us"], numbers["lasted"], numbers["views"], numbers["bounced"], said, happened
    )


def _with_counts(names: Collection[str]) -> set[str]:
    return {*names, *(f"{name}_count" for name in names)}


def _happened(table: pa.Table, name: str) -> Happened:
    codes, counts = (table[column].combine_chunks() for column in (name, f"{name}_count"))
    lengths = codes.value_lengths().fill_null(0).to_numpy()
    place = np.repeat(np.arange(len(lengths)), lengths)
    return Happened(place, codes.flatten().to_numpy(), counts.flatten().to_numpy())


def _conditions(where: Mapping[str, str], bound: dict[str, Any]) -> Iterator[str]:
    for name, value in where.items():
        bound[f"only_{name}"] = value
        if name == "event" and value == visits.PAGE_VIEW:
            bound.pop(f"only_{name}")
            yield "e.views > 0"
        elif name in _KEPT:
            yield f"list_contains(map_keys(e.{_KEPT[name]}), $only_{name})"
        elif value == visits.NONE:
            yield f"coalesce(e.{name} = $only_{name}, true)"
        else:
            yield f"e.{name} = $only_{name}"


def names(chosen: Plan, name: str, codes: Collection[int]) -> dict[int, str]:
    """What these codes of a dimension stand for."""
    found: dict[int, str] = {}
    left = set(codes) - {NONE}
    if left and chosen.days.kept:
        column = f"unnest(map_keys(e.{_KEPT[name]}))" if name in _KEPT else f"e.{name}"
        source = f"(SELECT DISTINCT {column} AS said FROM visits e)"
        whole = plans.hull(chosen.days.kept)
        # What is frequent was there on the last day as well, mostly.
        for wanted in (Period(max(whole.start, whole.end - timedelta(days=1)), whole.end), whole):
            if left := left - set(found):
                found |= _named(chosen.asked.project_id, VISITS.name, wanted, source, "said", left)
    for span in chosen.days.walked:
        if left := left - set(found):
            wanted = visits.walked_period(span)
            found |= _named(chosen.asked.project_id, "events", wanted, "events", visits.column_of(name), left)
    return found


def _named(
    project_id: int, fact: str, period: Period, source: str, column: str, codes: Collection[int]
) -> dict[int, str]:
    bound: dict[str, Any] = {"codes": sorted(codes)} if len(codes) <= _MOST_NAMED else {}
    only = f"WHERE hash(e.{column}) IN $codes" if bound else ""
    sql = f"SELECT DISTINCT e.{column} AS name, hash(e.{column}) AS code FROM {source} e {only}"
    with engine.read(project_id, {fact: period}) as facts:
        return {row["code"]: row["name"] for row in facts.ask(sql, bound) if row["code"] in codes}
