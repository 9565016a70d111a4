"""The mode consent: anonymous until the person agreed, and again as soon as they take it back."""

import subprocess
import sys
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from events.consent import ledger, standing
from events.models import ConsentRecord, Group, IngestKey, Person, PersonId, Project, VisitorSalt
from events.tests.intake import digested, facts
from events.tests.persons.test_from_events import send
from events.values import pseudonyms
from events.visitors import naming

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh() -> Any:
    standing.forget()
    naming.reset()
    yield
    standing.forget()
    naming.reset()


@pytest.fixture
def asking(project: Project) -> Project:
    project.analytics = "consent"
    project.save()
    return project


def key_of(project: Project, distinct_id: str) -> int:
    found = pseudonyms.user_key(pseudonyms.of(bytes(project.pepper), "user", distinct_id))
    assert found is not None
    return found


def view(distinct_id: str, **more: Any) -> dict[str, Any]:
    return {"event": "$pageview", "distinct_id": distinct_id, "properties": {"$lib": "web", **more}}


def say(project: Project, distinct_id: str, state: str) -> None:
    ledger.record(project.pk, key_of(project, distinct_id), state=state, source="page", now=timezone.now())


def test_who_said_nothing_is_counted_for_a_day_and_is_no_person(asking: Project, key: IngestKey) -> None:
    send(
        key, view("ada"), {"event": "$identify", "distinct_id": "ada", "$set": {"plan": "team"}, "properties":
        {"$anon_distinct_id": "anon-1", "$lib": "web"}},
        {"event": "$groupidentify", "distinct_id": "ada", "properties": {"$group_type": "c", "$group_key": "acme"}},
    )  # fmt: skip
    digested(asking)
    assert (Person.objects.count(), PersonId.objects.count(), Group.objects.count()) == (0, 0, 0)
    seen = {row["visitor"] for row in facts(asking, "events")}
    assert not seen & {key_of(asking, "ada"), key_of(asking, "anon-1")}
    VisitorSalt.objects.all().delete()
    naming.reset()
    send(key, view("ada"))
    digested(asking)
    assert len({row["visitor"] for row in facts(asking, "events")} - seen) == 1, "another day, another visitor"


def test_who_agreed_is_a_person_and_others_beside_them_are_not(asking: Project, key: IngestKey) -> None:
    say(asking, "ada", "given")
    send(key, view("ada", **{"$set": {"plan": "team"}}), view("eve", **{"$set": {"plan": "free"}}))
    digested(asking)
    [person] = Person.objects.all()
    assert person.properties == {"plan": "team"}
    visitors = [row["visitor"] for row in facts(asking, "events")]
    assert key_of(asking, "ada") in visitors
    assert key_of(asking, "eve") not in visitors


