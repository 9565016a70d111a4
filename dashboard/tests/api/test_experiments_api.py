"""Experiments by the API: read under the same roles as on their pages."""

from typing import Any

import pytest
from django.utils import timezone

from analytics.experiments import changing
from analytics.tests.experiments import make
from dashboard.tests.api.test_flags_api import call
from events.models import AuditEntry, Project

BASE = "/api/v1/projects/web/experiments/"


def test_plans_results_and_the_decision_are_read(project: Project, alice: Any, bob: Any, charlie: Any) -> None:
    now = timezone.now()
    made = make.running(project, now=now)
    one = f"{BASE}{made.pk}/"
    assert call("GET", f"{one}results/", bob, now).json()["metrics"][0]["variants"][0]["problem"] == "No exposure yet."
    make.people(project, {"control": (600, 0.2), "test": (600, 0.35)}, start=now - 4 * make.DAY)
    (listed,) = call("GET", BASE, bob, now).json()["results"]
    assert (listed["key"], listed["flag"], listed["state"]) == ("basket", "basket", "running")
    found = call("GET", f"{one}results/", bob, now).json()
    paid, errors = found["metrics"]
    assert (found["people"], found["split"]["is_wrong"]) == (1200, False)
    assert paid["variants"][0]["standing"] == "better"
    assert paid["variants"][0]["effect"]["value"] == pytest.approx(0.15)
    assert errors["variants"][0]["effect"] is None
    assert call("GET", one, bob, now).json()["evidence"] is None
    changing.decide(made, "test", "More pay.", actor=alice, now=now)
    decided = call("GET", one, bob, now).json()
    assert (decided["decision"], decided["decided_by"], decided["state"]) == ("test", "alice", "decided")
    assert decided["evidence"]["people"] == 1200
    assert call("GET", one, charlie, now).status_code == 404
    assert call("POST", BASE, alice, now, {}).status_code == 405
    assert AuditEntry.objects.filter(action="experiment.results", actor="bob").count() == 2


def test_what_did_not_start_has_no_results(project: Project, bob: Any) -> None:
    now = timezone.now()
    made = make.draft(project, now=now)
    answer = call("GET", f"{BASE}{made.pk}/results/", bob, now)
    assert (answer.status_code, answer.json()["detail"]) == (400, "The experiment did not start yet.")
