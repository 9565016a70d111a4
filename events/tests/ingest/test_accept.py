"""The durable point of ingest."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from events.ingest import accounting, inbox, payloads
from events.ingest.payloads import Packed
from events.models import InboxItem, IngestKey, Project


def item(number: int, *, kind: str = "error", quantity: int = 1) -> Packed:
    return Packed(kind, uuid.UUID(int=number), quantity, payloads.pack({"n": number}))


def test_it_keeps_new_items_and_counts_them(project: Project, key: IngestKey, now: datetime) -> None:
    assert inbox.accept([item(1), item(2, kind="log", quantity=71)], project_id=project.pk, key_id=key.pk, now=now) == 2
    kept = InboxItem.objects.order_by("quantity")
    assert [(row.kind, row.quantity, payloads.unpack(row.payload)) for row in kept] == [
        ("error", 1, {"n": 1}),
        ("log", 71, {"n": 2}),
    ]
    report = accounting.report()
    assert (report.received, report.in_inbox, report.difference) == (72, 72, 0)


def test_it_counts_a_retransmission_as_a_duplicate(project: Project, key: IngestKey, now: datetime) -> None:
    for _ in range(3):
        inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    report = accounting.report(project_id=project.pk)
    assert (report.received, report.duplicate, report.in_inbox, report.difference) == (3, 2, 1, 0)


def test_it_counts_a_repetition_within_one_request(project: Project, key: IngestKey, now: datetime) -> None:
    assert inbox.accept([item(1), item(1)], project_id=project.pk, key_id=key.pk, now=now) == 1
    report = accounting.report()
    assert (report.received, report.duplicate, report.in_inbox, report.difference) == (2, 1, 1, 0)


def test_the_same_id_in_another_project_or_kind_is_another_item(
    project: Project, key: IngestKey, now: datetime
) -> None:
    other = Project.objects.create(slug="other", name="Other")
    inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    assert inbox.accept([item(1)], project_id=other.pk, key_id=None, now=now) == 1
    assert inbox.accept([item(1, kind="log")], project_id=project.pk, key_id=key.pk, now=now) == 1


@pytest.mark.parametrize(
    ("later", "fresh"),
    [
        (timedelta(seconds=2), 0),
        (timedelta(days=1), 0),
        (timedelta(days=13), 0),
        (timedelta(days=40), 1),
    ],
)
def test_an_id_is_remembered_across_partitions(project: Project, key: IngestKey, later: timedelta, fresh: int) -> None:
    first = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)  # a Sunday: the week ends in a second
    inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=first)
    inbox.ensure_partitions(now=first + later)
    assert inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=first + later) == fresh


def test_old_partitions_are_dropped_and_new_ones_made_ahead(project: Project, key: IngestKey, now: datetime) -> None:
    inbox.ensure_partitions(now=now)
    inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    assert partitions() == {"ingest_seen_default", "ingest_seen_20261123", "ingest_seen_20261130"}
    dropped = inbox.ensure_partitions(now=now + timedelta(days=30))
    assert dropped == ["ingest_seen_20261123"]


def test_rows_that_waited_in_the_default_partition_move(project: Project, key: IngestKey, now: datetime) -> None:
    inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    inbox.ensure_partitions(now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ingest_seen_20261123")
        assert cursor.fetchone() == (1,)
    assert inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now) == 0


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ingest_seen'::regclass")
        return {name for (name,) in cursor.fetchall()}
