"""How many values a dimension may have: the first ones are kept as they are, the rest become "(other)".

Questions group by these columns, and rollups keep a cell per value; a sender that puts an id into a route would
otherwise make as many cells as it has visitors. Which values are known is a row each, so that all digests agree; one
that was not sent for OBS_DIMENSION_VALUE_DAYS gives its place away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from events.models import Dimension, DimensionValue

OTHER = "(other)"
LONGEST = 200
# The columns that questions group by, of each fact. Metrics have their attributes besides, each a dimension of its own.
COLUMNS = {
    "requests": ("route",),
    "queries": ("route", "fingerprint"),
    "vitals": ("route",),
    "metrics": ("name",),
}
ATTRIBUTES = "metrics.attributes"
_CACHED = 500_000

Rows = Mapping[tuple[int, str], Iterable[MutableMapping[str, Any]]]
Name = tuple[int, str]
# A dimension, a value of it, the mapping that holds the value, and under which key.
Place = tuple[Name, str, MutableMapping[str, Any], str]
Places = Callable[[Rows], Iterator[Place]]

# Which values are noted as sent on a day.
_noted: dict[Name, tuple[date, frozenset[str]]] = {}


def fold(facts: Rows, *, now: datetime) -> Counter[Name]:
    """Replace values beyond a dimension's limit in `facts` by OTHER; return how many rows that were, by dimension.

    Runs in the digest's transaction: the limit is exact however many digest at once.
    """
    folded: Counter[Name] = Counter()
    for places in (_columns, _attributes, _attribute_values):
        folded += _fold(places, facts, day=now.date())
    for (project_id, dimension), rows in folded.items():
        Dimension.objects.filter(project_id=project_id, name=dimension).update(
            folded_count=F("folded_count") + rows, folded_at=now
        )
    return folded


def expire(*, now: datetime) -> int:
    """Delete the values that were not sent for OBS_DIMENSION_VALUE_DAYS, and return how many; others get their room."""
    last = now.date() - timedelta(days=settings.OBS_DIMENSION_VALUE_DAYS)
    return DimensionValue.objects.filter(seen_on__lt=last).delete()[0]


def _fold(places: Places, facts: Rows, *, day: date) -> Counter[Name]:
    noted = {name: values for name, (on, values) in _noted.items() if on == day}
    unknown: defaultdict[Name, dict[str, None]] = defaultdict(dict)
    for name, value, _, _ in places(facts):
        if value not in noted.get(name, ()):
            unknown[name][value] = None
    folded: Counter[Name] = Counter()
    if not unknown:
        return folded
    admitted = {name: _admit(name, values, day=day) for name, values in sorted(unknown.items())}
    for name, value, holder, key in list(places(facts)):
        if name in admitted and value not in admitted[name]:
            holder[key] = OTHER
            folded[name] += 1
            if key == "fingerprint":
                holder["statement"] = OTHER
    return folded


def forget() -> None:
    """Empty the process cache."""
    _noted.clear()


def _columns(facts: Rows) -> Iterator[Place]:
    for (project_id, fact), rows in facts.items():
        for column in COLUMNS.get(fact, ()):
            name = (project_id, f"{fact}.{column}")
            for row in rows:
                value = row.get(column)
                if value and value != OTHER:
                    yield name, value[:LONGEST], row, column


def _attributes(facts: Rows) -> Iterator[Place]:
    for project_id, row in _metrics(facts):
        for key in row["attributes"]:
            yield (project_id, ATTRIBUTES), f"{row['name']}:{key}"[:LONGEST], row["attributes"], key


def _attribute_values(facts: Rows) -> Iterator[Place]:
    for project_id, row in _metrics(facts):
        for key, value in row["attributes"].items():
            if type(value) is str and value != OTHER:
                yield (project_id, f"{row['name']}:{key}"[:LONGEST]), value[:LONGEST], row["attributes"], key


def _metrics(facts: Rows) -> Iterator[tuple[int, MutableMapping[str, Any]]]:
    for (project_id, fact), rows in facts.items():
        if fact == "metrics":
            for row in rows:
                yield project_id, row


def _admit(name: Name, values: Iterable[str], *, day: date) -> frozenset[str]:
    """The known values of the dimension, after as many of `values` were added as have room; they were sent on `day`."""
    project_id, dimension = name
    row, _ = Dimension.objects.get_or_create(project_id=project_id, name=dimension)
    row = Dimension.objects.select_for_update().get(pk=row.pk)
    seen = dict(DimensionValue.objects.filter(dimension=row).values_list("value", "seen_on"))
    values = list(values)
    room = settings.OBS_DIMENSION_VALUES - len(seen)
    new = [value for value in values if value not in seen][: max(room, 0)]
    if new:
        DimensionValue.objects.bulk_create([DimensionValue(dimension=row, value=one, seen_on=day) for one in new])
    again = [value for value in values if value in seen and seen[value] < day]
    if again:
        DimensionValue.objects.filter(dimension=row, value__in=again).update(seen_on=day)
    seen |= dict.fromkeys([*new, *again], day)
    noted = frozenset(value for value, on in seen.items() if on >= day)
    transaction.on_commit(lambda: _remember(name, day, noted))
    return frozenset(seen)


def _remember(name: Name, day: date, values: frozenset[str]) -> None:
    if sum(len(kept) for _, kept in _noted.values()) > _CACHED:
        _noted.clear()
    _noted[name] = (day, values)
