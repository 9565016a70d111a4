"""What an event tells of a person, and what follows: who is created, merged or refused, and which properties stand.

Pure. Ids are visitors, the 64-bit numbers that facts carry. The rules are PostHog's:

- An id that nobody has makes a person; `$identify` and `$create_alias` make two ids one person.
- Of two persons, the one of the event's own id stays: its properties win, the other's fill its gaps, and the earlier
  beginning counts. A person who is identified is never merged away; that is refused, `$merge_dangerously` excepted.
- Ids that stand for nobody in particular are never merged.
- `$set` overwrites, `$set_once` fills gaps, `$unset` removes, in the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

# What programs send where they have no id: in any case, trimmed, without quotes.
ILLEGAL = frozenset(
    {
        "", "anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated", "email", "undefined", "true",
        "false", "[object object]", "nan", "none", "null", "0",
    }
)  # fmt: skip
MOST_PROPERTIES = 200

Does = Literal["seen", "identify", "alias", "merge"]
DOES: tuple[Does, ...] = get_args(Does)


def is_legal(distinct_id: str) -> bool:
    """Whether an id can be somebody's."""
    return distinct_id.strip().strip("'\"`").strip().lower() not in ILLEGAL


@dataclass(frozen=True, slots=True)
class Told:
    """What one event tells: `visitor` is its own id, `other` the one that it says is the same person."""

    visitor: int
    at: datetime
    does: Does = "seen"
    other: int | None = None
    is_legal: bool = True
    set: Mapping[str, str] = field(default_factory=dict)
    set_once: Mapping[str, str] = field(default_factory=dict)
    unset: Sequence[str] = ()


@dataclass(slots=True, eq=False)
class Person:
    """One person as they stand; `row` numbers one that is stored. Who was merged away points to who stayed."""

    created_at: datetime
    properties: dict[str, str] = field(default_factory=dict)
    is_identified: bool = False
    refused_at: datetime | None = None
    row: int | None = None
    into: Person | None = None


People = MutableMapping[int, Person]
"""Visitor -> person; one that was merged away may stand there still: `standing` says who it is."""


def standing(person: Person) -> Person:
    """Who a person is after all merges."""
    while person.into is not None:
        if person.into.into is not None:
            person.into = person.into.into  # so that long chains are walked once
        person = person.into
    return person


def find(people: People, visitor: int) -> Person | None:
    return standing(people[visitor]) if visitor in people else None


def hear(people: People, told: Told) -> None:
    """Change `people` as one event tells."""
    person = _same(people, told) if told.other is not None and told.other != told.visitor else None
    if person is None:
        person = find(people, told.visitor) or _new(people, told)
        person.is_identified |= told.does == "identify" and told.other is None and told.is_legal
    put(person.properties, told.set_once, overwrites=False)
    put(person.properties, told.set)
    for name in told.unset:
        person.properties.pop(name, None)


def put(properties: dict[str, str], told: Mapping[str, str], *, overwrites: bool = True) -> None:
    """Keep what is told in `properties`, as far as there is room."""
    for name, value in told.items():
        if (overwrites and name in properties) or (name not in properties and len(properties) < MOST_PROPERTIES):
            properties[name] = value


def visitors(told: Iterable[Told]) -> set[int]:
    """The ids that are told of."""
    return {visitor for each in told for visitor in (each.visitor, each.other) if visitor is not None}


def _same(people: People, told: Told) -> Person | None:
    """The person of the event's id, now that `other` is the same; None where the event does not say so."""
    assert told.other is not None
    if told.does == "seen":
        return None
    mine, other = find(people, told.visitor), find(people, told.other)
    if not told.is_legal:
        mine = mine or _new(people, told)
        mine.refused_at = _latest(mine.refused_at, told.at)
        return mine
    mine = mine or other or _new(people, told)
    people[told.visitor] = mine
    if other is None:
        people[told.other] = mine
    elif other is not mine and other.is_identified and told.does != "merge":
        mine.refused_at = _latest(mine.refused_at, told.at)
    elif other is not mine:
        _absorb(mine, other)
    mine.is_identified |= told.does != "merge"
    return mine


def _new(people: People, told: Told) -> Person:
    people[told.visitor] = Person(created_at=told.at)
    return people[told.visitor]


def _absorb(winner: Person, loser: Person) -> None:
    put(winner.properties, loser.properties, overwrites=False)
    winner.created_at = min(winner.created_at, loser.created_at)
    winner.is_identified |= loser.is_identified
    winner.refused_at = _latest(winner.refused_at, loser.refused_at)
    loser.into = winner


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)
