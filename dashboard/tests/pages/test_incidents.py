"""The pages of incidents: what is open first, what is done with it, the way from a message, tables and the API."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.incidents import acting
from alerts.models import Incident, IncidentPolicy
from alerts.rules import evaluation
from alerts.tests import make
from dashboard.tests import hostile
from events.accounts import tokens
from events.models import AuditEntry, Project

BASE = "/p/web/incidents/"


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_an_empty_project_is_told_what_an_incident_is(as_alice: Client, as_bob: Client) -> None:
    page = text(as_alice, BASE)
    assert "No incident yet" in page
    assert "n = 0" in page
    assert "Open an incident" in page
    assert "incidents/new/" not in text(as_bob, BASE)


def test_what_is_open_stands_first_and_the_list_is_filtered(project: Project, as_bob: Client, alice: Any) -> None:
    now = timezone.now()
    for number, (severity, is_over) in enumerate([("critical", True), ("warning", False), ("critical", False)]):
        made = acting.open_by_hand(
            project, title=f"Number {number}", severity=severity, began_at=now - timedelta(minutes=30 - number),
            actor=alice, now=now,
        )  # fmt: skip
        if is_over:
            acting.resolve(made, actor=alice, now=now)
    page = text(as_bob, BASE)
    places = [page.index(f"Number {number}") for number in (2, 1, 0)]
    assert places == sorted(places)
    assert "median; 90 % within 30 min; n = 1" in page
    assert "data-row" in page
    for query, found in (("state=resolved", [0]), ("state=open", [1, 2]), ("severity=critical", [0, 2]),
                         ("query=ber+1", [1]), ("state=open&severity=warning", [1])):  # fmt: skip
        page = text(as_bob, f"{BASE}?{query}")
        assert [n for n in range(3) if f"Number {n}" in page] == found, query
        rows = list(csv.reader(io.StringIO("".join(
            part.decode() for part in as_bob.get(f"{BASE}incidents.csv?{query}").streaming_content))))  # fmt: skip
        assert sorted(row[1] for row in rows[1:]) == [f"Number {n}" for n in found], query
    assert "Nothing matches" in text(as_bob, f"{BASE}?query=zzz")


def test_a_long_list_has_pages_and_who_looked_is_on_the_timeline(
    project: Project, as_bob: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr("dashboard.pages.incidents.views.PAGE", 2)
    for number in range(3):
        make.incident(project, title=f"Number {number}", now=timezone.now())
    pages = [text(as_bob, f"{BASE}?page={page}") for page in (1, 2, 99)]
    assert ["Number 0" in page for page in pages] == [False, True, True]
    assert "Older" in pages[0]
    one = f"{BASE}{Incident.objects.all()[0].pk}/"
    assert "Looked at it." not in text(as_bob, one)
    text(as_bob, one)
    assert text(as_bob, one).count("Looked at it.") == 1


def test_a_message_leads_through_the_login_to_a_question_and_then_acts(
    project: Project, alice: Any, as_alice: Client, as_bob: Client
) -> None:
    make.firing(project, now=timezone.now())
    incident = Incident.objects.get()
    link = reverse("dashboard:incident-acknowledge", args=["web", incident.pk])
    assert Client().get(link)["Location"] == f"/login/?next={link}"
    assert as_bob.get(link).status_code == 403
    assert "I look after it" in text(as_alice, link)
    incident.refresh_from_db()
    assert incident.state == "open", "a program that follows the link acknowledges nothing"
    assert as_alice.post(link).status_code == 302
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", alice)
    alert = incident.alerts.get().alert
    assert alert is not None
    assert alert.acknowledged_by == alice
    assert f"incidents/{incident.pk}/" in text(as_bob, f"/p/web/alerts/{alert.pk}/")


def test_it_is_looked_after_by_hand(project: Project, alice: Any, as_alice: Client) -> None:
    made = as_alice.post(f"{BASE}new/", {"title": "Checkout is down", "severity": "critical", "text": "No orders."})
    incident = Incident.objects.get()
    one = f"{BASE}{incident.pk}/"
    assert made["Location"] == one
    assert as_alice.post(f"{BASE}new/", {"title": " ", "severity": "critical"}).status_code == 422
    as_alice.post(f"{one}comment/", {"text": "".join(hostile.XSS)})
    as_alice.post(f"{one}comment/", {"text": ""})
    change = {
        "title": "Checkout fails",
        "severity": "error",
        "commander": alice.pk,
        "is_held": "on",
        "summary": "A disk.",
    }
    assert as_alice.post(f"{one}change/", change).status_code == 302
    assert as_alice.post(f"{one}change/", {**change, "severity": "huge"}).status_code == 422
    as_alice.post(f"{one}resolve/")
    page = text(as_alice, one)
    for said in ("Checkout fails", "the severity is now error", "alice leads it", "A disk.", "Open again"):
        assert said in page, said
    assert "<script>alert" not in page
    as_alice.post(f"{one}reopen/")
    incident.refresh_from_db()
    assert (incident.state, incident.is_held) == ("reopened", True)
    assert "\n- " in text(as_alice, f"{one}postmortem.md")
    assert "<script>alert" not in text(as_alice, f"{one}postmortem.md").replace("\\<", "")
    policy = {"opens": "critical", "window_minutes": "30", "ends_itself": "on"}
    assert as_alice.post(f"{BASE}policy/", policy).status_code == 302
    assert IncidentPolicy.objects.get().opens == "critical"
    assert as_alice.post(f"{BASE}policy/", {**policy, "window_minutes": "0"}).status_code == 422
    written = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"incident.open", "incident.comment", "incident.change", "incident.resolve", "incident.policy"} <= written


def test_the_api_opens_reads_and_changes(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    def headers(person: Any, *scopes: str) -> dict[str, str]:
        _, secret = tokens.create(person, name="api", scopes=scopes, now=timezone.now())
        return {"Authorization": f"Bearer {secret}"}

    client, base = Client(), "/api/v1/projects/web/incidents/"
    admin, reader = headers(alice, "read", "admin"), headers(bob, "read")
    send = {"content_type": "application/json"}
    assert client.post(base, {"title": "x"}, headers=reader, **send).status_code == 403
    made = client.post(base, {"title": "Down", "severity": "critical", "text": "Since noon."}, headers=admin, **send)
    assert made.status_code == 201
    one = f"{base}{made.json()['id']}/"
    for change, state in (
        ({"action": "acknowledge"}, "acknowledged"),
        ({"action": "comment", "text": "x"}, None),
        ({"action": "resolve", "text": "Better."}, "resolved"),
        ({"action": "reopen"}, "reopened"),
    ):
        answer = client.post(one, change, headers=admin, **send)
        assert answer.status_code == 200, answer.content
        assert state in (None, answer.json()["state"])
    for change in ({"action": "explode"}, {"action": "comment"}, {"action": "reopen", "text": "x"}):
        assert client.post(one, change, headers=admin, **send).status_code == 400, change
    found = client.get(one, headers=reader).json()
    assert [entry["kind"] for entry in found["timeline"]] == [
        "opened", "comment", "acknowledged", "comment", "resolved", "reopened",
    ]  # fmt: skip
    assert [row["title"] for row in client.get(f"{base}?state=reopened", headers=reader).json()["results"]] == ["Down"]
    assert client.get(f"{base}?state=resolved", headers=reader).json() == {"results": [], "next": None}
    assert client.get(f"{base}?state=nonsense", headers=reader).status_code == 400


def test_the_admin_shows_incidents_and_no_address(project: Project, now: datetime, admin_client: Client) -> None:
    make.firing(project, now=now)
    make.status_page(project)
    evaluation.run(now=now)
    for name in ("incident", "statuspage", "statusnotice", "statussubscriber"):
        page = text(admin_client, f"/admin/alerts/{name}/")
        assert "ann@example.org" not in page
        assert "0 results" not in page
    incident = Incident.objects.get()
    assert admin_client.get(f"/admin/alerts/incident/{incident.pk}/change/").status_code == 200
    call_command("rotate_secrets", verbosity=0)
    assert incident.project.status_page.subscribers.get().address == "ann@example.org"
