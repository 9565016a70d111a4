"""The palette finds hosts and statements in the facts of the last day."""

from typing import Any

from django.test import Client
from django.utils import timezone

from dashboard.pages.palette import finding
from events.models import Project


def find(project: Project, text: str) -> dict[str, Any]:
    found = finding.find(project, text, sees_persons=False, now=timezone.now())
    assert found.unanswered == []
    return {hit.title: hit for hit in found.hits}


def test_hosts_are_found_by_any_part_of_their_name(project: Project) -> None:
    found = find(project, "WEB-")
    assert found
    assert {(hit.note, hit.url) for hit in found.values()} == {("host", "/p/web/resources/")}


def test_statements_are_found_by_what_they_say_and_open(project: Project, as_alice: Client) -> None:
    found = find(project, "select")
    assert found
    assert len(found) <= finding.MOST
    assert {hit.note for hit in found.values()} == {"query"}
    assert "SELECT" in next(iter(found))
    assert as_alice.get(next(iter(found.values())).url).status_code == 200
    assert find(project, "no such statement '; --") == {}
