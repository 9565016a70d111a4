"""Consent by the API: recorded by servers, read, and proven."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from analytics.models import Erasure
from dashboard.tests.api.test_persons_api import BASE, call
from events.accounts import tokens
from events.consent import ledger
from events.models import AuditEntry, Membership, Project


def say(user: Any, now: datetime, sent: dict[str, Any], *, scopes: Any = tokens.SCOPES) -> Any:
    _, secret = tokens.create(user, name="api", scopes=scopes, now=now)
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().post(f"{BASE}consents/", sent, content_type="application/json", headers=headers)


def test_a_server_records_reads_and_proves(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    given = {"distinct_id": "ada", "state": "given", "version": "2026-11"}
    assert say(bob, now, given).status_code == 403
    assert say(alice, now, given, scopes=["read"]).status_code == 403
    assert say(alice, now, given).json() == {"state": "given", "recorded": True, "erasure": None}
    assert say(alice, now, given).json()["recorded"] is False
    standing = call("GET", "consents/standing/?distinct_id=ada", alice, now).json()
    assert (standing["state"], standing["version"], standing["agrees"]) == ("given", "2026-11", True)
    assert call("GET", "consents/standing/?distinct_id=eve", alice, now).json()["agrees"] is False
    assert say(alice, now, {"distinct_id": "ada", "state": "withdrawn"}).json()["recorded"] is True
    listed = call("GET", "consents/", alice, now).json()
    assert [(one["number"], one["state"], one["source"]) for one in listed["results"]] == [
        (2, "withdrawn", "api"), (1, "given", "api"),
    ]  # fmt: skip
    assert call("GET", "consents/?distinct_id=eve", alice, now).json()["results"] == []
    proof = call("GET", "consents/proof/", alice, now).json()
    assert (proof["is_whole"], proof["records"], proof["head"]) == (True, 2, listed["results"][0]["mac"])
    assert AuditEntry.objects.filter(action="consent.record", project_id=project.pk).count() == 3
    assert not AuditEntry.objects.filter(detail__icontains="ada").exists()


def test_an_import_keeps_its_moment_and_undoes_nothing(project: Project, alice: Any, now: datetime) -> None:
    old = now - timedelta(days=400)
    assert say(alice, now, {"distinct_id": "ada", "state": "given", "at": old.isoformat()}).json()["recorded"]
    one = project.consents.get()
    assert (one.at, one.source) == (old, "import")
    say(alice, now, {"distinct_id": "ada", "state": "withdrawn"})
    late = say(alice, now, {"distinct_id": "ada", "state": "given", "at": (old + timedelta(days=1)).isoformat()})
    assert late.json()["recorded"] is False
    ahead = say(alice, now, {"distinct_id": "eve", "state": "given", "at": (now + timedelta(days=9)).isoformat()})
    assert ahead.json()["recorded"]
    assert project.consents.order_by("-number")[0].at <= project.consents.order_by("-number")[0].recorded_at


def test_erasing_as_well_is_for_owners(project: Project, alice: Any, now: datetime) -> None:
    sent = {"distinct_id": "ada", "state": "withdrawn", "erases": True}
    Membership.objects.filter(project=project, user=alice).update(role="editor")
    assert say(alice, now, sent).status_code == 403
    Membership.objects.filter(project=project, user=alice).update(role="owner")
    answer = say(alice, now, sent).json()
    assert Erasure.objects.get().uuid.hex == answer["erasure"].replace("-", "")
    assert ledger.verify(project).is_whole


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, "distinct_id"), ({"distinct_id": "ada"}, "state"), ({"distinct_id": "ada", "state": "maybe"}, "state"),
        ({"distinct_id": "undefined", "state": "given"}, "distinct_id"),
        ({"distinct_id": "x" * 201, "state": "given"}, "distinct_id"),
        ({"distinct_id": "ada", "state": "given", "version": "v" * 81}, "version"),
        ({"distinct_id": "ada", "state": "given", "at": "soon"}, "at"),
        ({"distinct_id": "ada", "state": "given", "erases": True}, "erases"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_by_name(
    project: Project, alice: Any, now: datetime, sent: dict[str, Any], named: str
) -> None:
    answer = say(alice, now, sent)
    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert not project.consents.exists()