def test_an_id_that_did_not_agree_is_not_merged_into_one_that_did(asking: Project, key: IngestKey) -> None:
    say(asking, "ada", "given")
    send(key, {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon-1"}})
    digested(asking)
    assert [row.visitor for row in PersonId.objects.all()] == [key_of(asking, "ada")]


def test_an_opt_in_is_consent_from_its_own_event_on_and_is_carried_over_to_the_login(
    asking: Project, key: IngestKey
) -> None:
    opted = {"event": "$opt_in", "distinct_id": "anon-1", "properties": {"consent_version": "2026-11", "$lib": "web"}}
    send(key, opted, view("anon-1"), path="/e/")
    send(key, {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon-1"}})
    send(key, view("ada"), opted)
    digested(asking)
    [person] = Person.objects.all()
    assert person.ids.count() == 2
    assert {row["visitor"] for row in facts(asking, "events")} == {key_of(asking, "anon-1"), key_of(asking, "ada")}
    assert list(ConsentRecord.objects.order_by("number").values_list("source", "version", "state")) == [
        ("sdk", "2026-11", "given"), ("merge", "2026-11", "given"),
    ]  # fmt: skip


def test_a_login_of_who_took_it_back_stays_anonymous_whatever_its_browser_agreed_to(
    asking: Project, key: IngestKey
) -> None:
    say(asking, "ada", "withdrawn")
    say(asking, "anon-1", "given")
    send(key, {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon-1"}})
    digested(asking)
    assert not Person.objects.exists()


@pytest.mark.parametrize("mode", ["off", "anonymous", "identified"])
def test_an_opt_in_is_a_plain_event_in_other_modes(project: Project, key: IngestKey, mode: str) -> None:
    project.analytics = mode
    project.save()
    send(key, {"event": "$opt_in", "distinct_id": "anon-1", "properties": {}})
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize("header", ["HTTP_SEC_GPC", "HTTP_DNT"])
def test_an_objection_of_the_browser_goes_before_its_opt_in(asking: Project, key: IngestKey, header: str) -> None:
    body = f'{{"api_key": "{key.public_key}", "event": "$opt_in", "distinct_id": "anon-1", "properties": {{}}}}'
    assert Client(**{header: "1"}).post("/e/", body, content_type="application/json").status_code == 200
    assert not ConsentRecord.objects.exists()
    assert digested(asking).filtered["visitor_objects"] == 1


def test_while_the_database_is_away_nobody_agrees(asking: Project, monkeypatch: Any) -> None:
    say(asking, "ada", "given")
    settings = connection.settings_dict
    connection.close()
    monkeypatch.setitem(settings, "PORT", "1")
    monkeypatch.setitem(settings, "HOST", "127.0.0.1")
    assert not standing.agrees(asking.pk, key_of(asking, "ada"))
    monkeypatch.undo()
    connection.close()
    assert standing.agrees(asking.pk, key_of(asking, "ada")), "and nothing is remembered of it"


# What another process is told, ten times a second: its own cache, its own connection.
WATCHER = """
import os, sys, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from events.consent import standing
print("ready", flush=True)
end = time.monotonic() + 20
was = None
while time.monotonic() < end:
    agrees = standing.agrees(int(sys.argv[2]), int(sys.argv[3]))
    if agrees is not was:
        print(agrees, time.time(), flush=True)
        was = agrees
        if was is False:
            break
    time.sleep(0.02)
"""


def test_taking_it_back_is_known_to_every_process_within_a_second(asking: Project) -> None:
    say(asking, "ada", "given")
    visitor = key_of(asking, "ada")
    asked = [sys.executable, "-c", WATCHER, connection.settings_dict["NAME"], str(asking.pk), str(visitor)]
    watchers = [subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        for watcher in watchers:
            assert watcher.stdout is not None
            assert watcher.stdout.readline() == "ready\n"
            assert watcher.stdout.readline().startswith("True")
        time.sleep(0.2)  # so that their caches are of different ages
        at = time.time()
        say(asking, "ada", "withdrawn")
        said = [watcher.stdout.readline().split() for watcher in watchers if watcher.stdout]
    finally:
        for watcher in watchers:
            watcher.kill()
            watcher.wait()
            assert watcher.stdout is not None
            watcher.stdout.close()
    assert [word for word, _ in said] == ["False"] * 3
    assert max(float(moment) for _, moment in said) - at < 1.0


@pytest.mark.parametrize("how", ["withdrawn", "erased"])
def test_what_was_on_its_way_makes_no_person_any_more(asking: Project, key: IngestKey, how: str) -> None:
    say(asking, "ada", "given")
    say(asking, "eve", "given")
    send(key, view("ada", **{"$set": {"plan": "team"}}), view("eve"))
    if how == "withdrawn":
        say(asking, "ada", "withdrawn")
    else:
        ledger.erase(asking, [key_of(asking, "ada")], now=timezone.now())
    digested(asking)
    assert [row.visitor for row in PersonId.objects.all()] == [key_of(asking, "eve")]


def test_the_next_event_after_taking_it_back_is_anonymous(asking: Project, key: IngestKey) -> None:
    say(asking, "ada", "given")
    send(key, view("ada"))
    say(asking, "ada", "withdrawn")
    send(key, view("ada", **{"$set": {"late": "1"}}))
    digested(asking)
    visitors = [row["visitor"] for row in facts(asking, "events")]
    assert visitors.count(key_of(asking, "ada")) == 1
    assert all("late" not in person.properties for person in Person.objects.all())
