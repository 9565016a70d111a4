"""What people do with issues, what it leaves behind, and how it is taken back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404

from events.issues import triage
from events.models import Activity, AuditEntry, Bookmark, Issue, Project
from events.tests import make


def audited() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_resolving_is_told_once_to_activity_and_audit(project: Project, alice: Any, now: datetime) -> None:
    issue = make.issue(project, is_regressed=True)
    triage.resolve(issue, actor=alice, now=now)
    issue.refresh_from_db()
    assert (issue.status, issue.resolved_at, issue.is_regressed) == ("resolved", now, False)
    line = Activity.objects.get(issue=issue)
    assert (line.action, line.actor, line.at) == ("resolve", alice, now)
    assert audited() == ["issue.resolve"]


def test_resolving_in_a_release_names_it(project: Project, alice: Any, now: datetime) -> None:
    issue = make.issue(project)
    make.release(project, "web@1.0.0")
    triage.resolve(issue, actor=alice, in_release="web@1.0.0", now=now)
    issue.refresh_from_db()
    assert (issue.resolved_in_release, issue.resolved_in_next) == ("web@1.0.0", False)


def test_resolving_in_the_next_release_notes_the_latest_by_version_not_by_time(
    project: Project, alice: Any, now: datetime
) -> None:
    issue = make.issue(project)
    for version in ("web@1.9.0", "web@1.10.0", "web@1.2.0"):
        make.release(project, version)
    triage.resolve(issue, actor=alice, in_next=True, now=now)
    issue.refresh_from_db()
    assert (issue.resolved_in_release, issue.resolved_in_next) == ("web@1.10.0", True)


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("resolve", {"in_release": "no-such"}),
        ("resolve", {"in_release": "web@1.0.0", "in_next": True}),
        ("ignore", {"until": make.NOW}),
        ("ignore", {"events": 0}),
        ("ignore", {"users": -1}),
        ("ignore", {"events": 2**31}),
        ("ignore", {"window_minutes": 5}),
        ("explode", {}),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    project: Project, alice: Any, now: datetime, action: str, options: dict[str, Any]
) -> None:
    issue = make.issue(project)
    with pytest.raises(ValidationError):
        triage.bulk(project, [issue.pk], action, actor=alice, now=now, **options)
    issue.refresh_from_db()
    assert issue.status == "unresolved"
    assert audited() == []


def test_ignoring_counts_from_what_was_there(project: Project, alice: Any, now: datetime) -> None:
    issue = make.issue(project, events=40, users=(1, 2, 3))
    triage.ignore(issue, actor=alice, events=10, users=2, until=now + timedelta(days=1), now=now)
    issue.refresh_from_db()
    assert issue.status == "ignored"
    assert (issue.ignored_until_events, issue.ignored_until_users) == (50, 5)
    assert (issue.ignored_at, issue.ignored_until) == (now, now + timedelta(days=1))


def test_ignoring_by_rate_keeps_the_window(project: Project, alice: Any, now: datetime) -> None:
    issue = make.issue(project, events=40)
    triage.ignore(issue, actor=alice, events=10, window_minutes=60, now=now)
    issue.refresh_from_db()
    assert (issue.ignored_rate_events, issue.ignored_window_minutes, issue.ignored_until_events) == (10, 60, None)


def test_unresolving_forgets_both_kinds_of_end(project: Project, alice: Any, now: datetime) -> None:
    issue = make.issue(project)
    triage.ignore(issue, actor=alice, events=10, now=now)
    triage.resolve(issue, actor=alice, now=now)
    triage.unresolve(issue, actor=alice, now=now)
    issue.refresh_from_db()
    assert (issue.status, issue.resolved_at, issue.ignored_at, issue.ignored_until_events) == (
        "unresolved",
        None,
        None,
        None,
    )


def test_only_members_are_assigned(project: Project, alice: Any, bob: Any, charlie: Any, now: datetime) -> None:
    issue = make.issue(project)
    triage.assign(issue, to=bob, actor=alice, now=now)
    with pytest.raises(ValidationError, match="members"):
        triage.assign(issue, to=charlie, actor=alice, now=now)
    issue.refresh_from_db()
    assert issue.assigned_to == bob
    triage.assign(issue, to=None, actor=alice, now=now)
    issue.refresh_from_db()
    assert issue.assigned_to is None


def test_bulk_leaves_other_projects_alone(project: Project, alice: Any, now: datetime) -> None:
    mine = [make.issue(project) for _ in range(3)]
    foreign = make.issue(Project.objects.create(slug="other", name="Other"))
    changed = triage.bulk(project, [*(i.pk for i in mine), foreign.pk, 10**12], "resolve", actor=alice, now=now)
    assert changed.count == 3
    foreign.refresh_from_db()
    assert foreign.status == "unresolved"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail["count"], entry.detail["issues"]) == ("issue.resolve", 3, [i.pk for i in mine])


def test_bulk_of_many_takes_a_constant_number_of_queries(
    project: Project, alice: Any, now: datetime, django_assert_max_num_queries: Any
) -> None:
    ids = [make.issue(project, groups=0).pk for _ in range(60)]
    with django_assert_max_num_queries(12):
        changed = triage.bulk(project, ids, "resolve", actor=alice, now=now)
    assert changed.count == 60


def test_undo_restores_each_issue_as_it_was(project: Project, alice: Any, now: datetime) -> None:
    ignored, open_one = make.issue(project), make.issue(project)
    triage.ignore(ignored, actor=alice, until=now + timedelta(days=1), events=5, now=now)
    changed = triage.bulk(project, [ignored.pk, open_one.pk], "resolve", actor=alice, now=now)
    assert len(triage.undo(project, changed.batch, actor=alice, now=now)) == 2
    ignored.refresh_from_db()
    open_one.refresh_from_db()
    assert (ignored.status, ignored.ignored_until, ignored.resolved_at) == ("ignored", now + timedelta(days=1), None)
    assert open_one.status == "unresolved"


def test_undo_passes_over_what_was_changed_since_and_what_is_old(project: Project, alice: Any, now: datetime) -> None:
    first, second = make.issue(project), make.issue(project)
    changed = triage.bulk(project, [first.pk, second.pk], "resolve", actor=alice, now=now)
    triage.ignore(second, actor=alice, now=now)
    assert triage.undo(project, changed.batch, actor=alice, now=now + timedelta(hours=2)) == []
    assert len(triage.undo(project, changed.batch, actor=alice, now=now)) == 1
    assert set(Issue.objects.values_list("pk", "status")) == {(first.pk, "unresolved"), (second.pk, "ignored")}


def test_bookmarks_are_personal(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    issue = make.issue(project)
    triage.bookmark(issue, actor=alice, now=now)
    triage.bookmark(issue, actor=alice, now=now)
    triage.bookmark(issue, actor=bob, is_on=False, now=now)
    assert list(Bookmark.objects.values_list("user_id", flat=True)) == [alice.pk]


@pytest.mark.parametrize("text", ["", "  \n", "\0", "x" * 10_001])
def test_empty_and_endless_comments_are_refused(project: Project, alice: Any, now: datetime, text: str) -> None:
    with pytest.raises(ValidationError):
        triage.comment(make.issue(project), text, actor=alice, now=now)


def test_a_comment_is_kept_and_its_text_stays_out_of_the_audit(project: Project, alice: Any, now: datetime) -> None:
    line = triage.comment(make.issue(project), " Seen\0 before ", actor=alice, now=now)
    assert line.text == "Seen before"
    assert "Seen" not in str(AuditEntry.objects.get().detail)


def test_a_foreign_issue_is_not_found(project: Project, now: datetime) -> None:
    foreign = make.issue(Project.objects.create(slug="other", name="Other"))
    with pytest.raises(Http404):
        triage.get_or_404(project, foreign.pk)
