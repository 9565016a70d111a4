"""The pages of persons and groups: found, looked at and deleted by editors."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from events.facts import segments
from events.models import AuditEntry, Group, Person, Project
from events.persons import keeping, reading
from events.persons.keeping import GroupTold, Heard
from events.persons.rules import Told
from events.tests import make

BASE = "/p/web/persons/"


@pytest.fixture
def ada(project: Project) -> Person:
    """Somebody with two ids, a page view, an error with its issue, and a group."""
    now = timezone.now()
    one, two = (reading.visitor_of(project, each) for each in ("ada", "anon-1"))
    told = [
        Told(one, now, "identify", two, set={"plan": "team", "<b>": "<script>"}),
        Told(7, now),
        Told(one, now, "alias", 7, is_legal=False),
    ]
    with transaction.atomic():
        keeping.keep({project.pk: Heard(told, [GroupTold("company", "acme", now, {"seats": "40"})])})
    at = now - timedelta(minutes=5)
    group = make.issue(project).groups.get()
    own = {"$group/company": "acme"}
    segments.write(
        {
            (project.pk, "events"): [
                {"at": at, "event": "$pageview", "path": "/basket", "visitor": two, "event_id": "a", "properties": own},
                {"at": at, "event": "of another", "visitor": 7, "event_id": "b"},
            ],
            (project.pk, "errors"): [
                {"at": at, "type": "ValueError", "user_key": one, "group_hash": group.hash.hex, "event_id": "c"}
            ],
        },
        now=now,
    )
    found = reading.person_with(project, "ada")
    assert found is not None
    return found


def test_an_id_leads_to_the_person_and_stands_in_no_address(as_alice: Client, ada: Person) -> None:
    for distinct_id in ("ada", "anon-1"):
        answer = as_alice.post(f"{BASE}find/", {"distinct_id": distinct_id})
        assert (answer.status_code, answer["Location"]) == (302, f"{BASE}{ada.uuid}/")
    assert b"Nobody is known by this id." in as_alice.post(f"{BASE}find/", {"distinct_id": "eve"}, follow=True).content


def test_a_person_s_page_tells_what_happened_under_all_ids(as_alice: Client, ada: Person) -> None:
    html = as_alice.get(f"{BASE}{ada.uuid}/").content.decode()
    assert "&lt;script&gt;" in html
    for words in ("/basket", "ValueError", "/issues/", "was refused", "1 event", "1 error", *map(str, ada.ids.all())):
        assert words in html
    assert "of another" not in html
    assert "Nothing in this period" in as_alice.get(f"{BASE}{ada.uuid}/?env=elsewhere").content.decode()


def test_the_list_is_filtered_by_a_property(as_alice: Client, ada: Person) -> None:
    assert as_alice.get(BASE).content.decode().count("data-row") == 2
    html = as_alice.get(BASE, {"property": "plan=team"}).content.decode()
    assert html.count("data-row") == 1
    assert str(ada.uuid) in html
    assert "Nobody has this property" in as_alice.get(BASE, {"property": "plan=x"}).content.decode()


def test_a_group_has_its_page(as_alice: Client, project: Project, ada: Person) -> None:
    group = Group.objects.get()
    assert "acme" in as_alice.get(f"{BASE}groups/?type=company&property=seats").content.decode()
    html = as_alice.get(f"{BASE}groups/{group.pk}/").content.decode()
    assert "/basket" in html
    assert "seats" in html
    assert "of another" not in html
    as_alice.post(f"{BASE}groups/{group.pk}/delete/")
    assert not Group.objects.exists()


def test_an_editor_deletes_and_a_viewer_does_not_even_look(
    as_alice: Client, as_bob: Client, ada: Person, now: datetime
) -> None:
    assert {as_bob.get(url).status_code for url in (BASE, f"{BASE}groups/", f"{BASE}{ada.uuid}/")} == {403}
    as_alice.post(f"{BASE}{ada.uuid}/delete/")
    assert not Person.objects.filter(pk=ada.pk).exists()
    assert AuditEntry.objects.filter(action="person.delete", object_id=str(ada.uuid)).count() == 1


def test_an_empty_list_says_how_it_fills(as_alice: Client, project: Any) -> None:
    html = as_alice.get(BASE).content.decode()
    assert "posthog.identify" in html
    assert "names nobody" in html
