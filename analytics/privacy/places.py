"""Every table that says whose a row is, and how the rows of somebody are found in it.

A model or fact with such a column that does not stand here fails a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import QuerySet

from analytics.models import FlagOverride, FlagPlace
from analytics.privacy.subjects import Subject
from events.facts import erasing
from events.facts.schema import FACTS
from events.ingest import payloads
from events.models import (
    Attachment,
    ConsentRecord,
    DeadLetter,
    Feedback,
    GroupUser,
    IssueGroup,
    Occurrence,
    Person,
    PersonId,
    Project,
)

FACTS_OF_PEOPLE = tuple(name for name in FACTS if erasing.person_column(name))
MODELS = (
    PersonId, Person, GroupUser, Occurrence, Attachment, Feedback, FlagOverride, FlagPlace, DeadLetter,
    ConsentRecord,
)  # fmt: skip


def people(project: Project, subject: Subject) -> QuerySet[Person]:
    own = PersonId.objects.filter(project=project, visitor__in=subject.visitors).values("person_id")
    return Person.objects.filter(project=project, pk__in=own)


def issue_users(project: Project, subject: Subject) -> QuerySet[GroupUser]:
    return GroupUser.objects.filter(group__project=project, user_key__in=subject.visitors)


def overrides(project: Project, subject: Subject) -> QuerySet[FlagOverride]:
    return FlagOverride.objects.filter(flag__project=project, person__in=subject.of_flags(project))


def remembered(project: Project, subject: Subject) -> QuerySet[FlagPlace]:
    return FlagPlace.objects.filter(flag__project=project, person__in=subject.of_flags(project))


def occurrences(project: Project, subject: Subject) -> Iterator[Occurrence]:
    """Events kept in full that name them, among those of the issues that count them."""
    groups = IssueGroup.objects.filter(project=project, pk__in=issue_users(project, subject).values("group_id"))
    for one in Occurrence.objects.filter(group__in=groups).order_by("pk").iterator(chunk_size=50):
        if _names(bytes(one.payload), subject):
            yield one


def dead_letters(project: Project, subject: Subject) -> Iterator[DeadLetter]:
    for one in DeadLetter.objects.filter(project=project).order_by("pk").iterator(chunk_size=50):
        if _names(bytes(one.payload), subject):
            yield one


def event_ids(project: Project, subject: Subject, kept: Iterable[Occurrence]) -> set[UUID]:
    """Their errors, kept in full or not: files and words may hang on each."""
    of_facts = erasing.rows(project.pk, "errors", subject.visitors, columns=["event_id"])
    return {one.event_id for one in kept} | {UUID(str(row["event_id"])) for row in of_facts if row["event_id"]}


def _names(payload: bytes, subject: Subject) -> bool:
    """Whatever else of somebody a project keeps, their pseudonym stands beside it."""
    text = payloads.unpack_bytes(payload)
    return any(one.encode() in text for one in subject.pseudonyms)
