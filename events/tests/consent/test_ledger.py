"""The ledger of consent: what is kept of a statement, the proof that it stands, and how people are forgotten."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from events.consent import ledger
from events.models import ConsentRecord, Project

ADA, EVE = 11, -22


def say(project: Project, visitor: int, state: str, now: datetime, **more: Any) -> bool:
    return ledger.record(project.pk, visitor, state=state, source="page", now=now, **more)


@pytest.fixture
def said(project: Project, now: datetime) -> Project:
    assert say(project, ADA, "given", now, version="1")
    assert say(project, EVE, "given", now, version="1")
    assert say(project, ADA, "withdrawn", now + timedelta(days=1))
    return project


def test_what_is_said_again_is_one_record(said: Project, now: datetime) -> None:
    later = now + timedelta(days=2)
    assert not say(said, ADA, "withdrawn", later, version="2")
    assert not say(said, EVE, "given", later, version="1")
    assert say(said, EVE, "given", later, version="2"), "to another text"
    assert not say(said, ADA, "given", later, at=now), "an import does not undo a later withdrawal"
    assert [one.number for one in said.consents.order_by("number")] == [1, 2, 3, 4]
    assert ledger.verify(said).is_whole


TAMPERINGS = {
    "state": "UPDATE events_consentrecord SET state = 'given' WHERE number = 3",
    "version": "UPDATE events_consentrecord SET version = '9' WHERE number = 1",
    "moment": "UPDATE events_consentrecord SET at = at - interval '1 day' WHERE number = 3",
    "somebody else": f"UPDATE events_consentrecord SET visitor = {EVE} WHERE number = 3",
    "gone": "DELETE FROM events_consentrecord WHERE number = 2",
    "another seal": "UPDATE events_consentrecord SET seal = decode(repeat('00', 32), 'hex') WHERE number = 2",
}  # fmt: skip


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_postgresql_refuses_a_change_and_the_chain_finds_one(said: Project, kind: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAMPERINGS[kind])
    assert ledger.verify(said).is_whole
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE events_consentrecord DISABLE TRIGGER USER")
        cursor.execute(TAMPERINGS[kind])
        cursor.execute("ALTER TABLE events_consentrecord ENABLE TRIGGER consent_append_only")
    assert not ledger.verify(said).is_whole


def test_code_can_neither_change_nor_delete(said: Project) -> None:
    one = said.consents.all()[0]
    with pytest.raises(TypeError):
        one.save()
    with pytest.raises(TypeError):
        one.delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ConsentRecord.objects.filter(pk=one.pk)._raw_delete("default")


def test_the_proof_of_who_was_erased_names_nobody_but_who_names_the_id_finds_it(said: Project, now: datetime) -> None:
    later = now + timedelta(days=3)
    assert ledger.erase(said, [EVE], now=later) == 2, "consent, and its end with the erasure"
    assert not said.consents.filter(visitor=EVE).exists()
    assert [(one.state, one.source) for one in ledger.sealed(said, [EVE])] == [
        ("withdrawn", "erasure"), ("given", "page"),
    ]  # fmt: skip
    assert ledger.sealed(said, [ADA]) == []
    assert ledger.verify(said).is_whole
    ledger.forget(now=later + ledger.KEPT + timedelta(days=1))
    assert ledger.sealed(said, [EVE]) == []
    assert ledger.verify(said).records == 4


def test_a_proof_is_kept_while_consent_counts_and_three_years_after_its_end(said: Project, now: datetime) -> None:
    ended = now + timedelta(days=1)
    assert ledger.forget(now=ended + ledger.KEPT - timedelta(hours=1)) == 0
    assert ledger.forget(now=ended + ledger.KEPT + timedelta(hours=1)) == 2
    assert [one.visitor for one in said.consents.order_by("number")] == [None, EVE, None]
    assert ledger.forget(now=ended + 9 * ledger.KEPT) == 0
    report = ledger.verify(said)
    assert (report.is_whole, report.records) == (True, 3)


@pytest.mark.django_db(transaction=True)
def test_threads_at_once_make_one_chain(project: Project, now: datetime) -> None:
    def work(number: int) -> None:
        try:
            for visitor in range(20):
                say(project, visitor, "given", now, version="1")
                say(project, visitor + 100 * number, "withdrawn", now)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ledger.verify(project).is_whole
    assert project.consents.filter(visitor__lt=20, state="given").count() == 20
    assert project.consents.count() == 100
