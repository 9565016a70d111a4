"""From what PostHog's SDKs post to the persons and groups that are stored."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from events.models import Group, IngestKey, Person, PersonId, Project
from events.tests.intake import digested, facts
from events.values import pseudonyms


@pytest.fixture
def named(project: Project) -> Project:
    project.analytics = "identified"
    project.save()
    return project


def send(key: IngestKey, *events: dict[str, Any], path: str = "/batch/") -> None:
    body = json.dumps({"api_key": key.public_key, "batch": events})
    assert Client().post(path, body, content_type="application/json").status_code == 200


def person_of(project: Project, distinct_id: str) -> Person:
    pseudonym = pseudonyms.of(bytes(project.pepper), "user", distinct_id)
    return next(each.person for each in PersonId.objects.filter(project=project) if each.pseudonym == pseudonym)


def test_a_login_joins_what_was_anonymous_and_properties_are_scrubbed(named: Project, key: IngestKey) -> None:
    send(key, {"event": "$pageview", "distinct_id": "anon-1", "properties": {"$set_once": {"$initial_host": "ads"}}})
    digested(named)
    anonymous = person_of(named, "anon-1")
    send(
        key,
        {
            "event": "$identify", "distinct_id": "ada", "$set": {"plan": "team"},
            "properties": {
                "$anon_distinct_id": "anon-1", "$set": {"plan": "free", "seats": 3, "email": "ada@example.org"},
                "$set_once": {"$initial_host": "later"},
            },
        },
        {"event": "left", "distinct_id": "ada", "properties": {"$unset": ["seats"]}},
    )  # fmt: skip
    digested(named)
    ada = person_of(named, "ada")
    assert ada == anonymous == person_of(named, "anon-1")
    assert (ada.properties, ada.is_identified) == ({"plan": "team", "$initial_host": "ads"}, True)
    assert {each.name for each in ada.ids.all()} == {""}
    assert len({row["visitor"] for row in facts(named, "events")}) == 2  # each as it came


def test_ids_are_kept_as_sent_where_the_project_keeps_them(named: Project, key: IngestKey) -> None:
    named.collects_user_data = True
    named.save()
    send(key, {"event": "$create_alias", "distinct_id": "a-1", "properties": {"alias": "b-2", "distinct_id": "a-1"}})
    digested(named)
    assert {str(each) for each in person_of(named, "a-1").ids.all()} == {"a-1", "b-2"}


@pytest.mark.parametrize(
    ("event", "merges"),
    [
        ({"event": "$identify", "distinct_id": "a", "properties": {"$anon_distinct_id": "b"}}, True),
        ({"event": "$merge_dangerously", "distinct_id": "a", "properties": {"alias": "b"}}, True),
        ({"event": "$identify", "distinct_id": "a", "properties": {"$anon_distinct_id": "null"}}, False),
        ({"event": "$identify", "distinct_id": "Anonymous", "properties": {"$anon_distinct_id": "b"}}, False),
        ({"event": "bought", "distinct_id": "a", "properties": {"$anon_distinct_id": "b", "alias": "b"}}, False),
    ],
)
def test_only_what_says_so_merges_and_only_ids_of_somebody(
    named: Project, key: IngestKey, event: dict[str, Any], merges: bool
) -> None:
    send(key, event)
    digested(named)
    assert (PersonId.objects.count(), Person.objects.count()) == ((2, 1) if merges else (1, 1))


@pytest.mark.parametrize(("mode", "is_known"), [("identified", True), ("anonymous", False)])
def test_vitals_are_their_visitor_s(project: Project, key: IngestKey, mode: str, is_known: bool) -> None:
    project.analytics = mode
    project.save()
    vital = {"event": "$web_vitals", "properties": {"distinct_id": "ada", "$web_vitals_LCP_value": 1200.0}}
    send(key, vital, {"event": "$pageview", "distinct_id": "ada"})
    digested(project)
    ([lcp], [view]) = facts(project, "vitals"), facts(project, "events")
    assert lcp["user_key"] == (view["visitor"] if is_known else None)


def test_events_of_nobody_make_nobody(named: Project, key: IngestKey) -> None:
    quiet = {"$process_person_profile": False, "$set": {"plan": "team"}}
    send(key, {"event": "a", "distinct_id": "x", "properties": quiet}, {"event": "b"})
    digested(named)
    assert not Person.objects.exists()


def test_a_project_that_names_nobody_has_no_persons(project: Project, key: IngestKey) -> None:
    send(key, {"event": "$identify", "distinct_id": "ada", "properties": {"$set": {"a": "b"}, "$lib": "posthog-node"}})
    group = {"$group_type": "company", "$group_key": "acme"}
    send(key, {"event": "$groupidentify", "distinct_id": "$company_acme", "properties": group})
    engaged(key, {"$set": {"plan": "team"}, "$distinct_id": "ada"})
    assert digested(project).filtered == {"no_person": 1}
    assert not Person.objects.exists()
    assert not Group.objects.exists()


def engaged(key: IngestKey, sent: dict[str, Any]) -> None:
    """As posthog-js 1.20 posts `people.set(…)`: a form of base64 without a word of it."""
    data = base64.b64encode(json.dumps({**sent, "$token": key.public_key}).encode()).decode()
    answer = Client().post("/engage/", urlencode({"data": data}), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


def test_old_people_operations_set_properties(named: Project, key: IngestKey) -> None:
    engaged(key, {"$set": {"plan": "team"}, "$distinct_id": "ada"})
    engaged(key, {"$set_once": {"plan": "free", "first": "ad"}, "$distinct_id": "ada"})
    assert digested(named).stored == 2
    assert person_of(named, "ada").properties == {"plan": "team", "first": "ad"}
    assert {row["event"] for row in facts(named, "events")} == {"$set"}


def test_groups_have_properties_and_events_say_whose_they_are(named: Project, key: IngestKey) -> None:
    describing = {"$group_type": "company", "$group_key": "acme", "$group_set": {"plan": "team", "seats": 40}}
    send(
        key,
        {"event": "$groupidentify", "distinct_id": "$company_acme", "properties": describing},
        {"event": "paid", "distinct_id": "ada", "properties": {"$groups": {"company": "acme", "team": 7}}},
    )
    digested(named)
    group = Group.objects.get()
    assert (group.type, group.key, group.properties) == ("company", "acme", {"plan": "team", "seats": "40"})
    assert Person.objects.count() == 1  # who describes a group is nobody
    rows = {row["event"]: dict(row["properties"]) for row in facts(named, "events")}
    assert rows["paid"] == {"$group/company": "acme", "$group/team": "7"}
    assert rows["$groupidentify"] == {"$group/company": "acme"}
