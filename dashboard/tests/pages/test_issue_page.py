"""The page of an issue: its strip, the stack first, what caused it, what happened around it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.engine.contract import QueryTimeout
from dashboard.pages.issues import surroundings
from dashboard.tests.populated import World, populate
from dashboard.tests.populated_performance import store_rows
from events.ingest import payloads
from events.issues import triage
from events.models import AuditEntry, Issue, Project

GITHUB = "https://github.com/acme/shop"


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


def html_of(client: Client, world: World) -> str:
    return client.get(reverse("dashboard:issue", args=[world.project.slug, world.issue.pk])).content.decode()


def act(client: Client, issue: Issue, **posted: str) -> Any:
    return client.post(reverse("dashboard:issue-action", args=[issue.project.slug, issue.pk]), posted, follow=True)


def test_the_strip_has_all_and_the_stack_follows(as_alice: Client, world: World) -> None:
    html = html_of(as_alice, world)
    strip = html[html.index('class="card issue-strip"') :].partition("</section>")[0]
    for words in ("State", "Assignee", "nobody", "Priority", "medium", "Events", "Users", 'viewBox="0 0 600 80"'):
        assert words in strip
    order = [
        html.index(part) for part in ("issue-strip", 'aria-label="Event"', "<h2>Exception</h2>", "<h2>Activity</h2>")
    ]
    assert order == sorted(order)
    assert "data-chart" not in html
    assert 'class="k"' in html


def test_the_priority_is_set_told_undone_and_follows_the_level(as_alice: Client, alice: Any, world: World) -> None:
    issue = world.issue
    assert [Issue(level=level).urgency for level in Issue.Level.values] == ["low", "low", "low", "medium", "high"]
    assert "gave this high priority" in act(as_alice, issue, action="prioritise", priority="high").content.decode()
    issue.refresh_from_db()
    assert (issue.priority, issue.urgency) == ("high", "high")
    assert AuditEntry.objects.filter(action="issue.prioritise").count() == 1
    batch = issue.activities.get(action="prioritise").detail["batch"]
    assert triage.undo(world.project, batch, actor=alice, now=timezone.now()) == [issue.pk]
    issue.refresh_from_db()
    assert issue.priority == ""
    act(as_alice, issue, action="prioritise", priority="urgent")
    issue.refresh_from_db()
    assert issue.priority == ""
    with pytest.raises(ValidationError):
        triage.bulk(world.project, [issue.pk], "prioritise", actor=alice, to="x", now=timezone.now())


def test_viewers_see_the_strip_without_forms(as_bob: Client, bob: Any, world: World) -> None:
    world.project.memberships.filter(user=bob).update(role="viewer")
    html = html_of(as_bob, world)
    assert "medium" in html
    assert 'value="prioritise"' not in html
    assert act(as_bob, world.issue, action="prioritise", priority="high").status_code == 403


def test_a_suspect_commit_and_lines_in_the_repository(as_alice: Client, world: World) -> None:
    payload = payloads.unpack(bytes(world.occurrence.payload))
    frame = payload["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    settings = reverse("dashboard:settings-change", args=[world.project.slug])
    as_alice.post(settings, {"action": "source", "source_url": GITHUB, "source_root": ""})
    Issue.objects.filter(pk=world.issue.pk).update(first_release=world.release.version)
    world.release.commits.update(paths=[["M", f"src/{frame['filename']}"]])
    html = html_of(as_alice, world)
    assert f"{GITHUB}/blob/HEAD/{frame['filename']}#L{frame['lineno']}" in html
    assert "Suspect commit" in html
    assert f"{GITHUB}/commit/{'a' * 40}" in html
    assert AuditEntry.objects.filter(action="source.change").count() == 1
    world.release.commits.update(paths=[])
    assert "Suspect commit" not in html_of(as_alice, world)


def test_a_source_that_cannot_be_is_refused_and_strangers_to_it_change_nothing(
    as_alice: Client, as_bob: Client, world: World
) -> None:
    settings = reverse("dashboard:settings-change", args=[world.project.slug])
    for client, address in (
        (as_alice, "javascript:alert(1)//{path}"),
        (as_alice, GITHUB + "{" * 500),
        (as_bob, GITHUB),
    ):
        client.post(settings, {"action": "source", "source_url": address, "source_root": ""})
        world.project.refresh_from_db()
        assert world.project.source_url == ""


def test_the_trace_and_the_lines_around_an_event(as_alice: Client, world: World) -> None:
    at, payload = world.occurrence.at, payloads.unpack(bytes(world.occurrence.payload))
    trace = "ab" * 16
    payload["contexts"] = {**payload.get("contexts", {}), "trace": {"trace_id": trace, "span_id": "a" * 16}}
    world.occurrence.payload = payloads.pack(payload)
    world.occurrence.save()
    line = {"at": at, "log_id": "c" * 36, "level": "info", "body": "same minute", "environment": "production"}
    store_rows(world.project, {"logs": [{**line, "environment": world.occurrence.environment}]}, now=timezone.now())
    html = html_of(as_alice, world)
    assert "of the same minute" in html
    assert 'id="trace"' not in html
    span = {"at": at, "trace_id": trace, "span_id": "a" * 16, "name": "pay", "op": "http.server", "duration_ms": 5.0}
    rows = {"spans": [span], "logs": [{**line, "log_id": "d" * 36, "trace_id": trace, "body": "of the trace"}]}
    store_rows(world.project, rows, now=timezone.now())
    html = html_of(as_alice, world)
    assert "of its trace" in html
    assert "same minute" not in html
    assert reverse("dashboard:trace", args=[world.project.slug, trace]) in html


def test_facts_that_cannot_be_read_hide_nothing_else(as_alice: Client, world: World, monkeypatch: Any) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise QueryTimeout("late")

    monkeypatch.setattr(surroundings.log_lines, "log_lines", late)
    html = html_of(as_alice, world)
    assert "<h2>Exception</h2>" in html
    assert "could not be read just now" in html


def test_the_page_asks_a_bounded_number_of_questions(
    as_alice: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    """Six of them are the login's, six the audit entry's; similar issues are one, suspects three."""
    html_of(as_alice, world)
    with django_assert_max_num_queries(38):
        assert "<h2>Exception</h2>" in html_of(as_alice, world)
