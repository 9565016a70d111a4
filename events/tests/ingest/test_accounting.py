"""The ledger of ingest and its law."""

import io
import json
import uuid
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from events.ingest import accounting, inbox, payloads
from events.ingest.accounting import Buffer, Line
from events.ingest.payloads import Packed
from events.models import IngestKey, OutcomeCount, Project


def test_a_refusal_is_on_both_sides(project: Project, now: datetime) -> None:
    buffer = Buffer()
    buffer.refuse(project.pk, "replay", "filtered", "kind", 3)
    buffer.refuse(project.pk, "request", "rate_limited", "rate")
    buffer.flush(now=now)
    buffer.flush(now=now)
    report = accounting.report()
    assert (report.received, report.filtered, report.rate_limited, report.difference) == (4, {"kind": 3}, 1, 0)


def test_folding_keeps_the_sums(project: Project, now: datetime) -> None:
    for slot in range(4):
        OutcomeCount.objects.create(
            project=project, hour=now - timedelta(hours=5), category="error", outcome="stored", slot=slot, quantity=10
        )
    before = accounting.report().stored
    assert accounting.fold(before=now - timedelta(hours=2)) == 3
    assert accounting.report().stored == before == 40
    assert OutcomeCount.objects.get().slot == 0


def test_the_command_prints_the_law(project: Project, key: IngestKey, now: datetime) -> None:
    item = Packed("error", uuid.uuid4(), 1, payloads.pack({}))
    inbox.accept([item], project_id=project.pk, key_id=key.pk, now=now)
    out = io.StringIO()
    call_command("check_accounting", "--json", "--project", "web", stdout=out)
    printed = json.loads(out.getvalue())
    assert (printed["received"], printed["in_inbox"], printed["difference"]) == (1, 1, 0)


def test_the_command_fails_when_the_sides_differ(project: Project, now: datetime) -> None:
    accounting.write({Line(project.pk, "error", "received"): 2}, now=now)
    with pytest.raises(CommandError, match="differs by 2"):
        call_command("check_accounting", stdout=io.StringIO())


def test_the_command_names_an_unknown_project(project: Project) -> None:
    with pytest.raises(CommandError, match="no project 'nope'"):
        call_command("check_accounting", "--project", "nope")


def test_reasons_are_listed_largest_first(project: Project, now: datetime) -> None:
    accounting.write(
        {Line(project.pk, "error", "stored"): 5, Line(project.pk, "replay", "filtered", "kind"): 9}, now=now
    )
    assert accounting.by_reason([project.pk], since=now - timedelta(hours=2)) == [
        ("replay", "filtered", "kind", 9),
        ("error", "stored", "", 5),
    ]
