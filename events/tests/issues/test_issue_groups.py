"""Merging, unmerging and deleting keep every counter exact."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from events.issues import merging, triage
from events.models import Activity, AuditEntry, GroupHour, GroupUser, Issue, IssueGroup, Occurrence, Project
from events.tests import make


def counters(issue: Issue) -> tuple[int, int]:
    issue.refresh_from_db()
    return issue.event_count, issue.user_count


def test_merging_sums_events_and_counts_each_user_once(project: Project, alice: Any, now: datetime) -> None:
    target = make.issue(project, events=5, users=(1, 2))
    others = [make.issue(project, events=3, users=(2, 3)), make.issue(project, events=1, users=())]
    others[0].first_seen_at = target.first_seen_at - timedelta(days=1)
    IssueGroup.objects.filter(issue=others[0]).update(first_seen_at=others[0].first_seen_at)
    merging.merge(others, into=target, actor=alice, now=now)
    assert counters(target) == (9, 3)
    assert target.first_seen_at == others[0].first_seen_at
    assert list(Issue.objects.all()) == [target]
    assert IssueGroup.objects.filter(issue=target).count() == 3


def test_links_to_a_merged_issue_lead_to_where_it_is(project: Project, alice: Any, now: datetime) -> None:
    target, other = make.issue(project), make.issue(project)
    merging.merge([other], into=target, actor=alice, now=now)
    assert triage.get_or_404(project, other.pk) == target


def test_comments_and_bookmarks_move_along(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    target, other = make.issue(project), make.issue(project)
    triage.comment(other, "look", actor=bob, now=now)
    for issue in (target, other):
        triage.bookmark(issue, actor=bob, now=now)
    merging.merge([other], into=target, actor=alice, now=now)
    assert Activity.objects.filter(issue=target, action="comment").count() == 1
    assert target.bookmarks.count() == 1


def test_unmerging_gives_the_issue_back_as_it_was(project: Project, alice: Any, now: datetime) -> None:
    target = make.issue(project, events=5, users=(1, 2))
    other = make.issue(
        project, events=3, users=(2, 3), title="KeyError: x", type="KeyError", value="x", level="fatal", platform="node"
    )
    merging.merge([other], into=target, actor=alice, now=now)
    back = merging.unmerge(IssueGroup.objects.get(first_issue_id=other.pk), actor=alice, now=now)
    assert back.pk == other.pk
    assert counters(target) == (5, 2)
    assert counters(back) == (3, 2)
    assert (back.title, back.type, back.value, back.level, back.platform) == (
        "KeyError: x",
        "KeyError",
        "x",
        "fatal",
        "node",
    )
    assert triage.get_or_404(project, other.pk) == back


def test_groups_of_one_birth_meet_again(project: Project, alice: Any, now: datetime) -> None:
    target, other = make.issue(project, events=5), make.issue(project, groups=2, events=3)
    merging.merge([other], into=target, actor=alice, now=now)
    for group in IssueGroup.objects.filter(first_issue_id=other.pk):
        merging.unmerge(group, actor=alice, now=now)
    assert {issue.pk: issue.event_count for issue in Issue.objects.all()} == {target.pk: 5, other.pk: 6}


def test_a_group_born_here_becomes_an_issue_of_its_own(project: Project, alice: Any, now: datetime) -> None:
    issue = make.issue(project, groups=2, events=4)
    group = IssueGroup.objects.filter(issue=issue).first()
    assert group is not None
    new = merging.unmerge(group, actor=alice, now=now)
    assert new.pk != issue.pk
    assert (counters(issue)[0], counters(new)[0]) == (4, 4)


def test_the_last_group_stays(project: Project, alice: Any, now: datetime) -> None:
    issue = make.issue(project)
    with pytest.raises(ValidationError, match="at least one group"):
        merging.unmerge(issue.groups.get(), actor=alice, now=now)


def test_issues_of_two_projects_do_not_merge(project: Project, alice: Any, now: datetime) -> None:
    foreign = make.issue(Project.objects.create(slug="other", name="Other"))
    target = make.issue(project)
    for sources in ([foreign], [target], []):
        with pytest.raises(ValidationError):
            merging.merge(sources, into=target, actor=alice, now=now)
    assert Issue.objects.count() == 2


def test_deleting_removes_groups_so_that_the_error_is_new_again(project: Project, alice: Any, now: datetime) -> None:
    issue, kept = make.issue(project, users=(1, 2)), make.issue(project, users=(1,))
    for one in (issue, kept):
        make.hours(one.groups.get(), {0: 3})
        make.occurrence(one.groups.get())
    foreign = make.issue(Project.objects.create(slug="other", name="Other"))
    assert merging.delete(project, [issue.pk, foreign.pk], actor=alice, now=now) == 1
    assert set(Issue.objects.all()) == {kept, foreign}
    assert IssueGroup.objects.filter(project=project).count() == 1
    assert (GroupUser.objects.count(), GroupHour.objects.count(), Occurrence.objects.count()) == (1, 1, 1)
    entry = AuditEntry.objects.get(action="issue.delete")
    assert entry.detail == {"issues": [issue.pk], "count": 1}
