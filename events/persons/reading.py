"""Finds persons and groups, and says which visitors are one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from events.models import Group, Person, PersonId, Project
from events.runtime import remembered
from events.runtime.lazy import lazy
from events.values import pseudonyms

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

_LONGEST = 200
SOME, MOST = 100, 1000
# All in one value, 16 bytes an id: as rows, 400,000 of them took ten times as long to arrive.
_IDS = """
SELECT string_agg(int8send(visitor) || int8send(person_id), ''::bytea) FROM events_personid WHERE project_id = %s
"""


def persons_of(project_id: int) -> pa.Table:
    """Which visitors are whom now: `visitor`, and `person`, the number of its row, both 64 bits.

    Whoever is not listed is a person alone: `coalesce(person, visitor)` numbers persons, since a visitor is a hash of
    64 bits, which the small numbers of rows do not meet.
    """
    return remembered.once(("persons", project_id), lambda: _persons_of(project_id))


def _persons_of(project_id: int) -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute(_IDS, [project_id])
        [found] = cursor.fetchone()
    ids = np.frombuffer(found or b"", ">i8").reshape(-1, 2).astype("i8")
    return pa.table({"visitor": pa.array(ids[:, 0]), "person": pa.array(ids[:, 1])})


def visitor_of(project: Project, distinct_id: str) -> int:
    """The visitor that facts of this id carry; `u_` and 16 digits are a visitor's pseudonym already."""
    sent = distinct_id.strip()[:_LONGEST]
    digits = sent.removeprefix("u_")
    is_pseudonym = sent.startswith("u_") and len(digits) == 16 and set(digits) <= set("0123456789abcdef")
    known = pseudonyms.user_key(sent) if is_pseudonym else None
    return pseudonyms.visitor(bytes(project.pepper), sent) if known is None else known


def person_with(project: Project, distinct_id: str) -> Person | None:
    """The person of an id."""
    return project.persons.filter(ids__visitor=visitor_of(project, distinct_id), ids__project=project).first()


def persons_where(project: Project, condition: str) -> QuerySet[Person]:
    """Persons, newest first, that have a property: `plan=team`, or `plan` with any value; all of them for "".

    Each has `some_ids`, the first of their ids.
    """
    first = Prefetch("ids", PersonId.objects.order_by("pk")[:SOME], to_attr="some_ids")
    return project.persons.filter(_having(condition)).order_by("-id").prefetch_related(first)


def visitors_of(person: Person) -> list[int]:
    """The ids of a person, the oldest first; at most MOST: who has more is a program that has no better id."""
    return list(person.ids.order_by("pk").values_list("visitor", flat=True)[:MOST])


def groups_where(project: Project, condition: str, *, kind: str = "") -> QuerySet[Group]:
    """Groups, newest first, likewise; only those of a `kind`, where one is given."""
    of_kind = Q(type=kind) if kind else Q()
    return project.person_groups.filter(of_kind, _having(condition)).order_by("-id")


def _having(condition: str) -> Q:
    name, equals, value = (part.strip() for part in condition.replace("\0", "").partition("="))
    if not name:
        return Q()
    return Q(properties__contains={name: value}) if equals else Q(properties__has_key=name)
