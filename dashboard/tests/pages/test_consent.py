"""The page of consent: counts, the ledger, its proof, and taking back for somebody who wrote."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from events.consent import ledger
from events.models import AuditEntry, Membership, Project
from events.persons import reading

BASE = "/p/web/persons/consent/"


@pytest.fixture
def as_owner(project: Project, alice: Any) -> Client:
    Membership.objects.filter(project=project, user=alice).update(role="owner")
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def said(project: Project) -> Project:
    now = timezone.now()
    for number, (who, state, version) in enumerate(
        [("ada", "given", "2026-10"), ("eve", "given", "2026-11"), ("ada", "withdrawn", ""), ("bo", "given", "=1+1")]
    ):
        ledger.record(
            project.pk, reading.visitor_of(project, who), state=state, version=version, source="page",
            now=now - timedelta(minutes=9 - number),
        )  # fmt: skip
    return project


def test_an_empty_ledger_says_how_it_fills(as_owner: Client) -> None:
    text = as_owner.get(BASE).content.decode()
    assert "Nobody agreed yet" in text
    assert "This project asks nobody" in text


def test_counts_and_ledger(as_owner: Client, said: Project) -> None:
    said.analytics = "consent"
    said.save()
    text = as_owner.get(BASE).content.decode()
    for words in ("2026-10", "2026-11", "1 took it back", "Verify the chain", "Who agreed is counted as a person"):
        assert words in text, words
    assert text.count("<tr data-row>") == 4
    assert as_owner.get(BASE + "?page=x").status_code == 200


def test_one_person_is_found_by_a_posted_id(as_owner: Client, said: Project) -> None:
    text = as_owner.post(BASE + "find/", {"distinct_id": "ada"}).content.decode()
    assert text.count("<tr data-row>") == 2
    assert "This person said nothing" in as_owner.post(BASE + "find/", {"distinct_id": "zoe"}).content.decode()
    assert "Whose?" in as_owner.post(BASE + "find/", {"distinct_id": " \0"}, follow=True).content.decode()
    assert not AuditEntry.objects.filter(detail__icontains="ada").exists()


def test_the_chain_is_verified(as_owner: Client, said: Project, capsys: Any) -> None:
    assert "4 records, and none was altered" in as_owner.post(BASE + "verify/", follow=True).content.decode()
    call_command("verify_consent", said.slug)
    assert capsys.readouterr().out.startswith("4 records, none altered; head ")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE events_consentrecord DISABLE TRIGGER USER")
        cursor.execute("UPDATE events_consentrecord SET state = 'given' WHERE number = 3")
        cursor.execute("ALTER TABLE events_consentrecord ENABLE TRIGGER consent_append_only")
    assert "Record 3 was altered." in as_owner.post(BASE + "verify/", follow=True).content.decode()
    with pytest.raises(CommandError, match="record 3 was altered"):
        call_command("verify_consent", said.slug)


def test_the_csv_has_every_record_and_runs_nothing(as_owner: Client, said: Project) -> None:
    answer = as_owner.get(BASE + "ledger.csv")
    rows = list(csv.DictReader(b"".join(answer).decode().splitlines()))
    assert [row["state"] for row in rows] == ["given", "given", "withdrawn", "given"]
    assert [row["version"] for row in rows] == ["2026-10", "2026-11", "2026-10", "'=1+1"]
    assert rows[0]["subject"].startswith("u_")


def test_an_owner_takes_back_for_somebody_and_an_editor_may_not(as_owner: Client, said: Project, alice: Any) -> None:
    assert "Taken back." in as_owner.post(BASE + "withdraw/", {"distinct_id": "eve"}, follow=True).content.decode()
    last = said.consents.order_by("-number")[0]
    assert (last.state, last.source, last.version) == ("withdrawn", "staff", "2026-11")
    sent = {"distinct_id": "eve", "erases": "1"}
    assert "2 rows are gone" in as_owner.post(BASE + "withdraw/", sent, follow=True).content.decode()
    assert "nobody any more" in as_owner.post(BASE + "find/", {"distinct_id": "eve"}).content.decode()
    assert "Whose?" in as_owner.post(BASE + "withdraw/", {"distinct_id": ""}, follow=True).content.decode()
    Membership.objects.filter(project=said, user=alice).update(role="editor")
    assert as_owner.post(BASE + "withdraw/", sent).status_code == 403
    assert "Somebody wrote" not in as_owner.get(BASE).content.decode()
