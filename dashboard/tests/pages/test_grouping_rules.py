"""Rules of grouping on their page and by the API: tried, saved, refused with the line, kept in versions."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from events.accounts import tokens
from events.issues import project_rules
from events.models import AuditEntry, Membership, Project
from events.tests import make

RULE = "type:ValueError -> values"


@pytest.fixture
def two_issues(project: Project) -> Project:
    """Two issues of one kind of error, each with an event that is kept."""
    for function in ("pay", "ship"):
        issue = make.issue(project, title=f"ValueError in {function}")
        thrown = {
            "type": "ValueError",
            "value": "bad",
            "stacktrace": {"frames": [{"function": function, "module": "shop"}]},
        }
        make.occurrence(issue.groups.get(), payload={"platform": "python", "exception": {"values": [thrown]}})
    return project


def url(name: str = "grouping") -> str:
    return reverse(f"dashboard:{name}", args=["web"])


def html(answer: Any) -> str:
    return str(answer.content.decode())


def test_rules_are_tried_before_they_are_saved(as_alice: Client, two_issues: Project) -> None:
    shown = html(as_alice.post(url("grouping-try"), {"fingerprints": RULE, "stacks": ""}))
    assert "2 of 2 past events grouped otherwise" in shown
    assert "line 1: 2" in shown
    assert "ValueError in ship" in shown
    assert RULE.replace(">", "&gt;") in shown
    assert project_rules.standing(two_issues.pk).version == 0
    assert AuditEntry.objects.latest("id").action == "grouping_rules.try"


def test_rules_are_saved_and_kept_in_versions(as_alice: Client, alice: Any, project: Project) -> None:
    for number, text in enumerate((RULE, "# later\r\ntype:A -> a\r\n")):
        answer = as_alice.post(
            url("grouping-save"), {"fingerprints": text, "stacks": "", "based_on": str(number)}, follow=True
        )
        assert f"version {number + 1} is in force" in html(answer)
    assert project_rules.standing(project.pk).fingerprints == "# later\ntype:A -> a"
    assert [row.made_by for row in project_rules.history(project)] == [alice, alice]
    assert AuditEntry.objects.filter(action="grouping_rules.change", actor="alice").count() == 2


@pytest.mark.parametrize("action", ["grouping-try", "grouping-save"])
def test_a_line_that_is_no_rule_is_named_and_what_was_written_stays(
    as_alice: Client, project: Project, action: str
) -> None:
    answer = as_alice.post(url(action), {"fingerprints": f"{RULE}\nnonsense <b>", "stacks": ""})
    assert answer.status_code == 400
    assert "fingerprint rules, line 2: no arrow" in html(answer)
    assert "nonsense &lt;b&gt;" in html(answer)
    assert project_rules.standing(project.pk).version == 0


def test_nobody_overwrites_what_another_saved(as_alice: Client, project: Project) -> None:
    as_alice.post(url("grouping-save"), {"fingerprints": RULE, "based_on": "0"})
    answer = as_alice.post(url("grouping-save"), {"fingerprints": "type:B -> b", "based_on": "0"})
    assert "Version 1 was saved meanwhile" in html(answer)


def test_editors_try_and_owners_save(as_bob: Client, bob: Any, as_charlie: Client, project: Project) -> None:
    assert as_bob.get(url()).status_code == 403
    Membership.objects.filter(user=bob).update(role="editor")
    assert as_bob.get(url()).status_code == 200
    assert "formaction" not in html(as_bob.get(url()))
    assert as_bob.post(url("grouping-try"), {"fingerprints": RULE}).status_code == 200
    assert as_bob.post(url("grouping-save"), {"fingerprints": RULE}).status_code == 403
    for name in ("grouping-try", "grouping-save"):
        assert as_charlie.post(url(name)).status_code == 404


API = "/api/v1/projects/web/grouping-rules/"


def call(user: Any, method: str, where: str = "", body: Any = None, *, scopes: tuple[str, ...] = ("read",)) -> Any:
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    _, secret = tokens.create(user, name="test", scopes=scopes, now=now)
    data = json.dumps(body or {})
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().generic(method, API + where, data, content_type="application/json", headers=headers)


def test_the_api_reads_tries_and_saves(alice: Any, two_issues: Project) -> None:
    assert call(alice, "GET").json() == {"version": 0, "fingerprint_rules": "", "stack_trace_rules": ""}
    trial = call(alice, "POST", "try/", {"fingerprint_rules": RULE}).json()
    (change,) = trial["changes"]
    assert (trial["tried"], trial["regrouped"], trial["matched"]) == (2, 2, {"1": 2})
    assert (change["kind"], len(change["issues"]), change["events"]) == ("merged", 2, 2)
    assert call(alice, "PUT", "", {"fingerprint_rules": RULE}).status_code == 403
    saved = call(alice, "PUT", "", {"fingerprint_rules": RULE, "based_on": 0}, scopes=("admin",))
    assert saved.json() == {"version": 1, "fingerprint_rules": RULE, "stack_trace_rules": ""}
    assert call(alice, "GET").json()["version"] == 1


def test_the_api_names_the_line(alice: Any, project: Project) -> None:
    answer = call(alice, "PUT", "", {"stack_trace_rules": "function:a\n\nb +app"}, scopes=("admin",))
    assert answer.status_code == 400
    assert "stack trace rules, line 1: no action" in answer.json()["detail"]
    assert "stack trace rules, line 3: 'b' is no matcher" in answer.json()["detail"]


def test_the_api_is_for_editors_and_its_change_for_owners(bob: Any, charlie: Any, project: Project) -> None:
    assert call(bob, "GET").status_code == 403
    Membership.objects.filter(user=bob).update(role="editor")
    assert call(bob, "GET").status_code == 200
    assert call(bob, "PUT", scopes=("admin",)).status_code == 403
    assert call(charlie, "GET").status_code == 404
