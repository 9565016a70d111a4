"""Requests that arrive together share a transaction, and none of them a fate."""

import threading
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.db.models import Sum

from events.accounts import keys
from events.accounts.keys import Key
from events.ingest import accounting, inbox, intake, payloads, spool
from events.ingest.inbox import Lot
from events.ingest.intake import Taken, Unavailable
from events.ingest.payloads import Packed
from events.models import InboxItem, IngestKey, OutcomeCount, Project
from events.protocols.contract import Decoded


def item(number: int, *, kind: str = "error", quantity: int = 1) -> Packed:
    return Packed(kind, uuid.UUID(int=number), quantity, payloads.pack({"n": number}))


@pytest.fixture
def found(key: IngestKey) -> Key:
    keys.forget()
    found = keys.find(key.project_id, key.public_key)
    assert found
    return found


def taken(found: Key, now: datetime, *items: Packed) -> Taken:
    return Taken(Decoded(), found, Lot(items, found.project_id, found.id, now))


def test_what_several_requests_hold_is_kept_and_counted(project: Project, key: IngestKey, now: datetime) -> None:
    other = Project.objects.create(slug="other", name="Other")
    lots = [
        Lot([item(1), item(2, kind="log", quantity=71)], project.pk, key.pk, now),
        Lot([item(1), item(3)], other.pk, None, now),
        Lot([], project.pk, key.pk, now),
        Lot([item(3), item(1)], project.pk, key.pk, now),
    ]
    assert inbox.accept_all(lots) == 5
    assert inbox.accept_all(lots) == 0
    kept = set(InboxItem.objects.values_list("project_id", "key_id", "kind", "item_id", "quantity"))
    assert kept == {
        (project.pk, key.pk, "error", uuid.UUID(int=1), 1), (project.pk, key.pk, "log", uuid.UUID(int=2), 71),
        (project.pk, key.pk, "error", uuid.UUID(int=3), 1), (other.pk, None, "error", uuid.UUID(int=1), 1),
        (other.pk, None, "error", uuid.UUID(int=3), 1),
    }  # fmt: skip
    report = accounting.report(project_id=project.pk)
    assert (report.received, report.duplicate, report.in_inbox, report.difference) == (148, 75, 73, 0)
    assert accounting.report().difference == 0


def test_rows_hold_what_was_handed_over(project: Project, key: IngestKey, now: datetime) -> None:
    sent = Packed("attachment", uuid.uuid4(), 2**31 - 1, b"\x00\xff payload", b"blob \x00")
    inbox.accept_all([Lot([sent], project.pk, key.pk, now)])
    row = InboxItem.objects.get()
    assert (bytes(row.payload), bytes(row.blob or b""), row.quantity) == (sent.payload, sent.blob, sent.quantity)
    assert (row.received_at, row.item_id, row.kind) == (now, sent.item_id, "attachment")


def test_what_belongs_to_a_transaction_goes_with_it(project: Project, key: IngestKey, now: datetime) -> None:
    with transaction.atomic():
        inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now)
        transaction.set_rollback(True)
    assert InboxItem.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_poisonous_item_is_refused_alone(found: Key, now: datetime) -> None:
    poison = item(2, kind="a kind longer than its column")
    problems = intake.keep([taken(found, now, item(1)), taken(found, now, poison, item(3)), taken(found, now, item(4))])
    assert [type(problem) for problem in problems] == [type(None), DataError, type(None)]
    assert {row.item_id.int for row in InboxItem.objects.all()} == {1, 4}
    report = accounting.report()
    assert (report.received, report.in_inbox, report.difference) == (2, 2, 0)


def test_an_item_that_cannot_be_spelled_is_refused_alone(found: Key, now: datetime) -> None:
    problems = intake.keep([taken(found, now, item(1)), taken(found, now, item(2, quantity=2**40))])
    assert problems[0] is None
    assert problems[1] is not None
    assert [row.item_id.int for row in InboxItem.objects.all()] == [1]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    """PostgreSQL does not answer; the spool is the test's own."""

    def fail(*args: Any, **kwargs: Any) -> int:
        raise OperationalError("away")

    settings.OBS_SPOOL_DIR = str(tmp_path)
    monkeypatch.setattr(inbox, "accept_all", fail)
    monkeypatch.setattr(intake, "_database", intake._Database())


@pytest.mark.django_db(transaction=True)
def test_while_postgres_is_away_each_request_has_a_record_of_its_own(found: Key, now: datetime, away: None) -> None:
    problems = intake.keep([taken(found, now, item(1), item(2)), taken(found, now), taken(found, now, item(3))])
    spool.writer.close()
    assert problems == [None, None, None]
    assert [[one.item_id.int for one in record.items] for record in spool.pending()] == [[1, 2], [3]]


@pytest.mark.django_db(transaction=True)
def test_a_full_spool_refuses_those_that_have_no_room(found: Key, now: datetime, away: None, settings: Any) -> None:
    settings.OBS_SPOOL_MAX_BYTES = 700
    large = Packed("error", uuid.UUID(int=9), 1, b"x" * 1000)
    problems = intake.keep([taken(found, now, item(1)), taken(found, now, large), taken(found, now, item(2))])
    spool.writer.close()
    assert [type(problem) for problem in problems] == [type(None), Unavailable, type(None)]


@pytest.mark.django_db(transaction=True)
def test_the_same_items_in_opposite_orders_make_nobody_wait_for_ever(
    project: Project, key: IngestKey, now: datetime
) -> None:
    numbers = list(range(200))
    barrier = threading.Barrier(2)
    fresh: list[int] = []

    def send(order: list[int]) -> None:
        barrier.wait(20)
        for start in range(0, len(order), 8):
            lots = [Lot([item(number)], project.pk, key.pk, now) for number in order[start : start + 8]]
            fresh.append(inbox.accept_all(lots))
        connection.close()

    threads = [threading.Thread(target=send, args=(order,)) for order in (numbers, numbers[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(fresh) == 200
    counted = dict(OutcomeCount.objects.values_list("outcome").order_by("outcome").annotate(n=Sum("quantity")))
    assert counted == {"received": 400, "duplicate": 200}
