"""Persons and groups by the API: what the pages do, under the same roles."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.test import Client

from events.accounts import tokens
from events.facts import segments
from events.models import AuditEntry, Group, Person, Project
from events.persons import keeping, reading
from events.persons.keeping import GroupTold, Heard
from events.persons.rules import Told

BASE = "/api/v1/projects/web/"


def call(method: str, path: str, user: Any, now: datetime, *, scopes: Any = tokens.SCOPES) -> Any:
    _, secret = tokens.create(user, name="api", scopes=scopes, now=now)
    return Client().generic(method, f"{BASE}{path}", headers={"Authorization": f"Bearer {secret}"})


def test_persons_are_found_looked_at_and_deleted(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    ada = reading.visitor_of(project, "ada")
    told = [Told(ada, now, "identify", 5, set={"plan": "team"}), Told(6, now)]
    with transaction.atomic():
        keeping.keep({project.pk: Heard(told, names={ada: "ada"})})
    at = now - timedelta(minutes=1)
    row = {"at": at, "event": "paid", "visitor": 5, "event_id": "a", "environment": "live"}
    segments.write({(project.pk, "events"): [row]}, now=now)
    assert call("GET", "persons/", bob, now).status_code == 403
    listed = call("GET", "persons/", alice, now).json()
    assert (len(listed["results"]), listed["next"]) == (2, None)
    [found] = call("GET", "persons/?distinct_id=ada", alice, now).json()["results"]
    assert found == call("GET", "persons/?property=plan%3Dteam", alice, now).json()["results"][0]
    assert (found["distinct_ids"], found["properties"]) == (["ada", "u_0000000000000005"], {"plan": "team"})
    assert call("GET", "persons/?distinct_id=eve", alice, now).json()["results"] == []
    one = f"persons/{found['id']}/"
    period = f"?start={(at - timedelta(hours=1)).isoformat()}&end={now.isoformat()}".replace("+", "%2B")
    happened = call("GET", f"{one}timeline/{period}", alice, now).json()
    assert (happened["counts"], happened["rows"][0]["name"]) == ({"event": 1}, "paid")
    assert call("DELETE", one, alice, now, scopes=["read"]).status_code == 403
    assert call("DELETE", one, alice, now).status_code == 204
    assert call("GET", one, alice, now).status_code == 404
    assert Person.objects.count() == 1
    assert AuditEntry.objects.filter(action="person.delete", object_id=found["id"]).count() == 1


def test_groups_likewise(project: Project, alice: Any, now: datetime) -> None:
    with transaction.atomic():
        keeping.keep({project.pk: Heard(groups=[GroupTold("company", "acme", now, {"plan": "team"})])})
    [found] = call("GET", "groups/?type=company&property=plan", alice, now).json()["results"]
    one = f"groups/{found['id']}/"
    assert call("GET", one, alice, now).json()["key"] == "acme"
    assert call("GET", f"{one}timeline/", alice, now).json()["rows"] == []
    assert call("DELETE", one, alice, now).status_code == 204
    assert not Group.objects.exists()
