"""Merging issues, taking groups out again, and deleting issues.

Error facts carry the hash of their group, so all of this moves or removes groups and never touches a fact. No
errors of the project are counted meanwhile.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Min, Sum

from events.accounts import audit
from events.issues import merge_locks
from events.models import Activity, Attachment, Bookmark, GroupUser, Issue, IssueGroup, Occurrence, Project, Transition

_KEPT_OF_SOURCE = ("title", "type", "value", "culprit", "level", "platform", "kind", "first_release", "last_release")


def merge(issues: Iterable[Issue], *, into: Issue, actor: Any, now: datetime) -> Issue:
    """`into`, with the groups, comments and bookmarks of `issues` of the same project; those are gone.

    Links to a merged issue lead to `into`. Raises ValidationError when there is nothing to merge.
    """
    project = into.project
    wanted = {issue.pk for issue in issues} - {into.pk}
    with transaction.atomic():
        locked = _lock(project, [*wanted, into.pk])
        sources = [issue for issue in locked if issue.pk != into.pk]
        if not sources or len(sources) == len(locked):
            raise ValidationError("Merging needs two issues of one project.")
        ids = [issue.pk for issue in sources]
        groups = IssueGroup.objects.filter(issue_id__in=[*ids, into.pk])
        groups.filter(first_issue_id=None).update(first_issue_id=F("issue_id"))
        groups.update(issue=into)
        Activity.objects.filter(issue_id__in=ids).update(issue=into)
        Transition.objects.filter(issue_id__in=ids).update(issue=into)
        readers = set(Bookmark.objects.filter(issue_id__in=ids).values_list("user_id", flat=True))
        Bookmark.objects.bulk_create([Bookmark(issue=into, user_id=user) for user in readers], ignore_conflicts=True)
        Issue.objects.filter(pk__in=ids).delete()
        kept = [{"id": issue.pk, **{name: getattr(issue, name) for name in _KEPT_OF_SOURCE}} for issue in sources]
        _take_releases(into, [*sources, *(issue for issue in locked if issue.pk == into.pk)])
        Activity.objects.create(issue=into, at=now, actor=actor, action="merge", detail={"merged": kept})
        recount(into)
        audit.record("issue.merge", actor=actor, project=project, obj=into, detail={"merged": ids}, now=now)
    return into


def unmerge(group: IssueGroup, *, actor: Any, now: datetime) -> Issue:
    """The issue that `group` is now alone in, or with others born in the same issue; it has its old number back.

    Raises ValidationError when the group is all there is of its issue.
    """
    project = group.project
    with transaction.atomic():
        _lock(project, [pk for pk in (group.issue_id, group.first_issue_id) if pk])
        group = IssueGroup.objects.select_related("issue").get(pk=group.pk, project=project)
        source = group.issue
        if IssueGroup.objects.filter(issue=source).count() < 2:
            raise ValidationError("An issue keeps at least one group.")
        born = group.first_issue_id if group.first_issue_id != source.pk else None
        issue = Issue.objects.filter(project=project, pk=born).first() if born else None
        if issue is None:
            issue = Issue(pk=born, project=project, **_described(group, source))
            issue.save(force_insert=True)
        IssueGroup.objects.filter(pk=group.pk).update(issue=issue, first_issue_id=issue.pk)
        for changed in sorted((source, issue), key=lambda one: one.pk):
            recount(changed)
        detail = {"group": group.pk, "from": source.pk, "to": issue.pk}
        Activity.objects.bulk_create(
            Activity(issue=one, at=now, actor=actor, action="unmerge", detail=detail) for one in (source, issue)
        )
        audit.record("issue.unmerge", actor=actor, project=project, obj=source, detail=detail, now=now)
    return issue


def delete(project: Project, selected: Iterable[int], *, actor: Any, now: datetime) -> int:
    """How many issues of `project` are gone, with their groups, kept payloads and attachments.

    Their facts stay until retention removes them; the next such error makes a new issue.
    """
    with transaction.atomic():
        ids = [issue.pk for issue in _lock(project, selected)]
        events = Occurrence.objects.filter(group__issue_id__in=ids).values("event_id")
        Attachment.objects.filter(project=project, event_id__in=events).delete()
        Issue.objects.filter(pk__in=ids).delete()
        detail = {"issues": ids[:500], "count": len(ids)}
        audit.record("issue.delete", actor=actor, project=project, detail=detail, now=now)
    return len(ids)


def recount(issue: Issue) -> None:
    """The issue's counters and times equal those of its groups; each user counts once."""
    groups = IssueGroup.objects.filter(issue=issue)
    totals = groups.aggregate(first=Min("first_seen_at"), last=Max("last_seen_at"), events=Sum("event_count"))
    issue.first_seen_at, issue.last_seen_at, issue.event_count = totals["first"], totals["last"], totals["events"]
    users = GroupUser.objects.filter(group_id__in=groups.values("pk"))
    issue.user_count = users.values("user_key").distinct().count()
    fields = ["first_seen_at", "last_seen_at", "event_count", "user_count", "first_release", "last_release"]
    issue.save(update_fields=fields)


def _lock(project: Project, ids: Iterable[int]) -> list[Issue]:
    """The issues of `project` among `ids`, they and their groups locked until the commit."""
    merge_locks.wait_for_counting(project.pk)
    ids = list(ids)
    groups = IssueGroup.objects.select_related("issue").filter(project=project, issue_id__in=ids)
    list(groups.order_by("issue_id", "pk").select_for_update(of=("self", "issue")))
    return list(Issue.objects.select_for_update(of=("self",)).filter(project=project, pk__in=ids).order_by("pk"))


def _take_releases(into: Issue, parts: list[Issue]) -> None:
    """`into` has the first release of the part seen first and the last release of the part seen last."""
    named_first = [part for part in parts if part.first_release]
    named_last = [part for part in parts if part.last_release]
    if named_first:
        into.first_release = min(named_first, key=lambda part: part.first_seen_at).first_release
    if named_last:
        into.last_release = max(named_last, key=lambda part: part.last_seen_at).last_release


def _described(group: IssueGroup, source: Issue) -> dict[str, Any]:
    """How the issue read before it was merged, else what its group says."""
    merges = Activity.objects.filter(issue=source, action="merge").values_list("detail", flat=True)
    born = {part["id"]: part for detail in merges for part in detail.get("merged", ())}.get(group.first_issue_id, {})
    kind, _, value = group.title.partition(": ")
    kept = {name: born[name] for name in _KEPT_OF_SOURCE if name in born}
    return {
        "type": kind[:100],
        "value": value[:500],
        "level": source.level,
        "platform": source.platform,
        "kind": source.kind,
        **kept,
        "title": group.title or kept.get("title") or source.title,
        "culprit": group.culprit or kept.get("culprit", ""),
        "first_seen_at": group.first_seen_at,
        "last_seen_at": group.last_seen_at,
    }
