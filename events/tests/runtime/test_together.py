"""Several lists in one statement are what each list would have been by itself."""

from datetime import datetime

import pytest
from django.db.models import Count, Exists, OuterRef, QuerySet

from events.models import Activity, Attachment, AuditEntry, Issue, IssueGroup, Membership, Project
from events.runtime import together
from events.tests import make


def same(found: list[object], wanted: QuerySet) -> bool:
    names = [field.attname for field in wanted.model._meta.concrete_fields]
    loaded = [[name for name in names if name in vars(one)] for one in wanted]
    return [[getattr(one, name) for name in has] for one, has in zip(found, loaded, strict=True)] == [
        [getattr(one, name) for name in has] for one, has in zip(wanted, loaded, strict=True)
    ]


def test_models_come_as_from_their_own_lists(
    project: Project, alice: object, now: datetime, django_assert_num_queries: object
) -> None:
    issue, other = make.issue(project), make.issue(project, title='<b>"ß\U0001f600\\')
    Issue.objects.filter(pk=issue.pk).update(assigned_to=alice, first_seen_at=now)
    Activity.objects.create(
        issue=issue, actor=alice, action="comment", text="a\nb", detail={"a": [1, None, "x"]}, at=now
    )
    lists = {
        "issues": Issue.objects.filter(project=project).select_related("assigned_to").order_by("-pk"),
        "first": Issue.objects.order_by("pk")[:1],
        "none": Issue.objects.none(),
        "no_pk": Issue.objects.filter(pk__in=[]),
        "hashes": IssueGroup.objects.filter(project=project).only("hash").order_by("pk"),
        "activities": Activity.objects.select_related("actor").only("at", "text", "detail", "actor__username"),
        "trail": AuditEntry.objects.only("at", "actor"),
    }
    with django_assert_num_queries(1):  # type: ignore[operator]
        read = together.asked(**lists)
    assert {name: len(found) for name, found in read.items()} | {"trail": 0} == {
        "issues": 2, "first": 1, "none": 0, "no_pk": 0, "hashes": 2, "activities": 1, "trail": 0,
    }  # fmt: skip
    for name, wanted in lists.items():
        assert same(read[name], wanted), name
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert [one.assigned_to for one in read["issues"]] == [None, alice]
        assert read["issues"][0].title == other.title
        assert read["activities"][0].actor.get_username() == "alice"
        assert read["activities"][0].detail == {"a": [1, None, "x"]}
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert read["hashes"][0].title  # left out: asked for when it is wanted


def test_annotations_and_values_come_along(project: Project, alice: object, now: datetime) -> None:
    issue = make.issue(project)
    marked = Exists(Activity.objects.filter(issue=OuterRef("pk")))
    Membership.objects.get_or_create(project=project, user=alice, defaults={"role": "owner"})
    read = together.asked(
        issues=Issue.objects.annotate(is_told=marked),
        roles=Membership.objects.values("role").annotate(many=Count("pk")).order_by("role"),
        seen=Issue.objects.values("id", "last_seen_at"),
    )
    assert [one.is_told for one in read["issues"]] == [False]
    assert read["roles"] == list(Membership.objects.values("role").annotate(many=Count("pk")).order_by("role"))
    [seen] = read["seen"]
    assert (seen["id"], datetime.fromisoformat(seen["last_seen_at"])) == (issue.pk, issue.last_seen_at)


def test_what_json_cannot_hold_is_refused(db: None) -> None:
    with pytest.raises(TypeError, match="content"):
        together.asked(files=Attachment.objects.all())
    assert together.asked(files=Attachment.objects.defer("content")) == {"files": []}
