"""The audit trail as a page: folded, filtered, checked, as a file, for owners alone."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dashboard.pages.audit import folding, reading
from events.accounts import audit
from events.models import AuditEntry, Project
from events.tests import make

PAGE = "/p/web/audit/"


def entry(action: str, at: datetime, *, actor: str = "alice", via: str = "session") -> AuditEntry:
    return AuditEntry(action=action, at=at, actor=actor, via=via)


def test_looks_of_a_sitting_are_one_line_and_changes_stand_alone(now: datetime) -> None:
    minute = timedelta(minutes=1)
    found = folding.fold(
        [
            entry("issue.view", now),
            entry("issue.view", now - minute, actor="bob"),
            entry("rule.delete", now - 2 * minute),
            entry("issues.list", now - 20 * minute),
            entry("rule.edit", now - 50 * minute),  # within half an hour of the look before it
            entry("issues.list", now - 81 * minute),  # another sitting
            entry("issues.list", now - 81 * minute, via="token:3"),
        ]
    )
    assert [(line.is_look, [one.action for one in line.entries]) for line in found] == [
        (True, ["issue.view", "issues.list", "rule.edit"]), (True, ["issue.view"]), (False, ["rule.delete"]),
        (True, ["issues.list"]), (True, ["issues.list"]),
    ]  # fmt: skip
    assert folding.fold([]) == []


@pytest.mark.parametrize(
    ("action", "expected"),
    [("issue.view", True), ("report.weekly", True), ("rule.new", True), ("rule.update", False), ("login", False),
     ("chart.export", False), ("access.denied", False), ("privacy.change", False)],
)  # fmt: skip
def test_what_only_shows_is_a_look(action: str, expected: bool) -> None:
    assert folding.is_look(action) is expected


def test_the_page_shows_filters_and_leads_on(as_alice: Client, alice: Any, project: Project) -> None:
    now, issue = timezone.now(), make.issue(project)
    for n in range(3):
        audit.record("issue.view", actor=alice, project=project, obj=("issue", issue.pk + n), via="session", now=now)
    audit.record("issue.resolve", actor=alice, project=project, obj=("issue", issue.pk), detail={"of": "<b>"}, now=now)
    audit.record("access.denied", actor="mallory", project=project, obj=("issue", "../x"), now=now)
    other = Project.objects.create(slug="other", name="Other")
    audit.record("secret.change", actor=alice, project=other, now=now)
    html = as_alice.get(PAGE).content.decode()
    assert "looked 3 times: issue.view ×3" in html
    assert f'href="/p/web/issues/{issue.pk}/">issue {issue.pk}</a>' in html
    assert "of: &lt;b&gt;" in html
    assert "secret.change" not in html
    assert "✓ as written" in html
    changes = as_alice.get(PAGE, {"show": "changes"}).content.decode()
    assert "issue.resolve" in changes
    assert "looked" not in changes.split("<tbody")[1]
    denied = as_alice.get(PAGE, {"show": "denied", "actor": "mallory"}).content.decode().split("<tbody")[1]
    assert ("access.denied" in denied, "issue.resolve" in denied) == (True, False)
    assert "No entry fits" in as_alice.get(PAGE, {"actor": "nobody"}).content.decode()
    for nonsense in ({"before": "x" * 30}, {"before": "9" * 18}, {"show": "x"}, {"object": "\x00"}, {"from": "?"}):
        assert as_alice.get(PAGE, nonsense).status_code == 200


def test_older_entries_are_a_page_away(as_alice: Client, alice: Any, project: Project) -> None:
    now = timezone.now()
    for n in range(205):
        audit.record("rule.update", actor=alice, project=project, obj=("rule", n), now=now)
    first = as_alice.get(PAGE, {"action": "rule."})
    assert first.context["count"] == 200
    older = as_alice.get(f"{PAGE}?{first.context['older']}")
    assert [line.newest.object_id for line, _ in older.context["lines"]] == ["4", "3", "2", "1", "0"]
    assert older.context["older"] == ""


def test_an_altered_entry_is_named(as_alice: Client, alice: Any, project: Project) -> None:
    kept = audit.record("rule.update", actor=alice, project=project, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute("UPDATE events_auditentry SET actor = 'bob' WHERE id = %s", [kept.pk])
        cursor.execute("ALTER TABLE events_auditentry ENABLE TRIGGER audit_append_only")
    html = as_alice.get(PAGE).content.decode()
    assert f"not as written: {kept.pk}." in html
    assert "✓ as written" not in html


def test_only_owners_see_it(as_bob: Client, as_charlie: Client, project: Project) -> None:
    for path in (PAGE, f"{PAGE}csv/"):
        assert as_bob.get(path).status_code == 403
        assert as_charlie.get(path).status_code == 404


def test_the_file_has_what_the_page_has_and_is_on_record(as_alice: Client, alice: Any, project: Project) -> None:
    audit.record("rule.update", actor=alice, project=project, detail={"name": "=1+1"}, now=timezone.now())
    answer = as_alice.get(f"{PAGE}csv/", {"action": "rule."})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    assert [(row["action"], row["actor"], row["detail"]) for row in rows] == [
        ("rule.update", "alice", '{"name": "=1+1"}')
    ]
    assert AuditEntry.objects.filter(action="audit.export", project_id=project.pk).count() == 1


def test_pages_of_objects_are_found(project: Project) -> None:
    one = AuditEntry(object_type="issue", object_id="7")
    assert reading.url_of(project, one) == "/p/web/issues/7/"
    for kind, number in (("issue", "../x"), ("issue", ""), ("user", "7"), ("flag", "x")):
        assert reading.url_of(project, AuditEntry(object_type=kind, object_id=number)) == ""
