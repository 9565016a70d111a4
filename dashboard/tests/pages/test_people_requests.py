"""The page for what people may ask: only owners, nothing in an address, a file and a receipt."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from alerts.tests import make
from analytics.models import Erasure
from events.facts import segments
from events.models import AuditEntry, Membership, Person, Project
from events.persons import keeping, reading
from events.persons.keeping import Heard
from events.persons.rules import Told

BASE = "/p/web/persons/requests/"


@pytest.fixture
def ada(project: Project) -> int:
    now, visitor = timezone.now(), reading.visitor_of(project, "ada")
    with transaction.atomic():
        keeping.keep({project.pk: Heard([Told(visitor, now, set={"plan": "team"})])})
    row = {"at": now, "event": "paid", "visitor": visitor, "event_id": "a"}
    segments.write({(project.pk, "events"): [row, {**row, "visitor": 7, "event_id": "b"}]}, now=now)
    return visitor


@pytest.fixture
def as_owner(project: Project, alice: Any) -> Client:
    Membership.objects.filter(project=project, user=alice).update(role="owner")
    client = Client()
    client.force_login(alice)
    return client


def test_an_owner_takes_along_and_erases(as_owner: Client, project: Project, ada: int) -> None:
    assert "Nobody was erased yet" in as_owner.get(BASE).content.decode()
    answer = as_owner.post(BASE + "export/", {"distinct_ids": " ada \n\n"})
    document = json.loads(answer.content)
    assert [row["event"] for row in document["facts"]["events"]] == ["paid"]
    assert answer["Content-Disposition"] == 'attachment; filename="web-person.json"'
    page = as_owner.post(BASE + "erase/", {"distinct_ids": "ada"}, follow=True).content.decode()
    for text in ("2 rows are gone", "facts events 1, persons 1", "alice", "so far"):
        assert text in page, text
    assert not Person.objects.exists()
    made = Erasure.objects.get()
    receipt = json.loads(as_owner.get(f"{BASE}{made.uuid}.json").content)
    assert (receipt["erased"], receipt["signature"]) == ({"facts events": 1, "persons": 1}, "")
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions[-5:] == ["erasure.list", "person.export", "erasure.request", "erasure.list", "erasure.view"]
    assert not AuditEntry.objects.filter(detail__icontains="ada").exists()


@pytest.mark.parametrize("where", ["export/", "erase/"])
def test_without_an_id_nothing_happens(as_owner: Client, ada: int, where: str) -> None:
    page = as_owner.post(BASE + where, {"distinct_ids": " \n"}, follow=True).content.decode()
    assert "Whose?" in page
    assert Person.objects.exists()
    assert not Erasure.objects.exists()


def test_an_editor_may_not(project: Project, alice: Any, ada: int) -> None:
    Membership.objects.filter(project=project, user=alice).update(role="editor")
    client = Client()
    client.force_login(alice)
    assert client.get(BASE).status_code == 403
    assert client.post(BASE + "erase/", {"distinct_ids": "ada"}).status_code == 403
    assert "Requests</a>" not in client.get("/p/web/persons/").content.decode()
    assert Person.objects.exists()


def test_the_record_of_processing_says_what_is_set(as_owner: Client, project: Project) -> None:
    channel = make.channel(project, name="Ops")
    project.analytics, project.keeps_pictures, project.retention_days = "identified", True, {"errors": 30}
    project.save()
    answer = as_owner.get(BASE + "record.md")
    text = answer.content.decode()
    for line in (
        "# Record of processing: Web",
        "- Errors: 30 days",
        "- Visitors: people whom the application names",
        f"- Channel {channel.name} (E-mail): titles",
        "pictures, without metadata",
        "1 owners",
        "- Bodies of requests and messages: not kept",
    ):
        assert line in text, line
    assert "team@example.org" not in text
    assert answer["Content-Disposition"] == 'attachment; filename="web-record-of-processing.md"'
    project.analytics = "off"
    project.save()
    assert "- Visitors: not counted" in as_owner.get(BASE + "record.md").content.decode()
